/** The doctor and the check of many cameras, as users start them: over real sockets. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { StepJson, VerdictJson } from "../../lib/doctor/doctor_json.ts";
import { type DaemonOptions, loopbackWorld, withDaemon } from "../support/daemon.ts";
import { hastyWorld, type Program, startProgram } from "../support/program.ts";
import { withScenario } from "../support/scenario_file.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const RUN = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];

/** An examination of a good camera lasts as long as it is watched, thrice. */
const TIMEOUT = { timeout: 30_000 };

/** Its own time passes faster. */
const HASTE = 4;

const PASSWORD = "c0rrect/horse?b@ttery:staple";
const WRONG = "Tr0ub4dor&3 %41";

const SCENARIO = {
  dahua: {
    cameras: [
      { serial: "SIMULATED000001" },
      { serial: "SIMULATED000002", auth: "required", password: PASSWORD },
      { serial: "SIMULATED000003", faults: { silent: true } },
    ],
  },
  reolink: {
    cameras: [
      { uid: "95270000SIMMAINS", password: PASSWORD },
      { uid: "95270000SIMBATTE", password: PASSWORD, power: "battery" },
    ],
  },
};

interface Servers {
  readonly dahua: string;
  readonly reolink: string;
}

/** Runs a simulator, and tells where its servers are. */
async function withSim(body: (servers: Servers) => Promise<void>): Promise<void> {
  await withScenario(SCENARIO, async (file) => {
    const sim = startProgram(["sim", "--json", "--scenario", file], { world: loopbackWorld() });
    try {
      const line = await sim.line(/^\{"dahua"/);
      const { dahua, reolink } = JSON.parse(line) as {
        dahua: { server: string };
        reolink: { servers: readonly string[] };
      };
      await body({ dahua: dahua.server, reolink: reolink.servers.join(",") });
    } finally {
      sim.stop();
      await sim.exit;
    }
  });
}

function doctor(args: readonly string[], password?: string, world = loopbackWorld()): Program {
  const env = password === undefined ? {} : { SIGHTLINE_PASSWORD: password };
  return startProgram(["doctor", ...args], { env, world });
}

function verdictOf({ out }: Program): VerdictJson {
  const last = JSON.parse(out.at(-1) ?? "{}") as VerdictJson;
  assert.equal(last.event, "verdict");
  return last;
}

function assertSecret({ out, err }: Program): void {
  const shown = [...out, ...err].join("\n");
  for (const secret of [PASSWORD, WRONG, encodeURIComponent(PASSWORD), encodeURIComponent(WRONG)]) {
    assert.ok(!shown.includes(secret));
  }
}

test(
  "sightline doctor --json finds nothing wrong with a good camera of either vendor",
  TIMEOUT,
  async () => {
    await withSim(async ({ dahua, reolink }) => {
      const world = loopbackWorld(hastyWorld(HASTE));
      const mains = `reolink://admin@95270000SIMMAINS?server=${reolink}`;
      const both = [
        doctor(["--json", `dahua://admin@SIMULATED000002?server=${dahua}`], PASSWORD, world),
        doctor(["--json", "--wake", mains], PASSWORD, world),
      ];
      for (const program of both) {
        assert.equal(await program.exit, 0, program.err.join("\n"));
        assert.equal(verdictOf(program).type, "works");
        const steps = program.out.slice(0, -1).map((line) => JSON.parse(line) as StepJson);
        assert.ok(steps.every(({ event }) => event === "step"));
        const ways = steps.filter(({ step }) => step === "way");
        assert.deepEqual(ways.map(({ outcome }) => outcome), ["ok", "ok", "ok"]);
        assertSecret(program);
      }
    });
  },
);

test(
  "sightline doctor says in two sentences what is wrong, and exits with the code of it",
  TIMEOUT,
  async () => {
    await withSim(async ({ dahua, reolink }) => {
      const cases: readonly (readonly [readonly string[], string | undefined, number, RegExp])[] = [
        [[`dahua://NOSUCHSERIAL01?server=${dahua}`], undefined, 3, /does not know this serial/],
        [[`dahua://SIMULATED000002?server=${dahua}`], undefined, 4, /wants authentication/],
        [[`dahua://admin@SIMULATED000002?server=${dahua}`], WRONG, 4, /refused user name or pass/],
        [
          ["--wake", `reolink://admin@95270000SIMMAINS?server=${reolink}`],
          WRONG,
          4,
          /refuses user name or pass/,
        ],
        [
          [`reolink://admin@95270000NOBODY00?server=${reolink}`],
          WRONG,
          3,
          /does not know this UID/,
        ],
        [[`reolink://admin@95270000SIMBATTE?server=${reolink}`], PASSWORD, 0, /was not called/],
      ];
      await Promise.all(cases.map(async ([args, password, code, cause]) => {
        const program = doctor(args, password);
        assert.equal(await program.exit, code, program.out.join("\n"));
        const [empty, says, remedy] = program.out.slice(-3);
        assert.equal(empty, "");
        assert.match(says ?? "", /^Cause: {3}[A-Z].*\.$/);
        assert.match(says ?? "", cause);
        assert.match(remedy ?? "", /^Remedy: {2}[A-Z].*\.$/);
        assertSecret(program);
      }));
    });
  },
);

test(
  "sightline doctor names a camera that answers nobody, and a cloud that is not there",
  TIMEOUT,
  async () => {
    await withSim(async ({ dahua }) => {
      const world = loopbackWorld(hastyWorld(10));
      const silent = doctor(
        ["--json", `dahua://SIMULATED000003?server=${dahua}`],
        undefined,
        world,
      );
      const nowhere = doctor(
        ["--json", "dahua://SIMULATED000001?server=127.0.0.1:9"],
        undefined,
        world,
      );
      assert.equal(await silent.exit, 5);
      assert.equal(verdictOf(silent).type, "camera-silent");
      assert.equal(await nowhere.exit, 5);
      assert.equal(verdictOf(nowhere).type, "nothing-answers");
    });
  },
);

test("sightline doctor ends soon when it is stopped", async () => {
  const program = doctor(["dahua://SIMULATED000001?server=127.0.0.1:9"]);
  program.stop();
  assert.equal(await program.exit, 1);
  assert.match(program.err.join("\n"), /stopped before the end/);
});

for (
  const [what, args, words] of [
    ["no address", [], /needs one ADDRESS/],
    ["a bad cloud", ["dahua://SIMULATED000001", "--clouds", "x"], /--clouds must be HOST:PORT/],
    ["two addresses", ["dahua://SIMULATED000001", "dahua://SIMULATED000002"], /needs one ADDRESS/],
  ] as const
) {
  test(`sightline doctor explains ${what} and exits with 2`, async () => {
    const program = doctor(args);
    assert.equal(await program.exit, 2);
    assert.match(program.err.join("\n"), words);
  });
}

/** A process of its own, since the ids come on standard input. */
async function online(input: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [...RUN, MAIN, "online", ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    timeout: 30_000,
  });
  const exited = once(child, "exit");
  const out: string[] = [];
  const err: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => out.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => err.push(line));
  const closed = once(child, "close");
  child.stdin.end(input);
  const [code] = await exited;
  await closed;
  return { code, out, err };
}

