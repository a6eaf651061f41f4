import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { withFolder } from "../support/capturing.ts";
import { type Program, startProgram } from "../support/program.ts";

const HOUR = 3_600_000;

interface Addresses {
  readonly dahua: string;
  readonly reolink: string;
}

/** Runs `body` with a simulator of both vendors, each camera with these settings. */
async function withCameras(
  { dahua = {}, reolink = {} }: { readonly dahua?: object; readonly reolink?: object },
  body: (addresses: Addresses) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const path = join(folder, "scenario.json");
    const account = { user: "admin", password: "sightline" };
    const scenario = {
      dahua: { cameras: [{ serial: "SIMULATED000001", ...account, ...dahua }] },
      reolink: { cameras: [{ uid: "95270000SIMULATE", ...account, ...reolink }] },
    };
    await writeFile(path, JSON.stringify(scenario));
    const sim = startProgram(["sim", "--scenario", path, "--json"]);
    const told = JSON.parse(await sim.line(/^\{"dahua"/));
    try {
      await body({
        dahua: `dahua://admin@SIMULATED000001?server=${told.dahua.server}`,
        reolink: `reolink://admin@95270000SIMULATE?server=${told.reolink.servers.join()}`,
      });
    } finally {
      sim.stop();
      await sim.exit;
    }
  });
}

function soak(address: string, duration: number, ...args: readonly string[]): Program {
  const env = { SIGHTLINE_PASSWORD: "sightline" };
  return startProgram(["soak", address, "--hours", `${duration / HOUR}`, ...args], { env });
}

test("sightline soak finds nothing wrong with a steady camera of either vendor", {
  timeout: 30_000,
}, async () => {
  await withCameras({}, async ({ dahua, reolink }) => {
    const programs = [dahua, reolink].map((address) => soak(address, 2_500, "--json"));
    for (const program of programs) {
      assert.equal(await program.exit, 0, program.err.join("\n"));
      assert.equal(program.out.length, 1);
      const report = JSON.parse(program.out[0] ?? "");
      assert.ok(report.frames > 20 && report.longestGap < 1_000, program.out[0] ?? "no report");
      const { stalls, restarts, rebuilds, failures, memorySlope } = report;
      assert.deepEqual([stalls, restarts, rebuilds, failures, memorySlope], [0, 0, 0, 0, null]);
    }
  });
});

test("sightline soak counts sessions that ended and ways that changed", {
  timeout: 30_000,
}, async () => {
  const cameras = {
    // The relay is first; the straight way comes later.
    dahua: { nat: "cone", faults: { silentPunch: "2s" } },
    reolink: { faults: { disconnectAfter: "1s" } },
  };
  await withCameras(cameras, async ({ dahua, reolink }) => {
    const [moved, ended] = [soak(dahua, 3_500, "--json"), soak(reolink, 4_000, "--json")];
    assert.equal(await moved.exit, 0, moved.err.join("\n"));
    const { rebuilds, wayChanges } = JSON.parse(moved.out[0] ?? "");
    assert.deepEqual([rebuilds, wayChanges], [0, 1]);
    assert.equal(await ended.exit, 0, ended.err.join("\n"));
    const report = JSON.parse(ended.out[0] ?? "");
    assert.ok(
      report.rebuilds >= 1 && report.failures >= report.rebuilds,
      ended.out[0] ?? "no report",
    );
    assert.ok(report.longestGap > 900, ended.out[0] ?? "no report");
  });
});

test("sightline soak shows its table when it is stopped", { timeout: 30_000 }, async () => {
  await withCameras({}, async ({ reolink }) => {
    const program = soak(reolink, HOUR);
    await program.line(/ open /);
    program.stop();
    assert.equal(await program.exit, 0);
    const table = program.out.join("\n");
    assert.match(table, /^longest gap +0\.\d\d s, \d+m?s in$/m);
    assert.match(table, /^memory growth +too short to tell$/m);
  });
});
