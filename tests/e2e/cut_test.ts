/** A path that is cut under a player, on real sockets. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { systemWorld } from "../../lib/io/world.ts";
import { cuttableWorld } from "../support/cuttable_world.ts";
import { dial, echo, echoOnce, portOf, startServer, withSim } from "../support/forwarding.ts";
import { hastyWorld, type Program, startProgram } from "../support/program.ts";
import { missing } from "../interop/players.ts";

const noFfmpeg = missing("ffmpeg", "-version");

/** Cuts of a minute on real sockets take minutes to show. */
const isShort = process.env["SIGHTLINE_LONG"] === "1" ? false : "SIGHTLINE_LONG=1 is not set";

const FRAMES_A_SECOND = 25;

/** A player of the forwarded camera, and what it has made of it so far. */
class Player {
  /** Checksums of the pictures, in order. */
  readonly pictures: string[] = [];
  stderr = "";
  readonly exit: Promise<number | null>;
  readonly #child: ChildProcess;
  #waiting: (() => void)[] = [];

  constructor(port: number, seconds: number) {
    const url = `rtsp://127.0.0.1:${port}/cam/realmonitor?channel=1&subtype=0`;
    const input = ["-rtsp_transport", "tcp", "-i", url];
    const output = [
      "-map",
      "0:v",
      "-t",
      `${seconds}`,
      "-f",
      "framemd5",
      "-flush_packets",
      "1",
      "-",
    ];
    const child = spawn("ffmpeg", ["-nostdin", "-v", "error", ...input, ...output]);
    this.#child = child;
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("0,")) this.pictures.push(line.split(",").at(-1)?.trim() ?? "");
      }
      this.#wake();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.stderr += text);
    this.exit = new Promise((resolve) => child.on("close", resolve));
    void this.exit.then(() => this.#wake());
  }

  /** Resolves once so many pictures are decoded; rejects when it ends before. */
  async decoded(count: number): Promise<void> {
    while (this.pictures.length < count) {
      if (this.#child.exitCode !== null) throw new Error(`Player ended: ${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function after(duration: number): Promise<void> {
  return new Promise((resolve) => void systemWorld.clock.setTimer(duration, resolve));
}

function accepted({ err }: Program): number {
  return err.filter((line) => /connection accepted/.test(line)).length;
}

test(
  "sightline forward bridges a cut of 5 s under ffmpeg, which misses no picture",
  { skip: noFfmpeg, timeout: 40_000 },
  async () => {
    await withSim({}, async (address) => {
      const world = cuttableWorld();
      const program = startProgram(["forward", address, "0:554", "--json"], { world });
      const player = new Player(await portOf(program), 10);
      try {
        await player.decoded(2 * FRAMES_A_SECOND);
        const cutAt = performance.now();
        world.isCut = true;
        await after(5_000);
        world.isCut = false;
        const before = player.pictures.length;
        await player.decoded(before + 1);
        console.log(
          `the next picture came ${Math.round(performance.now() - cutAt)} ms after the cut`,
        );
        assert.equal(await player.exit, 0, player.stderr);
        assert.equal(player.stderr, "");
        assert.equal(player.pictures.length, 10 * FRAMES_A_SECOND);
        assert.equal(accepted(program), 1);
        assert.equal(program.out.some((line) => line.includes('"lost"')), false);
      } finally {
        player.kill();
      }
      program.stop();
      assert.equal(await program.exit, 0);
    });
  },
);

test(
  "sightline forward is back by itself after a cut of 60 s, and so is ffmpeg's picture",
  { skip: noFfmpeg || isShort, timeout: 180_000 },
  async () => {
    await withSim({}, async (address) => {
      const world = cuttableWorld();
      const program = startProgram(["forward", address, "0:554", "--json"], { world });
      const port = await portOf(program);
      const first = new Player(port, 60);
      await first.decoded(2 * FRAMES_A_SECOND);
      const cutAt = performance.now();
      world.isCut = true;
      await program.line(/"event":"lost"/);
      console.log(`lost ${Math.round(performance.now() - cutAt)} ms after the cut`);
      await first.exit;
      await after(60_000 - (performance.now() - cutAt));
      world.isCut = false;
      const backAt = performance.now();
      let pictures = 0;
      for (let attempt = 1; pictures === 0; attempt++) {
        const player = new Player(port, 2);
        await player.exit;
        pictures = player.pictures.length;
        const took = Math.round(performance.now() - backAt);
        console.log(`attempt ${attempt}: ${pictures} pictures, ${took} ms after the path was back`);
        assert.ok(took < 60_000, "no picture within a minute");
      }
      assert.equal(pictures, 2 * FRAMES_A_SECOND);
      program.stop();
      assert.equal(await program.exit, 0);
    });
  },
);

test("sightline forward is back by itself after a long cut, for those who wait and those who retry", async () => {
  const server = await startServer(echo);
  const ports = { "80": `127.0.0.1:${server.local.port}` };
  const cameras = [{ serial: "SIMULATED000001", ports }];
  await withSim({ dahua: { cameras } }, async (address) => {
    // Ten of the program's seconds pass in one.
    const world = cuttableWorld(hastyWorld(10));
    const program = startProgram(["forward", address, "0:80", "--json"], { world });
    const port = await portOf(program);
    const open = await dial(port);
    await open.write(Uint8Array.of(1));
    assert.equal((await open.read())?.[0], 1);
    world.isCut = true;
    await program.line(/"event":"lost"/);
    assert.equal(await open.read().catch(() => undefined), undefined, "it is told");
    await after(1_500);
    const waiting = await dial(port);
    await after(500);
    world.isCut = false;
    await echoOnce(waiting);
    await echoOnce(await dial(port));
    program.stop();
    assert.equal(await program.exit, 0);
  });
  await server.close();
});
