/**
 * `sightline open` with simulated Reolink cameras on real sockets, watched by ffmpeg. `SIGHTLINE_LONG=1`
 * watches every way at every loss and delay for a minute.
 */

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { missing, run } from "../interop/players.ts";
import { hastyWorld, type Program, startProgram } from "../support/program.ts";
import { type ReolinkSim, withReolinkSim } from "../support/reolink_sim.ts";

const IS_LONG = process.env["SIGHTLINE_LONG"] === "1";
const SECONDS = IS_LONG ? 60 : 3;

const noFfmpeg = missing("ffmpeg", "-version");

/** A camera of the scenario, how it is reached, and what is watched of it. */
interface Case {
  readonly camera: Record<string, unknown>;
  readonly query: string;
  readonly paths: readonly string[];
}

/** Starts `open`; resolves with its RTSP URL. */
async function startOpen(
  address: string,
): Promise<{ readonly open: Program; readonly url: string }> {
  const open = startProgram(["open", address, "--listen", "127.0.0.1:0"]);
  return { open, url: await open.line(/^rtsp:/) };
}

/** Fails unless ffmpeg gets every picture and sound of some seconds, and has nothing to say. */
async function play(url: string, withSound = true): Promise<void> {
  const args = ["-v", "error", "-rtsp_transport", "tcp", "-i", url, "-t", String(SECONDS)];
  const limit = 1_000 * SECONDS + 25_000;
  const { code, stdout, stderr } = await run("ffmpeg", [...args, "-f", "framemd5", "-"], { limit });
  assert.deepEqual([code, stderr], [0, ""], url);
  const count = (stream: number) => {
    return stdout.split("\n").filter((line) => line.startsWith(`${stream},`)).length;
  };
  assert.equal(count(0), SECONDS * 25, url);
  if (withSound) assert.ok(count(1) > SECONDS * 12, `${url}: ${count(1)} frames of sound`);
}

async function playAll(cases: readonly Case[]): Promise<void> {
  const cameras = cases.map(({ camera }, i) => ({ uid: uidOf(i), ...camera }));
  await withReolinkSim({ cameras }, async (sim) => {
    const opened = await Promise.all(cases.map(async ({ query }, i) => {
      return await startOpen(`${sim.address(uidOf(i))}&${query}`);
    }));
    try {
      await Promise.all(cases.flatMap(({ camera, paths }, i) => {
        return paths.map((path) => play(`${opened[i]?.url}${path}`, camera["audio"] !== "none"));
      }));
    } finally {
      for (const { open } of opened) open.stop();
    }
    for (const { open } of opened) assert.equal(await open.exit, 0, open.err.join("\n"));
  });
}

function uidOf(index: number): string {
  return `95270000E2E${String(index).padStart(5, "0")}`;
}

function ffmpegTest(name: string, cases: readonly Case[]): void {
  const title = noFfmpeg ? `${name}, skipped as ${noFfmpeg}` : name;
  test(title, { skip: noFfmpeg, timeout: 1_000 * SECONDS + 60_000 }, () => playAll(cases));
}

const MAIN_AND_SUB = "ffmpeg decodes main and sub stream of cameras by UID without a word";
const WAYS = ["lan", "map", "relay"];

function byWay(way: string, loss: number, delay: number): Case {
  const link = { loss, delay: `${delay}ms` };
  return { camera: { link }, query: `way=${way}`, paths: ["", "/sub"] };
}

if (IS_LONG) {
  for (const way of WAYS) {
    const weather = [0, 0.01, 0.03, 0.05].flatMap((loss) => [[loss, 0], [loss, 60]] as const);
    const cases = weather.map(([loss, delay]) => byWay(way, loss, delay));
    ffmpegTest(`${MAIN_AND_SUB}, way ${way}, in all weather`, cases);
  }
} else {
  ffmpegTest(`${MAIN_AND_SUB}, every way`, WAYS.map((way) => byWay(way, 0.03, 60)));
}

ffmpegTest("ffmpeg decodes H.264, H.265, AAC, ADPCM and no sound, in every encryption mode", [
  { camera: { audio: "adpcm", encryption: "full" }, query: "", paths: ["", "/sub"] },
  { camera: { audio: "none", encryption: "aes" }, query: "", paths: [""] },
  { camera: { streams: { main: "h264" }, encryption: "bc" }, query: "", paths: [""] },
  { camera: { audio: "adpcm", encryption: "none" }, query: "stream=sub", paths: ["", "/main"] },
  { camera: { encryption: "aes3", power: "battery" }, query: "", paths: [""] },
]);

