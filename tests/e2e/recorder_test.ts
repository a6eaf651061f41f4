import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { withFolder } from "../support/capturing.ts";
import { assertNothingLeaks, everythingIn, type Secrets } from "../support/leaks.ts";
import { hastyWorld, startProgram } from "../support/program.ts";

const SERIAL = "4K0777PAZ12345";
const UID = "95270000SECRET77";
const USER = "operator7";
const PASSWORD = "wr0ng-h0rse&st4ple";
const SALT = "fedcba98765432100123456789abcdef";

interface Failing {
  readonly name: string;
  readonly scenario: object;
  /** Behind the scheme; the servers follow. */
  readonly address: string;
  readonly vendor: "dahua" | "reolink";
  /** What it ends with; left out where it goes on until it is stopped. */
  readonly code?: number;
  readonly expects: RegExp;
  /** How much faster time passes. */
  readonly haste?: number;
}

const LOGIN = `${USER}:${encodeURIComponent(PASSWORD)}@`;
const account = { user: USER, password: "another-one" };
const NAME = "Hinterhof";

const RIGHT = { user: USER, password: PASSWORD };

const FAILURES: readonly Failing[] = [
  {
    name: "a refused password",
    vendor: "dahua",
    scenario: {
      dahua: { cameras: [{ serial: SERIAL, auth: "required", ...account, salt: { value: SALT } }] },
    },
    address: LOGIN + SERIAL,
    code: 4,
    expects: /auth at authenticate/,
  },
  {
    name: "a device that is offline",
    vendor: "dahua",
    scenario: { dahua: { cameras: [{ serial: "4K0123PAZ00001" }] } },
    address: LOGIN + SERIAL,
    code: 3,
    expects: /unreachable at locate/,
  },
  {
    name: "a device that never answers a punch, without a relay",
    vendor: "dahua",
    scenario: { dahua: { cameras: [{ serial: SERIAL, faults: { silentPunch: true } }] } },
    address: `${SERIAL}?way=direct`,
    code: 5,
    expects: /unreachable|timeout/,
    haste: 5,
  },
  {
    name: "a device that falls silent in mid-stream",
    vendor: "dahua",
    scenario: { dahua: { cameras: [{ serial: SERIAL, faults: { vanishAfter: "2s" } }] } },
    address: SERIAL,
    expects: /^now +timeout at open: nothing was heard from the device/m,
    haste: 4,
  },
  {
    name: "a camera that falls silent in mid-stream",
    vendor: "reolink",
    scenario: { reolink: { cameras: [{ uid: UID, ...RIGHT, faults: { vanishAfter: "2s" } }] } },
    address: LOGIN + UID,
    expects: /^now +timeout at open: the camera fell silent/m,
    haste: 4,
  },
  {
    name: "a password a camera refuses",
    vendor: "reolink",
    scenario: { reolink: { cameras: [{ uid: UID, ...account }] } },
    address: LOGIN + UID,
    code: 4,
    expects: /^now +auth at login: the camera refuses user name or password/m,
  },
  {
    name: "an unknown UID",
    vendor: "reolink",
    scenario: { reolink: { cameras: [{ uid: "95270000SIMULATE" }] } },
    address: LOGIN + UID,
    code: 3,
    expects: /unreachable at lookup/,
    haste: 5,
  },
];

const SECRETS: Secrets = {
  texts: [USER, PASSWORD, SALT],
  ids: [SERIAL, UID],
  addresses: [],
};

for (const failing of FAILURES) {
  const { name, vendor, scenario, address, code, expects } = failing;

  test(`the flight recorder writes ${name} without secrets, and it replays`, {
    timeout: 60_000,
  }, async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "scenario.yaml");
      await writeFile(path, JSON.stringify(scenario));
      const sim = startProgram(["sim", "--scenario", path, "--json"]);
      const { dahua, reolink } = JSON.parse(await sim.line(/^\{"dahua"/));
      const server = vendor === "dahua" ? dahua.server : reolink.servers.join();
      const url = `${vendor}://${address}${address.includes("?") ? "&" : "?"}server=${server}`;
      const flights = join(folder, "flights");
      const program = startProgram(
        ["open", url, "--listen", "127.0.0.1:0", "--record", flights],
        failing.haste === undefined ? {} : { world: hastyWorld(failing.haste) },
      );
      try {
        if (code === undefined) {
          await program.line(/camera failed .* stage=open/);
          await program.line(/flight recorded file=\S+-2\.jsonl/);
          program.stop();
        }
        assert.equal(await program.exit, code ?? 0, program.err.join("\n"));
      } finally {
        sim.stop();
        await sim.exit;
      }
      // Where a picture freezes first, that is the first one.
      const file = (await readdir(flights)).sort().at(code === undefined ? 1 : 0) ?? "";
      assert.equal((await stat(join(flights, file))).mode & 0o777, 0o600);
      const text = await readFile(join(flights, file), "utf8");
      assert.match(everythingIn(text), /hidden01/);
      assertNothingLeaks(text, SECRETS);
      const replay = startProgram(["replay", join(flights, file)]);
      assert.equal(await replay.exit, 0, [...replay.out.slice(-6), ...replay.err].join("\n"));
      const said = replay.out.join("\n");
      assert.match(said, expects);
      assert.equal(replay.out.at(-1), "Same failure.");
      const [, same, recorded] = /(\d+) of (\d+) datagrams went out as then/.exec(said) ?? [];
      assert.ok(Number(same) >= 0.9 * Number(recorded) && Number(recorded) > 0, said);
    });
  });
}

