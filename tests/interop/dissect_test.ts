/** Our dissector and Wireshark's engine with our Lua dissectors before the same captures. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { concatBytes } from "../../lib/bytes/bytes.ts";
import { CaptureReader } from "../../lib/pcapng/capture_reader.ts";
import { encodeInterface, encodePacket, encodeSection } from "../../lib/pcapng/pcapng_format.ts";
import { encodeUdpPacket, findUdp } from "../../lib/pcapng/udp_packet.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { Mutator } from "../hostile/mutator.ts";
import {
  type CaptureRun,
  captureRun,
  type DissectedLine,
  dissectFile,
  withFolder,
} from "../support/capturing.ts";
import { missing, run } from "./players.ts";

const skip = missing("tshark", "--version");

const SCRIPTS = ["dahua.lua", "ptcp.lua", "reolink.lua"].map((name) => {
  return new URL(`../../scripts/wireshark/${name}`, import.meta.url).pathname;
});
const LUA = SCRIPTS.flatMap((path) => ["-X", `lua_script:${path}`]);

/** Every field the scripts have, but for what only a tree can show. */
const FIELDS = [
  ...["dhhttp.method", "dhhttp.path", "dhhttp.code", "dhhttp.reason", "dhhttp.cseq"],
  ...["dhhttp.headers", "dhhttp.body"],
  ...["istun.type", "istun.id", "istun.address", "istun.port", "istun.tiebreaker"],
  ...["ptcp.seq", "ptcp.ack", "ptcp.seq_relative", "ptcp.ack_relative", "ptcp.flags"],
  ...["ptcp.window", "ptcp.tsval", "ptcp.tsecr", "ptcp.len"],
  ...["ptcp.msg.type", "ptcp.msg.realm", "ptcp.msg.len", "ptcp.msg.port", "ptcp.msg.status"],
  ...["ptcp.msg.text"],
  ...["rls.length", "rls.tid", "rls.crc", "rls.crc_ok", "rls.message", "rls.xml"],
  ...["bcudp.connection", "bcudp.packet", "bcudp.len", "bcudp.ack", "bcudp.latency"],
  ...["bcudp.bitmap", "bcudp.missing"],
  ...["bc.id", "bc.len", "bc.channel", "bc.stream", "bc.num", "bc.code", "bc.class", "bc.xml"],
];

const NOTES = "_ws.expert.message";
const LUA_ERROR = "_ws.lua.error";

/** What the two say of one frame: field by field, values as text. */
type Told = Record<string, readonly string[]>;

const BETWEEN = "\x02";

async function askTshark(file: string): Promise<Told[]> {
  const names = [...FIELDS, NOTES];
  const { code, stdout, stderr } = await run("tshark", [
    ...LUA,
    ...["-r", file, "-T", "fields", "-E", `aggregator=${BETWEEN}`],
    ...names.flatMap((name) => ["-e", name]),
  ], { limit: 60_000 });
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /lua|error/i);
  return stdout.split("\n").slice(0, -1).map((line) => {
    const values = line.split("\t");
    return Object.fromEntries(names.flatMap((name, i) => {
      const value = values[i] ?? "";
      return value === "" ? [] : [[name, value.split(BETWEEN).map((one) => plain(name, one))]];
    }));
  });
}

/** Numbers as decimals, text without white space, which each escapes in its own way. */
function plain(name: string, value: string): string {
  if (/^0x[0-9a-f]+$/.test(value) && name !== "istun.id") return String(Number(value));
  return value.replace(/\\[rnt]|\s/g, "").replaceAll("\\\\", "\\");
}

function told({ fields = {}, notes = [] }: DissectedLine): Told {
  const entries = Object.entries(fields).flatMap(([name, value]) => {
    const values = (Array.isArray(value) ? value : [value]).map((one) => plain(name, String(one)));
    return values.length === 1 && values[0] === "" ? [] : [[name, values] as const];
  });
  const noted = notes.map((note) => plain(NOTES, note));
  return Object.fromEntries(noted.length === 0 ? entries : [...entries, [NOTES, noted]]);
}

/** What the engine itself has to say is nothing of ours: comments, and ports others are known by. */
function ours(notes: readonly string[] | undefined): readonly string[] {
  return (notes ?? []).filter((note) => {
    return /^(?:gapof|retransmissionof|zerowindow|reset|asksfor|\d+packetsmissing)/.test(note);
  });
}

async function assertAgree(file: string): Promise<Told[]> {
  const mine = (await dissectFile(file)).map(told);
  const theirs = await askTshark(file);
  assert.equal(theirs.length, mine.length);
  for (const [i, one] of mine.entries()) {
    const other = theirs[i] ?? {};
    for (const name of FIELDS) assert.deepEqual(other[name], one[name], `${name} of ${i + 1}`);
    assert.deepEqual(ours(other[NOTES]), ours(one[NOTES]), `notes of ${i + 1}`);
  }
  return mine;
}

const LOSSY = { loss: 0.04, delay: "3ms", reorder: 0.02, duplicate: 0.02 };

