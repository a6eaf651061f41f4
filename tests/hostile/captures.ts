import { concatBytes, fromHex } from "../../lib/bytes/bytes.ts";
import { encodeMessage } from "../../lib/dahua/ptcp/message.ts";
import { encodeSegment } from "../../lib/dahua/ptcp/segment.ts";
import { SEGMENT_VECTORS } from "../../lib/dahua/ptcp/segment_vectors.ts";
import { SIGNALING_VECTORS } from "../../lib/dahua/signaling/signaling_vectors.ts";
import { CaptureDissector } from "../../lib/dissect/capture_dissector.ts";
import { Dissector } from "../../lib/dissect/dissector.ts";
import { IP_VECTORS } from "../../lib/dissect/ip_vectors.ts";
import { CaptureReader } from "../../lib/pcapng/capture_reader.ts";
import { CAPTURE_VECTORS } from "../../lib/pcapng/capture_vectors.ts";
import { encodeInterface, encodePacket, encodeSection } from "../../lib/pcapng/pcapng_format.ts";
import type { CaptureFrame } from "../../lib/pcapng/frame.ts";
import { encodeBase64 } from "../../lib/bytes/base64.ts";
import { readFlight, writeFlight } from "../../lib/recorder/flight_file.ts";
import type { FlightLine } from "../../lib/recorder/flight_recorder.ts";
import { ReplayWorld } from "../../lib/recorder/replay_world.ts";
import { Masker } from "../../lib/recorder/masking/masker.ts";
import type { Endpoint } from "../../lib/machine.ts";
import { BcClass, encodeMessage as encodeBcMessage } from "../../lib/reolink/baichuan/header.ts";
import { MESSAGE_VECTORS } from "../../lib/reolink/baichuan/message_vectors.ts";
import { BCMEDIA_VECTORS } from "../../lib/reolink/bcmedia/bcmedia_vectors.ts";
import { encodeBcUdp } from "../../lib/reolink/bcudp/datagram.ts";
import { DATAGRAM_VECTORS } from "../../lib/reolink/bcudp/datagram_vectors.ts";
import { DATAGRAM_VECTORS as RLS_VECTORS } from "../../lib/reolink/signaling/signaling_vectors.ts";
import { invert } from "../../lib/stun/message.ts";
import { STUN_VECTORS } from "../../lib/stun/stun_vectors.ts";
import { encodeIp, fragmentsOf, LINK_RAW, tcpPacket, udpPacket } from "../support/packets.ts";
import type { DecoderTarget, MachineTarget, Victim } from "./target.ts";

const CAMERA = { address: "192.0.2.1", port: 1 };
const CLIENT = { address: "192.0.2.2", port: 2 };

const hex = (rows: readonly { readonly hex: string }[]) => rows.map((row) => fromHex(row.hex));

const LINKS = [...new Set(IP_VECTORS.map(({ linkType }) => linkType))];

const FLIGHT = new TextEncoder().encode(
  [
    { flight: 2, cause: { type: "failure" }, subject: { vendor: "dahua", address: "dahua://S" } },
    { type: "examination", mayWake: true, clouds: [{ host: "h", port: 1 }] },
    { type: "socket", at: 1, socket: 1, port: 5 },
    { type: "in", at: 2, socket: 1, remote: "127.0.0.1:5", length: 30, head: "UFRDUA==" },
    {
      type: "in",
      at: 2,
      socket: 1,
      remote: "127.0.0.1:5",
      length: 90,
      head: "UA",
      gaps: [[1, 60]],
    },
    { type: "dial", at: 2, stream: 1, remote: "127.0.0.1:9000" },
    { type: "dialed", at: 3, stream: 1, port: 4 },
    { type: "read", at: 3, stream: 1, length: 30, head: "8N68Cg==", gaps: [[4, 26]] },
    { type: "ended", at: 4, stream: 1, detail: "" },
    { type: "undialed", at: 4, stream: 2, detail: "no" },
    { type: "finding", finding: { event: "verdict", type: "works" } },
    { type: "entropy", at: 3, hex: "00ff" },
    { type: "event", at: 4, event: { type: "lost" } },
  ].map((line, i) => JSON.stringify(i === 0 ? { ...line, hosts: { h: ["127.0.0.1"] } } : line))
    .join("\n"),
);

