/** The daemon killed without a word while it is busy, again and again: it is back, and left nothing. */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test, type TestContext } from "node:test";
import { LinkError } from "../../lib/hub/link/link_error.ts";
import { freePort } from "../../scripts/bench/peers.ts";
import { hostTarget } from "../../scripts/build/targets.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { Child, runtimeCommand } from "../netns/child.ts";
import { buildSnapshot, snapshot } from "../support/built_binary.ts";
import { view, type Viewer } from "../support/rtsp_viewer.ts";

const LONG = process.env["SIGHTLINE_LONG"] !== undefined;
const TIMES = LONG ? 20 : 3;
const TIMEOUT = LONG ? 900_000 : 60_000;
const SEED = 8;
const VIEWERS = 3;

/** How long it is left alone after its first picture, at most, in milliseconds. */
const MAX_LIFE = 2_000;

/**
 * A picture must be there so soon after a restart, in milliseconds. The simulated relay holds eight
 * allocations, and those of the dead until the camera has given them up and a minute is over.
 */
const BACK_WITHIN = TIMES < 8 ? 15_000 : 120_000;

/** Runs what follows in the folder named first, as the same process. */
const IN_FOLDER = ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh"];

/** Cameras behind NATs that leave only the relays, which must not run out of room. */
const SCENARIO = {
  dahua: { cameras: [{ serial: "KILLED0000000001", nat: "symmetric", auth: "required" }] },
  reolink: { cameras: [{ uid: "95270000KILLED01" }] },
};

interface Simulated {
  readonly dahua: {
    readonly server: string;
    readonly cameras: readonly { serial: string; user: string; password: string }[];
  };
  readonly reolink: {
    readonly servers: readonly string[];
    readonly cameras: readonly { uid: string; user: string; password: string }[];
  };
}

const skipBinary = (!LONG && "SIGHTLINE_LONG is not set") ||
  (hostTarget(process) === undefined && "no binary is made for this machine");

test(`sightline serve is back after kill -9, ${TIMES} times at random moments under load`, {
  timeout: TIMEOUT,
}, async (t) => {
  await withFolder((folder) => killAgainAndAgain(runtimeCommand("main.ts"), folder, t));
});

test(`a binary is back after kill -9, ${TIMES} times as well`, {
  skip: skipBinary,
  timeout: TIMEOUT,
}, async (t) => {
  await withFolder(async (folder) => {
    const sources = await snapshot(join(folder, "sources"));
    const { binary } = await buildSnapshot(sources, join(folder, "out"));
    await killAgainAndAgain([binary], folder, t);
  });
});

async function killAgainAndAgain(
  program: readonly string[],
  folder: string,
  t: TestContext,
): Promise<void> {
  const scenario = join(folder, "scenario.json");
  await writeFile(scenario, JSON.stringify(SCENARIO));
  const sim = new Child([...runtimeCommand("main.ts"), "sim", "--json", "--scenario", scenario]);
  const rng = new Rng(SEED);
  let daemon: Child | undefined;
  try {
    const config = join(folder, "sightline.yaml");
    const rtsp = `127.0.0.1:${await freePort()}`;
    await writeFile(config, configFor(JSON.parse(await sim.line(/^\{"dahua"/)), rtsp));
    const state = join(folder, "state");
    await mkdir(state);
    const serve = [...IN_FOLDER, state, ...program, "serve", "--json", "--config", config];
    const times: number[] = [];
    for (let i = 0; i <= TIMES; i++) {
      const started = performance.now();
      daemon = new Child(serve, { TMPDIR: state });
      await daemon.line(/"listening"/);
      const urls = [`rtsp://${rtsp}/dahua`, `rtsp://${rtsp}/reolink`];
      const viewers = (await Promise.all(urls.map((url) => watched(url, started)))).flat();
      times.push(performance.now() - started);
      if (i === TIMES) break;
      await new Promise((resolve) => setTimeout(resolve, rng.u32() / 2 ** 32 * MAX_LIFE));
      await daemon.end();
      await Promise.all(viewers.map(({ pull }) => pull.ended));
    }
    daemon?.kill("SIGTERM");
    assert.equal(await daemon?.exit, 0, daemon?.errors ?? "");
    sim.kill("SIGTERM");
    assert.equal(await sim.exit, 0, sim.errors);
    assert.deepEqual(await readdir(state), [], "what the dead left behind");
    t.diagnostic?.(
      `from start to pictures: ${times.map((time) => Math.round(time)).join(", ")} ms`,
    );
  } finally {
    await daemon?.end();
    await sim.end();
  }
}

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-kill-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Viewers that have a picture. They ask again as players do: a relay may be full of the dead. */
async function watched(url: string, since: number): Promise<readonly Viewer[]> {
  for (;;) {
    try {
      const viewers = await Promise.all(Array.from({ length: VIEWERS }, () => view(url)));
      await Promise.all(viewers.map((viewer) => viewer.got(1)));
      return viewers;
    } catch (error) {
      if (!(error instanceof LinkError) || performance.now() - since > BACK_WITHIN) throw error;
    }
  }
}

function configFor({ dahua, reolink }: Simulated, rtsp: string): string {
  const [front, yard] = [dahua.cameras[0], reolink.cameras[0]];
  assert.ok(front !== undefined && yard !== undefined);
  const { user, password, serial } = front;
  return JSON.stringify({
    api: { listen: "127.0.0.1:0" },
    rtsp: { listen: rtsp },
    cameras: {
      dahua: { address: `dahua://${user}:${password}@${serial}?server=${dahua.server}&way=relay` },
      reolink: {
        address: `reolink://${yard.user}:${yard.password}@${yard.uid}?server=${
          reolink.servers.join(",")
        }&way=relay`,
      },
    },
  });
}
