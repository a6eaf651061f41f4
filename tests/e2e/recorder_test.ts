import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { cryptXml } from "../../lib/reolink/signaling/xml_cipher.ts";
import { withFolder } from "../support/capturing.ts";
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
  /** What it ends with. */
  readonly code: number;
  readonly expects: RegExp;
  /** How much faster time passes. */
  readonly haste?: number;
}

const LOGIN = `${USER}:${encodeURIComponent(PASSWORD)}@`;
const account = { user: USER, password: "another-one" };

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
    name: "an unknown UID",
    vendor: "reolink",
    scenario: { reolink: { cameras: [{ uid: "95270000SIMULATE" }] } },
    address: LOGIN + UID,
    code: 3,
    expects: /unreachable at lookup/,
    haste: 5,
  },
];

/** Everything a file says: its text, and the texts inside of its datagrams. */
function everythingIn(file: string): string {
  const texts = [file];
  for (const line of file.split("\n")) {
    const head = /"head":"([^"]*)"/.exec(line)?.[1];
    if (head === undefined) continue;
    const bytes = Buffer.from(head, "base64");
    texts.push(bytes.toString("latin1"), bytes.toString("hex"));
    texts.push(Buffer.from(bytes.map((byte) => byte ^ 0xff)).toString("latin1"));
    if (bytes.byteLength > 20 && bytes.readUInt32LE() === 0x2a87cf3a) {
      const xml = cryptXml(bytes.readUInt32LE(12), bytes.subarray(20));
      texts.push(Buffer.from(xml).toString("latin1"));
    }
  }
  return texts.join("\n").toLowerCase();
}

/** Fails when a secret of any of the scenarios is there, in any form. */
function assertWithoutSecrets(everything: string): void {
  for (const secret of [SERIAL, UID, USER, PASSWORD, SALT]) {
    const bytes = Buffer.from(secret);
    const forms = [
      secret,
      encodeURIComponent(secret),
      bytes.toString("hex"),
      bytes.toString("base64").replace(/=+$/, "").slice(0, -1),
    ];
    for (const form of forms) {
      assert.equal(everything.includes(form.toLowerCase()), false, `${form} in it`);
    }
  }
}

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
        assert.equal(await program.exit, code, program.err.join("\n"));
      } finally {
        sim.stop();
        await sim.exit;
      }
      const [file = ""] = await readdir(flights);
      assert.equal((await stat(join(flights, file))).mode & 0o777, 0o600);
      const everything = everythingIn(await readFile(join(flights, file), "utf8"));
      assert.match(everything, /hidden01/);
      assertWithoutSecrets(everything);
      const replay = startProgram(["replay", join(flights, file)]);
      assert.equal(await replay.exit, 0, [...replay.out.slice(-6), ...replay.err].join("\n"));
      const said = replay.out.join("\n");
      assert.match(said, expects);
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
        ['{"flight":1,"subject":{"vendor":"dahua"},"hosts":{}}', /must be a camera's address/],
        [
          '{"flight":1,"subject":{"vendor":"dahua","address":"dahua://x"},"hosts":{}}',
          /the recording has no datagrams/,
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

test("sightline soak tells gaps, stalls, rebuilds and growth", { timeout: 30_000 }, async () => {
  const sim = startProgram(["sim", "--json"]);
  const { dahua: { server, cameras: [camera] } } = JSON.parse(await sim.line(/^\{"dahua"/));
  const address = `dahua://${camera.serial}?server=${server}`;
  const program = startProgram(["soak", address, "--hours", "0.0008", "--json"]);
  assert.equal(await program.exit, 0, program.err.join("\n"));
  const report = JSON.parse(program.out.at(-1) ?? "");
  assert.ok(report.frames > 20 && report.longestGap < 1_000, JSON.stringify(report));
  assert.deepEqual([report.stalls, report.rebuilds, report.wayChanges], [0, 0, 0]);
  const table = startProgram(["soak", address, "--hours", "0.0003"]);
  assert.equal(await table.exit, 0);
  assert.match(table.out.join("\n"), /longest gap +0\.\d\d s, 0\.00 h in\n/);
  sim.stop();
  await sim.exit;
});

test(
  "sightline doctor --bundle writes what it found without secrets",
  { timeout: 60_000 },
  async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "scenario.yaml");
      const camera = { serial: SERIAL, auth: "required", ...account, salt: { value: SALT } };
      await writeFile(path, JSON.stringify({ dahua: { cameras: [camera] } }));
      const sim = startProgram(["sim", "--scenario", path, "--json"]);
      const { dahua } = JSON.parse(await sim.line(/^\{"dahua"/));
      const file = join(folder, "bundle.jsonl");
      const address = `dahua://${LOGIN}${SERIAL}?server=${dahua.server}`;
      const program = startProgram(["doctor", address, "--bundle", file]);
      assert.equal(await program.exit, 4, program.err.join("\n"));
      sim.stop();
      await sim.exit;
      const text = await readFile(file, "utf8");
      assert.match(text, /"finding":.*password-refused/);
      assertWithoutSecrets(everythingIn(text));
      const replay = startProgram(["replay", file]);
      assert.equal(await replay.exit, 0);
      assert.match(replay.out.join("\n"), /auth at authenticate/);
    });
  },
);
