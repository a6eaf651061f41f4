import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { concatBytes } from "../../lib/bytes/bytes.ts";
import type { Dissection } from "../../lib/dissect/dissection.ts";
import { Dissector } from "../../lib/dissect/dissector.ts";
import type { Tap } from "../../lib/recorder/tap.ts";
import type { TcpTap } from "../../lib/recorder/tcp_tap.ts";
import { BaichuanCodec } from "../../lib/reolink/baichuan/codec.ts";
import { loginHash } from "../../lib/reolink/baichuan/login_hash.ts";
import {
  type CaptureRun,
  captureRun,
  dissectFile,
  PASSWORD,
  USER,
  withFolder,
} from "../support/capturing.ts";
import { startProgram } from "../support/program.ts";

/** Hears the datagrams as they are, and what they say. */
function eavesdrop(): { readonly tap: Tap; readonly said: Dissection[] } {
  const dissector = new Dissector();
  const said: Dissection[] = [];
  return {
    said,
    tap({ direction, local, remote, bytes }) {
      const [from, to] = direction === "out" ? [local, remote] : [remote, local];
      said.push(
        dissector.dissect({ frame: 1, time: undefined, from, to, payload: bytes.slice() }),
      );
    },
  };
}

/** All that `pattern` finds in what was said. */
function find(said: readonly Dissection[], pattern: RegExp): string[] {
  const text = said.map(({ fields }) => JSON.stringify(fields)).join("\n");
  return Array.from(text.matchAll(pattern), (match) => (match[1] ?? "").replaceAll('\\"', ""));
}

/** Whether a file holds a text, as it is or in one of the forms text takes. */
function holds(file: Uint8Array, secret: string): boolean {
  const bytes = Buffer.from(secret);
  const text = Buffer.from(file).toString("latin1").toLowerCase();
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString("hex"),
    bytes.toString("base64").replace(/=+$/, ""),
  ].some((form) => text.includes(form.toLowerCase()));
}

const RUNS: readonly (CaptureRun & { readonly name: string; readonly pattern: RegExp })[] = [
  {
    name: "the proofs of a Dahua device's account",
    dahua: { auth: "required" },
    pattern: /<(?:DevAuth|UserName)>([^<]{9,})<|<LocalAddr>([A-Za-z0-9+/=]{12,})</g,
  },
  {
    name: "nonce and hashes of a Reolink login",
    reolink: { encryption: "bc" },
    pattern: /<(?:nonce|password|userName)>([^<]{9,})</g,
  },
];

for (const { name, pattern, ...options } of RUNS) {
  test(`sightline open --capture writes no trace of ${name}`, { timeout: 30_000 }, async () => {
    await withFolder(async (folder) => {
      const { tap, said } = eavesdrop();
      const masked = await captureRun(folder, { ...options, tap, duration: "1500ms" });
      const secrets = [...find(said, pattern), PASSWORD, USER];
      assert.ok(secrets.length >= 4, `${secrets.length} found on the wire`);
      const lines = await dissectFile(join(folder, "run.pcapng"));
      const read = new TextEncoder().encode(JSON.stringify(lines));
      for (const secret of secrets) {
        if (secret === "") continue;
        assert.equal(holds(masked, secret) || holds(read, secret), false, secret);
      }
      assert.equal(lines.length, said.length, "every datagram is there");
    });
  });

  test(`sightline open --capture-secrets writes ${name}`, { timeout: 30_000 }, async () => {
    await withFolder(async (folder) => {
      const { tap, said } = eavesdrop();
      const args = ["--capture-secrets"];
      await captureRun(folder, { ...options, tap, args, duration: "1s" });
      const read = new TextEncoder().encode(
        JSON.stringify(await dissectFile(join(folder, "run.pcapng"))),
      );
      for (const secret of find(said, pattern)) {
        if (secret !== "") assert.ok(holds(read, secret), secret);
      }
    });
  });
}

