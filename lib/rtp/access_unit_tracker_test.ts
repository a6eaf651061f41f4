import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex, toHex } from "../bytes/bytes.ts";
import type { MediaFormat } from "../sdp/parsed.ts";
import {
  AccessUnitTracker,
  DEFAULT_UNIT_LIMITS,
  type PackedUnit,
  type UnitLimits,
} from "./access_unit_tracker.ts";
import { packetizeH264 } from "./h264_payload.ts";
import { packetizeH265 } from "./h265_payload.ts";

const SPS = "67640c1e";
const PPS = "68ee3c80";
const IDR = "658801";
const SLICE = "419a01";
/** A further slice of the same picture: first_mb_in_slice is not 0. */
const MORE = "414101";
const MORE_IDR = "654101";

function format(encoding: string, parameters: Record<string, string> = {}): MediaFormat {
  return {
    payloadType: 96,
    encoding,
    clockRate: 90_000,
    channels: 1,
    fmtp: undefined,
    parameters: new Map(Object.entries(parameters)),
  };
}

/** One stream into a tracker; sequence numbers go on by themselves. */
class Stream {
  readonly tracker: AccessUnitTracker;
  sequenceNumber = 65_530;
  ssrc = 1;

  constructor(encoding = "H264", kind = "video", limits: UnitLimits = DEFAULT_UNIT_LIMITS) {
    this.tracker = new AccessUnitTracker(kind, format(encoding), limits);
  }

  /** One packet; returns the units that are complete with it. */
  push(timestamp: number, payload: string | Uint8Array, marker = false): PackedUnit[] {
    return this.tracker.push({
      marker,
      payloadType: 96,
      sequenceNumber: this.sequenceNumber++ & 0xffff,
      timestamp,
      ssrc: this.ssrc,
      payload: typeof payload === "string" ? fromHex(payload) : payload,
    });
  }

  /** Packets TIMESTAMP:HEX, with `!` behind for a marker; the units as `brief()` has them. */
  all(text: string): string[] {
    const packets = text.trim().split(/\s+/).map((one) => /^(\d+):(\w+)(!?)$/.exec(one));
    return packets.flatMap((match) =>
      this.push(Number(match?.[1]), match?.[2] ?? "", match?.[3] === "!")
    ).map(brief);
  }

  lose(count: number): void {
    this.sequenceNumber += count;
  }
}

/** Timestamp, flags and payloads of a unit. */
function brief(unit: PackedUnit): string {
  const flags = [
    ...(unit.keyframe ? ["key"] : []),
    ...(unit.newParameters ? ["new"] : []),
    ...(unit.damaged ? ["damaged"] : []),
    ...(unit.lostBefore > 0 ? [`lost ${unit.lostBefore}`] : []),
    ...(unit.restarted ? ["restarted"] : []),
  ];
  return [unit.timestamp, ...flags, unit.payloads.map(toHex).join("+")].join(" ");
}

test("AccessUnitTracker ends a unit with its marker", () => {
  const stream = new Stream();
  const units = stream.all(`
    10:${SPS} 10:${PPS} 10:${IDR}! 20:${SLICE} 20:${MORE}! 30:${SLICE}!`);
  assert.deepEqual(units, [
    `10 key new ${SPS}+${PPS}+${IDR}`,
    `20 ${SLICE}+${MORE}`,
    `30 ${SLICE}`,
  ]);
  assert.deepEqual(stream.tracker.parameterSets.map(toHex), [SPS, PPS]);
});

test("AccessUnitTracker ends a unit where the timestamp changes, without any marker", () => {
  const units = new Stream().all(`10:${IDR} 10:${MORE_IDR} 20:${SLICE} 30:${SLICE} 40:${SLICE}`);
  assert.deepEqual(units, [`10 key ${IDR}+${MORE_IDR}`, `20 ${SLICE}`, `30 ${SLICE}`]);
});

test("AccessUnitTracker ends a unit where a picture begins, without marker or new timestamp", () => {
  const units = new Stream().all(`10:${IDR} 10:${SLICE} 10:${MORE} 10:${SPS} 10:${PPS} 10:${IDR}!`);
  assert.deepEqual(units, [
    `10 key ${IDR}`,
    `10 ${SLICE}+${MORE}`,
    `10 key new ${SPS}+${PPS}+${IDR}`,
  ]);
});

test("AccessUnitTracker ignores markers on parameter sets, and timestamps of their own", () => {
  const units = new Stream().all(`10:${SPS}! 10:${PPS}! 20:${IDR}! 30:${SPS}! 40:${SLICE}!`);
  assert.deepEqual(units, [`20 key new ${SPS}+${PPS}+${IDR}`, `40 ${SPS}+${SLICE}`]);
});

