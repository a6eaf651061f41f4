import assert from "node:assert/strict";
import { test } from "node:test";
import { LinkError } from "../../lib/hub/link/link_error.ts";
import { heavyClip } from "../../scripts/bench/heavy_clip.ts";
import { FickleCamera } from "../support/fickle_camera.ts";
import { withSim } from "../support/forwarding.ts";
import { type Program, startProgram, startSim } from "../support/program.ts";
import { Guest } from "../support/rtsp_guest.ts";
import { leave, view, type Viewer } from "../support/rtsp_viewer.ts";

/** A simulated camera and a running `sightline open` of it. */
async function withOpen(
  args: readonly string[],
  body: (open: Program, url: string, sim: Program) => Promise<void>,
): Promise<void> {
  const sim = await startSim();
  const address = `dahua://${sim.serial}?server=${sim.server}`;
  const open = startProgram(["open", address, "--listen", "127.0.0.1:0", ...args]);
  try {
    const url = await open.line(/^rtsp:/);
    await body(open, url, sim.program);
  } finally {
    open.stop();
    sim.program.stop();
    await sim.program.exit;
  }
  assert.equal(await open.exit, 0, open.err.join("\n"));
}

const pulls = (sim: Program) => sim.err.filter((line) => line.includes("viewer started")).length;

test("sightline open serves ten viewers from one pull, each from a key frame on", async () => {
  await withOpen([], async (_open, url, sim) => {
    const viewers = await Promise.all(Array.from({ length: 10 }, () => view(url)));
    await Promise.all(viewers.map((viewer) => viewer.got(40)));
    for (const { units, pull } of viewers) {
      assert.deepEqual(pull.tracks.map(({ kind }) => kind), ["video", "audio"]);
      const [first] = units.filter(({ trackId }) => trackId === pull.tracks[0]?.id);
      assert.equal(first?.keyframe, true);
    }
    assert.equal(pulls(sim), 1, "the camera sees one viewer");
    await Promise.all(viewers.map(leave));
  });
});

test("sightline open drops pictures for a viewer that reads nothing, and for nobody else", async () => {
  // Fast enough to fill a queue, and what sockets hold, in some seconds.
  const camera = await FickleCamera.start(heavyClip(16e6));
  const ports = { "554": `127.0.0.1:${camera.endpoint.port}` };
  await withSim({ dahua: { cameras: [{ serial: "SIMULATED000001", ports }] } }, async (address) => {
    const open = startProgram(["open", address, "--listen", "127.0.0.1:0"]);
    const url = await open.line(/^rtsp:/);
    const viewers = await Promise.all(Array.from({ length: 3 }, () => view(url)));
    await Guest.call(url, async (stalled) => {
      await stalled.play();
      await Promise.all(viewers.map((viewer) => viewer.got(200)));
    });
    await open.line(/viewer ended .* dropped=[1-9]/);
    assertAllSawTheSame(viewers, 150);
    await Promise.all(viewers.map(leave));
    open.stop();
    assert.equal(await open.exit, 0, open.err.join("\n"));
    assert.equal(open.err.filter((line) => /viewer ended .* dropped=0$/.test(line)).length, 3);
  });
  assert.equal(camera.accepted, 1, "the camera sees one viewer");
  await camera.close();
});

/** From the moment on that the last of them had come. */
function assertAllSawTheSame(viewers: readonly Viewer[], count: number): void {
  const seen = viewers.map(({ units }) =>
    units.map(({ trackId, timestamp }) => `${trackId} at ${timestamp}`)
  );
  const start = seen.map(([first = ""]) => first).find((first) =>
    seen.every((all) => all.includes(first))
  );
  const [one, ...others] = seen.map((all) => all.slice(all.indexOf(start ?? "")).slice(0, count));
  assert.equal(one?.length, count);
  for (const other of others) assert.deepEqual(other, one);
}

test("sightline open leaves the camera after --idle, and reaches it again for the next viewer", async () => {
  await withOpen(["--idle", "300ms"], async (open, url, sim) => {
    await open.line(/INFO +idle camera/);
    assert.equal(pulls(sim), 1);
    const viewer = await view(url);
    await viewer.got(10);
    assert.equal(pulls(sim), 2);
    await leave(viewer);
  });
});

test("sightline open gives other channels and streams their own paths, and 404 for what is none", async () => {
  await withOpen([], async (_open, url, sim) => {
    const viewers = [
      await view(`${url}/sub`),
      await view(`${url}/ch2`),
      await view(`${url}/ch2/sub`),
    ];
    await Promise.all(viewers.map((viewer) => viewer.got(5)));
    assert.equal(pulls(sim), 4);
    await Promise.all(viewers.map(leave));
    const other = url.replace(/\/[^/]*$/, "/OTHER000000001");
    await assert.rejects(view(other), LinkError);
  });
});

test("sightline open keeps its viewers' clock going on over many groups of pictures", async () => {
  await withOpen([], async (_open, url) => {
    const viewer = await view(url);
    await viewer.got(120);
    const video = viewer.units.filter(({ trackId }) => trackId === viewer.pull.tracks[0]?.id);
    const steps = video.slice(1).map((unit, i) => unit.timestamp - (video[i]?.timestamp ?? 0));
    assert.ok(steps.every((step) => step === 3_600), `steps of ${[...new Set(steps)]}`);
    await leave(viewer);
  });
});

test("sightline open exits with 3 for a camera that nobody knows", async () => {
  const sim = await startSim();
  const address = `dahua://UNKNOWN0000001?server=${sim.server}`;
  const open = startProgram(["open", address, "--listen", "127.0.0.1:0"]);
  assert.equal(await open.exit, 3, open.err.join("\n"));
  assert.match(open.err.join("\n"), /does not know this serial number/);
  sim.program.stop();
  await sim.program.exit;
});

test("sightline open --for ends by itself with 0", async () => {
  await withOpen(["--for", "1s"], async (open) => {
    assert.equal(await open.exit, 0);
  });
});