/** What a TCP connection has brought, and what of it is secret, as its first message tells. */
function overhear() {
  const heard: Record<"in" | "out", Uint8Array[]> = { in: [], out: [] };
  const tcpTap: TcpTap = (_, event) => {
    if (event.type === "data") heard[event.direction].push(event.bytes.slice());
  };
  const secrets = () => {
    const camera = new BaichuanCodec();
    camera.push(concatBytes(heard.in));
    const nonce = /"text":"([^"]{9,})"/.exec(JSON.stringify(camera.next(0)))?.[1] ?? "";
    return [nonce, loginHash(USER, nonce), loginHash(PASSWORD, nonce)];
  };
  const lengthOf = (direction: "in" | "out") => concatBytes(heard[direction]).byteLength;
  return { tcpTap, secrets, lengthOf };
}

for (const shows of [false, true]) {
  const what = shows ? "--capture-secrets writes all" : "--capture writes nothing secret";
  test(`sightline open ${what} of a camera over TCP, in order`, { timeout: 30_000 }, async () => {
    await withFolder(async (folder) => {
      const { tcpTap, secrets, lengthOf } = overhear();
      const args = shows ? ["--capture-secrets"] : [];
      const options = { reolink: { encryption: "none" }, isByAddress: true, tcpTap, args };
      const file = await captureRun(folder, { ...options, duration: "1s" });
      // The name goes as a hash, and as it is with the goodbye.
      for (const secret of [...secrets(), USER]) {
        assert.ok(secret.length > 8, "the login is there");
        assert.equal(holds(file, secret), shows, secret);
      }
      assert.equal(holds(file, PASSWORD), false);
      const lines = await dissectFile(join(folder, "run.pcapng"));
      assert.deepEqual(lines.flatMap(({ errors }) => errors), []);
      assert.ok(lines.some(({ protocol }) => protocol === "baichuan"));
      const sizes = lines.map(({ fields }) => Number(fields?.["tcp.len"] ?? 0));
      const total = sizes.reduce((sum, size) => sum + size, 0);
      assert.equal(total, lengthOf("in") + lengthOf("out"), "every byte is there");
    });
  });
}

test(
  "sightline open --capture-size keeps two files of half that size",
  { timeout: 30_000 },
  async () => {
    await withFolder(async (folder) => {
      const args = ["--capture-size", "128k"];
      await captureRun(folder, { dahua: {}, args, duration: "4s" });
      for (const [name, least] of [["run.pcapng", 1], ["run.1.pcapng", 20]] as const) {
        const file = join(folder, name);
        const { size, mode } = await stat(file);
        assert.ok(size > 0 && size <= 65_536, `${name} has ${size} bytes`);
        assert.equal(mode & 0o777, 0o600);
        const { length } = await dissectFile(file);
        assert.ok(length >= least, `${name} has ${length} frames`);
      }
    });
  },
);

test("sightline refuses captures it cannot make", async () => {
  await withFolder(async (folder) => {
    const address = "dahua://SIMULATED000001?server=127.0.0.1:9";
    for (
      const [args, complaint] of [
        [["--capture-secrets"], /need --capture FILE/],
        [["--capture", join(folder, "a"), "--capture-size", "1k"], /must be 128k or more/],
        [["--capture", join(folder, "none", "a")], /Cannot write .* no such file/],
      ] as const
    ) {
      const program = startProgram(["forward", address, "0:80", ...args]);
      assert.equal(await program.exit, 2);
      assert.match(program.err.join("\n"), complaint);
    }
  });
});

test("sightline dissect says what is wrong with a file", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "a.pcap");
    await writeFile(file, "no capture at all, but long enough");
    const program = startProgram(["dissect", file]);
    assert.equal(await program.exit, 1);
    assert.match(program.err.join("\n"), /at byte 0 as it must be a pcapng or pcap file/);
    const nowhere = startProgram(["dissect", join(folder, "b.pcap")]);
    assert.equal(await nowhere.exit, 2);
    assert.equal((await readFile(file)).byteLength > 0, true);
  });
});