test("AccessUnitTracker stops believing markers once they were on every slice", () => {
  const units = new Stream().all(`
    10:${IDR}! 10:${MORE_IDR}! 20:${SLICE}! 20:${MORE}! 30:${SLICE}! 30:${MORE}! 40:${SLICE}!`);
  assert.deepEqual(units, [
    `10 key ${IDR}`,
    `10 key ${MORE_IDR}`,
    `20 ${SLICE}+${MORE}`,
    `30 ${SLICE}+${MORE}`,
  ]);
});

test("AccessUnitTracker takes a unit of several packets together, of either codec", () => {
  const idr = (head: string) => concatBytes([fromHex(head), new Uint8Array(3_000)]);
  for (
    const { encoding, packetize, units } of [
      { encoding: "H264", packetize: packetizeH264, units: [fromHex(SPS), idr(IDR)] },
      {
        encoding: "H265",
        packetize: packetizeH265,
        units: [fromHex("40010c"), fromHex("420101"), fromHex("4401c0"), idr("2601af")],
      },
    ]
  ) {
    const payloads = packetize(units, 1_200).map(concatBytes);
    const stream = new Stream(encoding);
    const done = payloads.flatMap((payload, i) => {
      return stream.push(10, payload, i === payloads.length - 1);
    });
    assert.equal(done.length, 1);
    assert.ok(done[0]?.keyframe && !done[0].damaged && done[0].newParameters);
    assert.deepEqual(done[0].payloads, payloads);
    assert.deepEqual(stream.tracker.parameterSets, units.slice(0, -1));
  }
});

test("AccessUnitTracker reads aggregates", () => {
  const stap = "780004 67640c1e 0004 68ee3c80 0003 658801".replaceAll(" ", "");
  const stream = new Stream();
  assert.deepEqual(stream.all(`10:${stap}!`), [`10 key new ${stap}`]);
  assert.ok(stream.tracker.hasParameterSets);
});

test("AccessUnitTracker knows the key frames of H.265, and its slices", () => {
  const [cra, first, more] = ["2a01af", "0201d0", "020150"];
  const units = new Stream("H265").all(`10:${cra}! 20:${first} 20:${more} 20:${first}!`);
  assert.deepEqual(units, [`10 key ${cra}`, `20 ${first}+${more}`, `20 ${first}`]);
});

test("AccessUnitTracker takes a recovery point for a key frame", () => {
  assert.deepEqual(new Stream().all(`10:060601c4 10:${SLICE}! 20:060501aa 20:${SLICE}!`), [
    `10 key 060601c4+${SLICE}`,
    `20 060501aa+${SLICE}`,
  ]);
});

test("AccessUnitTracker begins with the parameter sets of the description", () => {
  const known = new AccessUnitTracker(
    "video",
    format("H264", { "sprop-parameter-sets": "Z2QMHg==,aO48gA==" }),
  );
  assert.deepEqual(known.parameterSets.map(toHex), [SPS, PPS]);
  assert.ok(known.hasParameterSets);
  const stream = new Stream("H265");
  assert.ok(!stream.tracker.hasParameterSets);
});

test("AccessUnitTracker tells of loss within a unit and between units", () => {
  const stream = new Stream();
  stream.all(`10:${IDR}!`);
  stream.push(20, SLICE);
  stream.lose(2);
  assert.deepEqual(stream.all(`20:${MORE}!`), [`20 damaged ${SLICE}+${MORE}`]);
  stream.lose(3);
  assert.deepEqual(stream.all(`50:${SLICE}!`), [`50 lost 5 ${SLICE}`]);
  stream.lose(1);
  assert.deepEqual(stream.all(`60:${MORE}!`), [`60 damaged lost 1 ${MORE}`]);
  stream.push(70, SLICE);
  stream.lose(1);
  assert.deepEqual(stream.all(`80:${SLICE}!`), [`70 damaged ${SLICE}`, `80 lost 1 ${SLICE}`]);
  assert.equal(stream.tracker.counters.lost, 7);
});

test("AccessUnitTracker says when it was let in in the middle of a picture", () => {
  assert.deepEqual(new Stream().all(`10:${MORE}! 20:${SLICE}!`), [
    `10 damaged ${MORE}`,
    `20 ${SLICE}`,
  ]);
});

test("AccessUnitTracker leaves out packets that come twice or too late", () => {
  const stream = new Stream();
  stream.all(`10:${IDR}! 20:${SLICE}`);
  stream.sequenceNumber -= 2;
  assert.deepEqual(stream.all(`10:${IDR}! 20:${SLICE}! 20:${MORE}!`), [`20 ${SLICE}+${MORE}`]);
  assert.equal(stream.tracker.counters.late, 2);
});

