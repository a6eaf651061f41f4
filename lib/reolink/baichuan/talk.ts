import type { AdpcmFrame } from "../bcmedia/frame.ts";
import { BaichuanError } from "./baichuan_error.ts";
import type { AudioConfig } from "./commands/talk_ability.ts";
import type { Connection } from "./connection.ts";

/** The camera's loudspeaker, open. */
export class Talk {
  /** How sound has to be encoded. */
  readonly config: AudioConfig;
  readonly #connection: Connection;
  #waiting: (() => void)[] = [];
  #isOver = false;

  constructor(connection: Connection, config: AudioConfig) {
    this.#connection = connection;
    this.config = config;
  }

  /**
   * Has a block of `config.samplesPerBlock` samples played after those before. Waits while too many
   * wait already; rejects with `BaichuanError` once the talk is over.
   */
  async write(block: AdpcmFrame): Promise<void> {
    while (!this.#isOver) {
      const isTaken = this.#connection.command((session, now) => session.writeTalk(now, block));
      if (isTaken) return;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    throw new BaichuanError({ reason: "closed", detail: "the talk is over" });
  }

  /** Ends the talk; resolves once everything was played. */
  async end(): Promise<void> {
    if (this.#isOver) return;
    this.finish();
    await this.#connection.ask((session, now, onDone) => session.endTalk(now, onDone));
  }

  /** There may be room. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Nothing more can be said. */
  finish(): void {
    this.#isOver = true;
    this.wake();
  }
}