test(
  "sightline online tells which cameras are online, and wakes none of them",
  TIMEOUT,
  async () => {
    await withSim(async ({ dahua, reolink }) => {
      const there = [
        `dahua://SIMULATED000001?server=${dahua}`,
        `reolink://95270000SIMBATTE?server=${reolink}`,
      ];
      const gone = [
        `dahua://NOSUCHSERIAL01?server=${dahua}`,
        `reolink://95270000NOBODY00?server=${reolink}`,
      ];
      const good = await online(there.join("\n"));
      assert.equal(good.code, 0, good.err.join("\n"));
      assert.deepEqual(good.out.map((line) => line.split(/ +/).slice(0, 3).join(" ")), [
        "id vendor state",
        "SIMULATED000001 dahua online",
        "95270000SIMBATTE reolink online",
      ]);
      const json = await online([...there, ...gone].join("\n"), "--json");
      assert.equal(json.code, 3);
      const states = json.out.map((line) => JSON.parse(line) as { id: string; state: string })
        .map(({ id, state }) => `${id} ${state}`);
      assert.deepEqual(states.sort(), [
        "95270000NOBODY00 offline",
        "95270000SIMBATTE online",
        "NOSUCHSERIAL01 offline",
        "SIMULATED000001 online",
      ]);
      const csv = await online(gone[0] ?? "", "--csv");
      assert.equal(csv.code, 3);
      assert.equal(csv.out[0], "id,vendor,state,ms,detail");
      assert.match(csv.out[1] ?? "", /^NOSUCHSERIAL01,dahua,offline,\d+,"the cloud does not know/);
    });
  },
);

test("sightline online refuses patterns before it asks anybody", async () => {
  const { code, out, err } = await online("4K0123PAZ00001\n4K0123PAZ0000?\n");
  assert.equal(code, 2);
  assert.deepEqual(out, []);
  assert.match(err.join("\n"), /Line 2 of standard input/);
});

const DAEMON: DaemonOptions = {
  scenario: { dahua: { cameras: [{ serial: "SIMULATED000001" }] } },
  cameras: (server) => ({ front: { address: `dahua://SIMULATED000001?server=${server}` } }),
};

test("POST /api/v1/doctor examines a camera of the daemon, one at a time", TIMEOUT, async () => {
  await withDaemon({ ...DAEMON, world: hastyWorld(HASTE) }, async ({ request, server }) => {
    const post = (body: unknown) =>
      request("/api/v1/doctor", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
    const first = await post({ camera: "front" });
    assert.equal(first.status, 200);
    const second = await post({ address: `dahua://SIMULATED000001?server=${server}` });
    assert.equal(second.status, 429);
    await second.body?.cancel();
    const lines = (await first.text()).trimEnd().split("\n")
      .map((line) => JSON.parse(line) as StepJson | VerdictJson);
    const verdict = lines.at(-1);
    assert.ok(verdict?.event === "verdict" && verdict.type === "works");
    assert.ok(lines.some((line) => line.event === "step" && line.step === "frame"));
  });
});