test("AccessUnitTracker begins anew where the sender does", () => {
  const stream = new Stream();
  stream.all(`4000000000:${IDR}! 4000000010:${SLICE}`);
  stream.ssrc = 2;
  assert.deepEqual(stream.all(`10:${IDR}! 20:${SLICE}!`), [
    `4000000010 damaged ${SLICE}`,
    `10 key restarted ${IDR}`,
    `20 ${SLICE}`,
  ]);
  assert.equal(stream.tracker.counters.restarts, 1);
});

test("AccessUnitTracker counts timestamps on round 2³²", () => {
  const stream = new Stream();
  const units = stream.all(`4294967290:${IDR}! 4:${SLICE}! 4294967295:${SLICE}! 10:${SLICE}!`);
  assert.deepEqual(units.map((unit) => Number.parseInt(unit)), [
    ...[4294967290, 4294967300, 4294967295, 4294967306],
  ]);
});

test("AccessUnitTracker leaves out payloads it cannot read, as if they were lost", () => {
  const stream = new Stream();
  assert.deepEqual(stream.all(`10:${IDR} 10:00 10:${MORE_IDR}! 20:79aa 20:${SLICE}!`), [
    `10 key damaged ${IDR}+${MORE_IDR}`,
    `20 lost 2 ${SLICE}`,
  ]);
  assert.equal(stream.tracker.counters.badPayloads, 2);
});

test("AccessUnitTracker leaves out units larger than they may be", () => {
  for (const limits of [{ bytes: 9, packets: 100 }, { bytes: 100, packets: 3 }]) {
    const stream = new Stream("H264", "video", limits);
    const units = stream.all(`
      10:${IDR} 10:${MORE_IDR} 10:${MORE_IDR}!
      20:${SLICE} 20:${MORE} 20:${MORE} 20:${MORE}! 30:${SLICE}!`);
    assert.deepEqual(units, [`10 key ${IDR}+${MORE_IDR}+${MORE_IDR}`, `30 lost 1 ${SLICE}`]);
    assert.equal(stream.tracker.counters.oversized, 1);
  }
});

test("AccessUnitTracker holds no more than a unit of what never becomes one", () => {
  const stream = new Stream("H264", "video", { bytes: 1_000, packets: 10 });
  for (let i = 0; i < 1_000; i++) assert.deepEqual(stream.push(i, "0605", true), []);
  assert.deepEqual(stream.all(`2000:${IDR}! 2010:${SLICE}!`), [`2010 lost 1 ${SLICE}`]);
});

test("AccessUnitTracker gives parameter sets of units left out to the next", () => {
  const stream = new Stream("H264", "video", { bytes: 10, packets: 2 });
  assert.deepEqual(stream.all(`10:${SPS} 10:${PPS} 10:${IDR}! 20:${SLICE}!`), [
    `20 new lost 1 ${SLICE}`,
  ]);
});

test("AccessUnitTracker takes each packet of sound for a unit, whatever its marker", () => {
  for (const encoding of ["PCMA", "G726-32", "OPUS", "WHO-KNOWS"]) {
    const stream = new Stream(encoding, "audio");
    assert.deepEqual(stream.all("10:aa! 20:bb 20:cc"), ["10 key aa", "20 key bb", "20 key cc"]);
  }
});

test("AccessUnitTracker takes AAC packets for units, and pieces of a frame together", () => {
  const stream = new Stream("MPEG4-GENERIC", "audio");
  const [whole, piece, last] = ["00100018aabbcc", "001000280102", "00100028030405"];
  assert.deepEqual(stream.all(`10:${whole} 20:${piece} 20:${last}! 30:${whole}!`), [
    `10 key ${whole}`,
    `20 key ${piece}+${last}`,
    `30 key ${whole}`,
  ]);
});

test("AccessUnitTracker goes by offset, marker and timestamp for JPEG", () => {
  const [first, more] = ["00000000aa", "00000010bb"];
  assert.deepEqual(new Stream("JPEG").all(`10:${first} 10:${more}! 20:${first} 20:${first}!`), [
    `10 key ${first}+${more}`,
    `20 key ${first}`,
    `20 key ${first}`,
  ]);
});

test("AccessUnitTracker goes by marker and timestamp for what it does not know", () => {
  for (const kind of ["video", "application"]) {
    assert.deepEqual(new Stream("VND.ONVIF.METADATA", kind).all("10:aa 10:bb! 20:cc 30:dd!"), [
      "10 key damaged aa+bb",
      "20 key cc",
      "30 key dd",
    ]);
  }
});

test("AccessUnitTracker.flush() gives what was on its way", () => {
  const stream = new Stream();
  stream.push(10, IDR);
  assert.deepEqual(stream.tracker.flush().map(brief), [`10 key ${IDR}`]);
  assert.deepEqual(stream.tracker.flush(), []);
  stream.push(20, SPS);
  assert.deepEqual(stream.tracker.flush(), []);
});
