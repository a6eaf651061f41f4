import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { concatBytes } from "../../lib/bytes/bytes.ts";
import { encodeInterface, encodePacket, encodeSection } from "../../lib/pcapng/pcapng_format.ts";
import { captureRun, PASSWORD, withFolder } from "../support/capturing.ts";
import { encodeIp, LINK_RAW, udpPacket } from "../support/packets.ts";
import { type Program, startProgram } from "../support/program.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const RUN = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];

/** A capture of so many datagrams that go back and forth, every third of which is broken. */
function captureOf(count: number): Uint8Array {
  const a = { address: "2001:db8::1", port: 1 };
  const b = { address: "2001:db8::2", port: 2 };
  const payload = new TextEncoder().encode("HTTP/1.1 200 OK\r\nCSeq: 1\r\n\r\n<body>x</body>");
  return concatBytes([
    ...[encodeSection("test"), encodeInterface(LINK_RAW, "test")],
    ...Array.from({ length: count }, (_, i) => {
      const ends = i % 2 === 0 ? [a, b] as const : [b, a] as const;
      const bytes = encodeIp(udpPacket(...ends, i % 3 === 2 ? payload.subarray(0, 9) : payload));
      return encodePacket({ time: i, bytes, direction: "in", comment: "made" });
    }),
  ]);
}

async function dissect(...args: readonly string[]): Promise<Program> {
  const program = startProgram(["dissect", ...args], { env: { SIGHTLINE_PASSWORD: PASSWORD } });
  await program.exit;
  return program;
}

test("sightline dissect shows what it is asked for", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "a.pcapng");
    await writeFile(file, captureOf(6));
    const count = async (...args: readonly string[]) => (await dissect(file, ...args)).out.length;
    assert.equal(await count(), 6);
    assert.equal(await count("--problems"), 2);
    assert.equal(await count("--text"), 10);
    assert.equal(await count("--only", "dhhttp"), 6);
    assert.equal(await count("--only", "tcp,other"), 0);
    assert.equal(await count("--host", "2001:DB8::1"), 6);
    assert.equal(await count("--host", "[2001:db8::1]:1"), 6);
    assert.equal(await count("--host", "[2001:db8::1]:2"), 0);
    const { out } = await dissect(file, "--problems");
    assert.match(out[0] ?? "", /^ {4}3 {4}0\.002000 {2}\[2001:db8::1\]:1 > .* {2}! at byte 0: /);
    const wrong = await dissect(file, "--only", "http");
    assert.match(wrong.err.join(), /--only must be some of dhhttp, .*: has "http"/);
  });
});

test("sightline dissect reads what is enciphered with the password alone", {
  timeout: 30_000,
}, async () => {
  await withFolder(async (folder) => {
    const args = ["--capture-secrets"];
    await captureRun(folder, { reolink: { encryption: "full" }, args, duration: "1s" });
    const file = join(folder, "run.pcapng");
    const read = (await dissect(file)).out.join("\n");
    assert.match(read, /media #\d+ of \d+ bytes, H265 key frame of \d+ bytes at \d+\.\d+ s/);
    assert.doesNotMatch(read, /enciphered/);
    const program = startProgram(["dissect", file]);
    assert.equal(await program.exit, 0);
    assert.match(program.out.join("\n"), /bytes, enciphered/);
    assert.doesNotMatch(program.out.join("\n"), /key frame/);
  });
});

test("sightline dissect loses no line to a reader that is slower", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "a.pcapng");
    await writeFile(file, captureOf(20_000));
    const child = spawn(process.execPath, [...RUN, MAIN, "dissect", file, "--json"], {
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 30_000,
    });
    let last = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      last += 1;
      assert.equal(JSON.parse(line).frame, last);
    }
    assert.equal(last, 20_000);
  });
});
