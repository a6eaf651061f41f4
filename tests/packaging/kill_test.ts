/** The daemon killed without a word while it is busy, again and again: each time it is back at once. */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { LinkError } from "../../lib/hub/link_error.ts";
import { freePort } from "../../scripts/bench/peers.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { Child, runtimeCommand } from "../netns/child.ts";
import { view, type Viewer } from "../support/rtsp_viewer.ts";

const TIMES = process.env["SIGHTLINE_LONG"] === undefined ? 3 : 20;
const SEED = 8;
const VIEWERS = 3;

/** How long it is left alone after its first picture, at most, in milliseconds. */
const MAX_LIFE = 2_000;

/**
 * A picture must be there so soon after a restart, in milliseconds. The simulated relay holds eight
 * allocations, and those of the dead for a minute; meanwhile the daemon asks ever less often.
 */
const BACK_WITHIN = TIMES < 8 ? 15_000 : 150_000;

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

test(`sightline serve is back after kill -9, ${TIMES} times at random moments under load`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-kill-"));
  const scenario = join(folder, "scenario.json");
  await writeFile(scenario, JSON.stringify(SCENARIO));
  const sim = new Child([...runtimeCommand("main.ts"), "sim", "--json", "--scenario", scenario]);
  const rng = new Rng(SEED);
  let daemon: Child | undefined;
  try {
    const config = join(folder, "sightline.yaml");
    const rtsp = `127.0.0.1:${await freePort()}`;
    await writeFile(config, configFor(JSON.parse(await sim.line(/^\{"dahua"/)), rtsp));
    const times: number[] = [];
    for (let i = 0; i <= TIMES; i++) {
      const started = performance.now();
      daemon = new Child([...runtimeCommand("main.ts"), "serve", "--json", "--config", config]);
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
    t.diagnostic?.(
      `from start to pictures: ${times.map((time) => Math.round(time)).join(", ")} ms`,
    );
  } finally {
    await daemon?.end();
    await sim.end();
    await rm(folder, { recursive: true });
  }
});

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