ffmpegTest("ffmpeg decodes a camera behind NATs that preserve ports, and behind symmetric ones", [
  { camera: { nat: "cone" }, query: "", paths: [""] },
  { camera: { nat: "symmetric" }, query: "", paths: [""] },
]);

test("ffmpeg decodes a camera by its LAN address over TCP", {
  skip: noFfmpeg,
  timeout: 1_000 * SECONDS + 30_000,
}, async () => {
  await withReolinkSim({ cameras: [{ uid: uidOf(0) }] }, async (sim) => {
    const { open, url } = await startOpen(sim.lanAddress(uidOf(0)));
    assert.match(url, /\/127\.0\.0\.1$/);
    await Promise.all([play(url), play(`${url}/sub`)]);
    open.stop();
    assert.equal(await open.exit, 0);
  });
});

const withOne = (
  camera: Record<string, unknown>,
  body: (sim: ReolinkSim, address: string) => Promise<void>,
  servers: Record<string, unknown> = {},
) =>
  withReolinkSim({ servers, cameras: [{ uid: uidOf(0), ...camera }] }, async (sim) => {
    await body(sim, sim.address(uidOf(0)));
  });

test("sightline open exits with 3 within 6 s for a UID that nobody knows", async () => {
  await withOne({}, async (sim) => {
    const began = performance.now();
    const open = startProgram(["open", sim.address("95270000NOBODYS0"), "--listen", "127.0.0.1:0"]);
    assert.equal(await open.exit, 3, open.err.join("\n"));
    const seconds = (performance.now() - began) / 1_000;
    assert.ok(seconds < 6, `after ${seconds} s`);
    assert.match(open.err.join("\n"), /does not know this UID/);
  });
});

test("sightline open exits with 4 after one attempt with a wrong password", async () => {
  await withOne({ password: "right" }, async (sim, address) => {
    const wrong = address.replace("right", "wrong");
    const args = ["open", wrong, "--listen", "127.0.0.1:0", "--log-level", "trace"];
    const open = startProgram(args);
    assert.equal(await open.exit, 4, open.err.join("\n"));
    assert.match(open.err.join("\n"), /refuses user name or password/);
    assert.equal(sim.logins().length, 1);
    assert.ok(!open.err.join("\n").includes("wrong"), "the password is not shown");
  });
});

test("sightline open exits with 5 for a camera that does not answer", async () => {
  await withOne({ faults: { silent: true } }, async (_sim, address) => {
    // What waits 15 s is seen in three.
    const open = startProgram(["open", address, "--listen", "127.0.0.1:0"], {
      world: hastyWorld(5),
    });
    assert.equal(await open.exit, 5, open.err.join("\n"));
  });
});

test("sightline open exits with 5 for a stream the camera does not have, soon", async () => {
  await withOne({}, async (_sim, address) => {
    const open = startProgram(["open", `${address}&stream=extern`, "--listen", "127.0.0.1:0"]);
    assert.equal(await open.exit, 5, open.err.join("\n"));
    assert.match(open.err.join("\n"), /Not every model has every stream/);
  });
});

test("sightline open finds a camera although most middlemen are dead", async () => {
  const middlemen = [{ silent: true }, { stranger: true }, { garbage: true }, {}, { silent: true }];
  await withOne({}, async (_sim, address) => {
    const { open } = await startOpen(address);
    open.stop();
    assert.equal(await open.exit, 0);
  }, { middlemen });
});

test("sightline open wakes a battery camera, shows it to those who peek, and lets it sleep", async () => {
  const camera = { power: "battery", battery: { wakeTime: "1s", sleepAfter: "1s" } };
  await withOne(camera, async (sim, address) => {
    const args = ["open", address, "--listen", "127.0.0.1:0", "--idle", "2s"];
    const open = startProgram(args);
    const url = await open.line(/^rtsp:/);
    await open.line(/^.*sleeping/);
    await sim.program.line(/asleep/, sim.program.err.length);
    const wakes = sim.wakes().length;
    if (!noFfmpeg) {
      const input = ["-v", "error", "-rtsp_transport", "tcp", "-i", `${url}?peek`];
      const { code, stdout, stderr } = await run(
        "ffmpeg",
        [...input, "-t", "3", "-f", "framemd5", "-"],
      );
      assert.deepEqual([code, stderr], [0, ""]);
      assert.ok(stdout.split("\n").filter((line) => line.startsWith("0,")).length >= 20);
    }
    assert.equal(sim.wakes().length, wakes);
    open.stop();
    assert.equal(await open.exit, 0);
  });
});