/** Whole files, and frames of captures alone. */
export const CAPTURE_DECODERS: readonly DecoderTarget[] = [
  {
    type: "decoder",
    name: "recorded flight",
    seeds: [FLIGHT],
    decode: (bytes) => new ReplayWorld(readFlight(new TextDecoder().decode(bytes)).flight),
  },
  {
    type: "decoder",
    name: "capture file",
    seeds: [
      ...hex(CAPTURE_VECTORS),
      concatBytes([
        encodeSection("test"),
        encodeInterface(101, "test"),
        ...hex(IP_VECTORS).map((bytes) =>
          encodePacket({ time: 1, bytes, direction: "in", comment: "received" })
        ),
      ]),
    ],
    decode(bytes) {
      const reader = new CaptureReader();
      const dissector = new CaptureDissector();
      reader.push(bytes);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        dissector.read(frame);
      }
    },
  },
  {
    type: "decoder",
    name: "frame of a capture",
    // The first byte chooses among the links.
    seeds: IP_VECTORS.map(({ linkType, hex }) => {
      return concatBytes([Uint8Array.of(LINKS.indexOf(linkType)), fromHex(hex)]);
    }),
    decode(bytes) {
      const linkType = LINKS[(bytes[0] ?? 0) % LINKS.length] ?? LINK_RAW;
      new CaptureDissector().read(frameOf(bytes.subarray(1), linkType));
    },
  },
];

function frameOf(bytes: Uint8Array, linkType: number): CaptureFrame {
  return { number: 1, time: 0, linkType, bytes, wireLength: bytes.byteLength, fileOffset: 0 };
}

/** Streams whose every byte follows the one before, so that they are read to their end. */
function streams(): Uint8Array[] {
  const request = new TextEncoder().encode(
    "DESCRIBE rtsp://a:b@127.0.0.1/ RTSP/1.0\r\nAuthorization: Digest x\r\nContent-Length: 3\r\n\r\nabc",
  );
  const body = concatBytes([
    encodeMessage({ type: "bind", realm: 1, port: 554, address: "127.0.0.1" }),
    encodeMessage({ type: "data", realm: 1, bytes: request }),
  ]);
  const segment = { ack: 0, flags: 0, window: 0, tsval: 0, tsecr: 0 };
  return [
    ...[0, 20, 40, 80].map((at) => {
      return encodeSegment({ ...segment, seq: 4 + at, body: body.subarray(at) });
    }),
    ...hex(MESSAGE_VECTORS).map((payload, packetId) => {
      return encodeBcUdp({ type: "data", connectionId: 1, packetId, payload });
    }),
  ];
}

const SEEDS = [
  ...hex(SEGMENT_VECTORS),
  ...hex(DATAGRAM_VECTORS),
  ...hex(RLS_VECTORS),
  ...hex(STUN_VECTORS).map(invert),
  ...SIGNALING_VECTORS.map(({ text }) => new TextEncoder().encode(text)),
  ...streams(),
];

/** One stream, each segment of which follows the one before, until they are mutated. */
function segments(from: Endpoint, to: Endpoint, parts: readonly Uint8Array[]): Uint8Array[] {
  let seq = 1;
  return parts.map((payload) => {
    const packet = tcpPacket({ from, to, seq, ack: 1, payload });
    seq += payload.byteLength;
    return encodeIp(packet);
  });
}

const CAMERA_V6 = { address: "2001:db8::1", port: 9000 };
const CLIENT_V6 = { address: "2001:db8::2", port: 2 };

const PACKETS = [
  ...segments(CAMERA, CLIENT, [...hex(MESSAGE_VECTORS), ...mediaMessages()]),
  ...segments(CAMERA_V6, CLIENT_V6, [...mediaMessages(), ...hex(MESSAGE_VECTORS)]),
  ...segments(CLIENT, CAMERA, rtspSeeds()),
  ...[...streams(), ...hex(RLS_VECTORS)].flatMap((payload, id) => [
    ...fragmentsOf(udpPacket(CAMERA, CLIENT, payload), id, 64),
    ...fragmentsOf(udpPacket(CAMERA_V6, CLIENT_V6, payload), id, 64),
  ]),
];

