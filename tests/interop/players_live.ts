/** A player that can be watched while it plays. @module */

import { type ChildProcess, spawn } from "node:child_process";
import { SHOW, type ShownFrame, shownFrames } from "./players_clip.ts";
import { complaints } from "./players.ts";

export class LivePlayer {
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | undefined>;
  #stdout = "";
  #stderr = "";
  #hasEnded = false;
  #wake: () => void = () => {};

  /** Begins to play with ffmpeg, and ends with the stream or when stopped. */
  constructor(url: string, transport: "tcp" | "udp") {
    const input = ["-nostdin", "-v", "error", "-copyts", "-rtsp_transport", transport, "-i", url];
    this.#child = spawn("ffmpeg", [...input, ...SHOW.slice(0, -1), "-flush_packets", "1", "-"]);
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#wake();
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#stderr += text);
    this.#exit = new Promise((resolve) => {
      this.#child.on("close", (code) => {
        this.#hasEnded = true;
        this.#wake();
        resolve(code ?? undefined);
      });
    });
  }

  /** Pictures so far. */
  get pictures(): ShownFrame[] {
    return this.frames.filter(({ stream }) => stream === 0);
  }

  get frames(): ShownFrame[] {
    return shownFrames(this.#stdout.slice(0, this.#stdout.lastIndexOf("\n") + 1));
  }

  get complaints(): string {
    return complaints({ code: undefined, stdout: "", stderr: this.#stderr });
  }

  /** Resolves once there are so many more pictures than now; rejects where it ends before. */
  async shows(count: number): Promise<void> {
    const wanted = this.pictures.length + count;
    while (this.pictures.length < wanted) {
      if (this.#hasEnded) throw new Error(`The player has ended: ${this.#stderr}`);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Its exit code, once it has ended by itself. */
  get exit(): Promise<number | undefined> {
    return this.#exit;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }
}