const RUNS: Readonly<Record<string, CaptureRun & { readonly expects: readonly string[] }>> = {
  "a Dahua camera that wants authentication": {
    dahua: { auth: "required" },
    expects: ["dhhttp.code", "istun.tiebreaker", "ptcp.msg.text", "ptcp.msg.port"],
  },
  "a Dahua camera over the relay with loss": {
    dahua: { link: LOSSY },
    query: "&way=relay",
    expects: ["ptcp.msg.realm", NOTES],
  },
  "a Reolink camera with the simple cipher": {
    reolink: { encryption: "bc" },
    expects: ["rls.xml", "bcudp.bitmap", "bc.xml"],
  },
  "a Reolink camera without cipher, with loss, whose messages are cut anywhere": {
    reolink: { encryption: "none", link: LOSSY, quirks: { maxPiece: 700 } },
    expects: ["bc.xml", "bcudp.missing", NOTES],
  },
  "a Reolink camera with AES": { reolink: { encryption: "full" }, expects: ["bc.id"] },
};

for (const [name, options] of Object.entries(RUNS)) {
  test(`tshark and dissect agree on ${name}`, { skip, timeout: 90_000 }, async () => {
    await withFolder(async (folder) => {
      await captureRun(folder, options);
      const lines = await assertAgree(join(folder, "run.pcapng"));
      for (const field of options.expects) {
        assert.ok(lines.some((line) => (line[field]?.length ?? 0) > 0), `no ${field}`);
      }
    });
  });
}

/** A file with these datagrams, one a millisecond. */
async function writeCapture(file: string, datagrams: Iterable<Uint8Array>): Promise<void> {
  const camera = { address: "192.0.2.1", port: 40_001 };
  const client = { address: "192.0.2.2", port: 40_002 };
  const packets = Array.from(datagrams, (payload, i) =>
    encodePacket({
      time: 1_700_000_000_000 + i,
      bytes: i % 2 === 0
        ? encodeUdpPacket(camera, client, payload)
        : encodeUdpPacket(client, camera, payload),
      direction: "in",
      comment: "made",
    }));
  const start = [encodeSection("test"), encodeInterface(101, "test")];
  await writeFile(file, concatBytes([...start, ...packets]));
}

test("tshark -z expert shows retransmission, gap, zero window and more", { skip }, async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "run.pcapng");
    const header = (seq: number, flags: number, window: number) => {
      const bytes = new Uint8Array(24 + 12);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, 0x50544350);
      view.setUint32(4, seq);
      view.setUint8(13, flags);
      view.setUint16(14, window);
      bytes[24] = 0x13;
      return bytes;
    };
    const ack = header(0, 0, 100).subarray(0, 24);
    const request = concatBytes([
      header(0, 2, 100).subarray(0, 24),
      Uint8Array.of(0x0a, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0),
    ]);
    await writeCapture(file, [
      ...[header(0, 0, 100), ack, header(24, 0, 100), ack, header(12, 0, 0), request],
      ...[header(12, 0, 100), header(0, 4, 0).subarray(0, 24)],
    ]);
    const lines = await assertAgree(file);
    assert.deepEqual(lines.flatMap((line) => line[NOTES] ?? []), [
      ...["gapof12bytes", "retransmissionof12bytes", "zerowindow", "asksforaretransmission"],
      ...["retransmissionof12bytes", "reset"],
    ]);
    const { stdout } = await run("tshark", [...LUA, "-r", file, "-q", "-z", "expert"]);
    for (const note of ["gap of 12 bytes", "retransmission of 12 bytes", "zero window", "reset"]) {
      assert.match(stdout, new RegExp(`Sequence +PTCP +${note}`));
    }
  });
});

test(
  "malformed captures crash neither tshark nor dissect",
  { skip, timeout: 120_000 },
  async () => {
    await withFolder(async (folder) => {
      const seeds: Uint8Array[] = [];
      for (
        const options of [RUNS["a Dahua camera that wants authentication"], {
          reolink: { encryption: "bc" },
        }]
      ) {
        if (options === undefined) continue;
        seeds.push(...payloadsOf(await captureRun(folder, { ...options, duration: "1s" })));
      }
      const mutator = new Mutator(new Rng(7), seeds);
      const file = join(folder, "bad.pcapng");
      await writeCapture(
        file,
        Array.from({ length: 6_000 }, () => mutator.next().subarray(0, 1_400)),
      );
      const lines = await dissectFile(file);
      assert.equal(lines.length, 6_000);
      assert.ok(lines.filter(({ errors }) => errors.length > 0).length > 500);
      const { code, stdout, stderr } = await run("tshark", [
        ...LUA,
        ...["-r", file, "-T", "fields", "-e", "frame.number", "-e", LUA_ERROR],
      ], { limit: 90_000 });
      assert.equal(code, 0, stderr);
      assert.equal(stdout.trim().split("\n").length, 6_000);
      assert.doesNotMatch(stdout + stderr, /lua error|\.lua:\d+/i);
      // Broken as files, too: cut anywhere, and with bytes changed.
      const whole = readFileSync(file);
      for (const end of [5, 30, 60, 1_001, 20_002]) {
        await writeFile(file, whole.subarray(0, end));
        await dissectFile(file);
      }
    });
  },
);

function payloadsOf(file: Uint8Array): Uint8Array[] {
  const reader = new CaptureReader();
  reader.push(file);
  const payloads: Uint8Array[] = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
    const found = findUdp(frame);
    if (found.type === "udp") payloads.push(found.payload);
  }
  return payloads;
}