/** A preview without a cipher. */
function mediaMessages(): Uint8Array[] {
  const header = { id: 3, channel: 0, stream: 0, num: 5, code: 200, messageClass: BcClass.reply };
  return hex(BCMEDIA_VECTORS).map((media) => encodeBcMessage(header, new Uint8Array(0), media));
}

function rtspSeeds(): Uint8Array[] {
  const answer = new TextEncoder().encode("RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab");
  return [answer, fromHex("24 00 0004 80600001"), answer];
}

/** What looks at the traffic of others has no say in it, and must survive all of it. */
export const CAPTURE_MACHINES: readonly MachineTarget[] = [
  {
    type: "machine",
    name: "dissector",
    seeds: SEEDS,
    make() {
      const dissector = new Dissector();
      let frame = 0;
      return onlooker((payload) => {
        frame += 1;
        const [from, to] = frame % 2 === 0 ? [CAMERA, CLIENT] : [CLIENT, CAMERA];
        dissector.dissect({ frame, time: frame, from, to, payload });
      });
    },
  },
  {
    type: "machine",
    name: "dissector of packets",
    seeds: PACKETS,
    make() {
      const dissector = new CaptureDissector("hunter2");
      return onlooker((bytes) => void dissector.read(frameOf(bytes, LINK_RAW)));
    },
  },
  {
    type: "machine",
    name: "masker of captures",
    seeds: SEEDS,
    make() {
      const masker = new Masker();
      let count = 0;
      return onlooker((bytes) => {
        count += 1;
        const direction = count % 2 === 0 ? "in" as const : "out" as const;
        masker.mask({ direction, socket: 1, local: CLIENT, remote: CAMERA, bytes });
      });
    },
  },
  { type: "machine", name: "bundle", seeds: SEEDS, make: () => onlooker(bundle()) },
  {
    type: "machine",
    name: "bundle of streams",
    seeds: [...hex(MESSAGE_VECTORS), ...mediaMessages(), ...hex(BCMEDIA_VECTORS), ...rtspSeeds()],
    make: () => onlooker(bundle()),
  },
];

/** Now and then a bundle is written of what came, as datagrams and as pieces of a stream. */
function bundle(): (bytes: Uint8Array) => void {
  let kept: Uint8Array[] = [CONNECT];
  return (bytes) => {
    kept.push(bytes.slice());
    if (kept.length < 16) return;
    const flight = { ...EMPTY_FLIGHT, lines: kept.flatMap(linesOf) };
    kept = [CONNECT];
    writeFlight({ flight, cause: { type: "request" } }, {
      ids: ["SERIAL"],
      secrets: ["hunter2"],
      account: { user: "admin", password: { reveal: () => "hunter2" } },
    });
  };
}

const CONNECT = encodeSegment({
  ...{ seq: 0, ack: 0, flags: 2, window: 0, tsval: 0, tsecr: 0 },
  body: fromHex("00030100"),
});

const EMPTY_FLIGHT = {
  subject: { vendor: "dahua", address: "dahua://SERIAL", hasAccount: true, userLength: 5 },
  ...{ now: 9, wallClock: 9, began: 0, isWhole: true },
  ...{ hosts: {}, unresolved: {}, localAddresses: [], broadcastAddresses: [], lines: [] },
} as const;

function linesOf(bytes: Uint8Array, at: number): FlightLine[] {
  const part = { at, length: bytes.byteLength, head: encodeBase64(bytes) };
  const type = at % 3 === 2 ? "out" as const : "in" as const;
  return [
    { type, socket: 1, remote: "192.0.2.1:1", ...part },
    { type: type === "out" ? "wrote" : "read", stream: 1, ...part },
  ];
}

function onlooker(look: (bytes: Uint8Array) => void): Victim {
  return {
    closed: false,
    handleDatagram: (_now, bytes) => look(bytes),
    handleTimeout: () => {},
    pollTimeout: () => undefined,
    pollOutput: () => false,
  };
}