test("sightline serve records into the folder of its configuration, and keeps so many", {
  timeout: 60_000,
}, async () => {
  await withFolder(async (folder) => {
    const sim = startProgram(["sim", "--json"]);
    const { dahua } = JSON.parse(await sim.line(/^\{"dahua"/));
    const config = join(folder, "sightline.yaml");
    const flights = join(folder, "flights");
    await writeFile(
      config,
      JSON.stringify({
        api: { listen: "127.0.0.1:0" },
        rtsp: { listen: "127.0.0.1:0" },
        recorder: { dir: flights, max_files: 2 },
        cameras: Object.fromEntries(["a", "b", "c"].map((name, i) => [name, {
          address: `dahua://4K0777PAZ1234${i}?server=${dahua.server}`,
          mode: "always",
        }])),
      }),
    );
    const program = startProgram(["serve", "--config", config]);
    for (const number of [1, 2, 3]) {
      await program.line(new RegExp(`flight recorded.*-${number}\\.`));
    }
    program.stop();
    assert.equal(await program.exit, 0);
    sim.stop();
    await sim.exit;
    const names = await readdir(flights);
    assert.equal(names.length, 2);
  });
});

test("sightline replay says what is wrong with a file", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "a.jsonl");
    for (
      const [text, complaint] of [
        ["", /line 1 must be a JSON object/],
        ["{}", /first line must say what it is of/],
        ['{"flight":2,"subject":{"vendor":"dahua"},"hosts":{}}', /must be a camera's address/],
        [
          '{"flight":2,"subject":{"vendor":"dahua","address":"dahua://x"},"hosts":{}}',
          /the recording has no connection/,
        ],
      ] as const
    ) {
      await writeFile(file, text);
      const program = startProgram(["replay", file]);
      assert.equal(await program.exit, 2, program.err.join());
      assert.match(program.err.join("\n"), complaint);
    }
  });
});

interface Bundled {
  readonly name: string;
  readonly address: (sim: Sim) => string;
  readonly code: number;
  readonly verdict: RegExp;
}

/** What `sightline sim --json` says. */
interface Sim {
  readonly dahua: { readonly server: string };
  readonly reolink: {
    readonly servers: readonly string[];
    readonly cameras: readonly { readonly lan: string }[];
  };
}

const BUNDLED: readonly Bundled[] = [
  {
    name: "a Dahua device whose password is refused",
    address: ({ dahua }) => `dahua://${LOGIN}${SERIAL}?server=${dahua.server}`,
    code: 4,
    verdict: /^now +password-refused, exit code 4: The camera refused user name or password/m,
  },
  {
    name: "a Reolink camera whose password is refused",
    address: ({ reolink }) => `reolink://${LOGIN}${UID}?server=${reolink.servers.join()}`,
    code: 4,
    verdict: /^now +password-refused, exit code 4: The camera refuses user name or password/m,
  },
  {
    name: "a Reolink camera by address whose password is refused",
    address: ({ reolink }) => `reolink://${LOGIN}${reolink.cameras[0]?.lan}`,
    code: 4,
    verdict: /^now +password-refused, exit code 4: The camera refuses user name or password/m,
  },
  {
    name: "a Reolink camera by address that works",
    address: ({ reolink }) =>
      `reolink://${USER}:${account.password}@${reolink.cameras[0]?.lan}?stream=sub`,
    code: 0,
    verdict: /^now +works, exit code 0: Everything works: a key frame came over TCP/m,
  },
];

for (const { name, address, code, verdict } of BUNDLED) {
  test(
    `sightline doctor --bundle writes what it saw of ${name} without secrets, and it replays`,
    { timeout: 60_000 },
    async () => {
      await withFolder(async (folder) => {
        const path = join(folder, "scenario.yaml");
        const device = { serial: SERIAL, auth: "required", ...account, salt: { value: SALT } };
        const camera = { uid: UID, name: NAME, ...account };
        const scenario = { dahua: { cameras: [device] }, reolink: { cameras: [camera] } };
        await writeFile(path, JSON.stringify(scenario));
        const sim = startProgram(["sim", "--scenario", path, "--json"]);
        const where = JSON.parse(await sim.line(/^\{"dahua"/)) as Sim;
        const file = join(folder, "bundle.jsonl");
        const program = startProgram(["doctor", address(where), "--wake", "--bundle", file]);
        assert.equal(await program.exit, code, program.err.join("\n"));
        sim.stop();
        await sim.exit;
        assert.equal((await stat(file)).mode & 0o777, 0o600);
        const text = await readFile(file, "utf8");
        assertNothingLeaks(text, {
          ...SECRETS,
          texts: [...SECRETS.texts, NAME, account.password],
        });
        const replay = startProgram(["replay", file]);
        assert.equal(await replay.exit, 0, replay.out.join("\n"));
        assert.match(replay.out.join("\n"), verdict);
        assert.match(replay.out.at(-1) ?? "", /^Same (?:failure|result)/);
        const json = startProgram(["replay", file, "--json"]);
        assert.equal(await json.exit, 0);
        const result = JSON.parse(json.out.at(-1) ?? "") as Record<string, unknown>;
        assert.deepEqual([result["event"], result["same"]], ["result", true]);
      });
    },
  );
}
