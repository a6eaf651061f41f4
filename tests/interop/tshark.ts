/** Wireshark's engine with our Lua dissectors, asked beside our own dissector. @module */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { concatBytes } from "../../lib/bytes/bytes.ts";
import { encodeInterface, encodePacket, encodeSection } from "../../lib/pcapng/pcapng_format.ts";
import { type DissectedLine, dissectFile } from "../support/capturing.ts";
import { LINK_RAW } from "../support/packets.ts";
import { run } from "./players.ts";

const SCRIPTS = ["baichuan.lua", "dahua.lua", "ptcp.lua", "reolink.lua"].map((name) => {
  return new URL(`../../scripts/wireshark/${name}`, import.meta.url).pathname;
});
export const LUA = [
  ...SCRIPTS.flatMap((path) => ["-X", `lua_script:${path}`]),
  // Ports of a test may be those of something else; and as scripts/wireshark/README.md says.
  ...["udp.try_heuristic_first", "tcp.try_heuristic_first", "tcp.reassemble_out_of_order"]
    .flatMap((name) => ["-o", `${name}:TRUE`]),
];

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
  ...["bc.opaque", "bcmedia.type", "bcmedia.size", "bcmedia.codec", "bcmedia.channel"],
  ...["bcmedia.us", "bcmedia.us_high", "bcmedia.posix", "bcmedia.width", "bcmedia.height"],
  ...["bcmedia.fps", "tcp.seq_raw", "tcp.ack_raw", "tcp.seq", "tcp.ack", "tcp.flags"],
  ...["tcp.window_size_value", "tcp.len"],
];

export const NOTES = "_ws.expert.message";
const LUA_ERROR = "_ws.lua.error";

/** What the two say of one frame: field by field, values as text. */
export type Told = Record<string, readonly string[]>;

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

/** Fails where the two say something else of any frame; what they say. */
export async function assertAgree(file: string): Promise<Told[]> {
  const mine = (await dissectFile(file)).map(told);
  const theirs = await askTshark(file);
  assert.equal(theirs.length, mine.length);
  for (const [i, one] of mine.entries()) {
    const other = theirs[i] ?? {};
    for (const name of FIELDS) assert.deepEqual(other[name], one[name], `${name} of ${i + 1}`);
    // What TCP went through the engine tells in words of its own.
    if (one["tcp.len"] !== undefined) continue;
    assert.deepEqual(ours(other[NOTES]), ours(one[NOTES]), `notes of ${i + 1}`);
  }
  return mine;
}

/** Fails where a script of ours breaks, or the engine does. */
export async function assertNoLuaError(file: string, frames: number): Promise<void> {
  const { code, stdout, stderr } = await run("tshark", [
    ...LUA,
    ...["-r", file, "-T", "fields", "-e", "frame.number", "-e", LUA_ERROR],
  ], { limit: 90_000 });
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim().split("\n").length, frames);
  assert.doesNotMatch(stdout + stderr, /lua error|\.lua:\d+/i);
}

/** A file with these IP packets. */
export async function writePackets(file: string, packets: readonly Uint8Array[]): Promise<void> {
  const blocks = packets.map((bytes, i) =>
    encodePacket({ time: 1_700_000_000_000 + i, bytes, direction: "in", comment: "made" })
  );
  const start = [encodeSection("test"), encodeInterface(LINK_RAW, "test")];
  await writeFile(file, concatBytes([...start, ...blocks]));
}
