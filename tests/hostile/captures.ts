import { concatBytes, fromHex } from "../../lib/bytes/bytes.ts";
import { encodeMessage } from "../../lib/dahua/ptcp/message.ts";
import { encodeSegment } from "../../lib/dahua/ptcp/segment.ts";
import { SEGMENT_VECTORS } from "../../lib/dahua/ptcp/segment_vectors.ts";
import { SIGNALING_VECTORS } from "../../lib/dahua/signaling/signaling_vectors.ts";
import { Dissector } from "../../lib/dissect/dissector.ts";
import { CaptureReader } from "../../lib/pcapng/capture_reader.ts";
import { CAPTURE_VECTORS, FRAME_VECTORS } from "../../lib/pcapng/capture_vectors.ts";
import { encodeInterface, encodePacket, encodeSection } from "../../lib/pcapng/pcapng_format.ts";
import { findUdp } from "../../lib/pcapng/udp_packet.ts";
import { readFlight } from "../../lib/recorder/flight_file.ts";
import { ReplayWorld } from "../../lib/recorder/replay_world.ts";
import { Masker } from "../../lib/recorder/masking/masker.ts";
import { MESSAGE_VECTORS } from "../../lib/reolink/baichuan/message_vectors.ts";
import { encodeBcUdp } from "../../lib/reolink/bcudp/datagram.ts";
import { DATAGRAM_VECTORS } from "../../lib/reolink/bcudp/datagram_vectors.ts";
import { DATAGRAM_VECTORS as RLS_VECTORS } from "../../lib/reolink/signaling/signaling_vectors.ts";
import { invert } from "../../lib/stun/message.ts";
import { STUN_VECTORS } from "../../lib/stun/stun_vectors.ts";
import type { DecoderTarget, MachineTarget, Victim } from "./target.ts";

const CAMERA = { address: "192.0.2.1", port: 1 };
const CLIENT = { address: "192.0.2.2", port: 2 };

const hex = (rows: readonly { readonly hex: string }[]) => rows.map((row) => fromHex(row.hex));

const FLIGHT = new TextEncoder().encode(
  [
    { flight: 1, cause: { type: "failure" }, subject: { vendor: "dahua", address: "dahua://S" } },
    { type: "socket", at: 1, socket: 1, port: 5 },
    { type: "in", at: 2, socket: 1, remote: "127.0.0.1:5", length: 30, head: "UFRDUA==" },
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
        ...hex(FRAME_VECTORS).map((bytes) =>
          encodePacket({ time: 1, bytes, direction: "in", comment: "received" })
        ),
      ]),
    ],
    decode(bytes) {
      const reader = new CaptureReader();
      reader.push(bytes);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) findUdp(frame);
    },
  },
  ...FRAME_VECTORS.map(({ name, linkType, hex }): DecoderTarget => ({
    type: "decoder",
    name: `frame of a capture: ${name}`,
    seeds: [fromHex(hex)],
    decode: (bytes) =>
      findUdp({ number: 1, time: 0, linkType, bytes, wireLength: 0, fileOffset: 0 }),
  })),
];

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
];

function onlooker(look: (bytes: Uint8Array) => void): Victim {
  return {
    closed: false,
    handleDatagram: (_now, bytes) => look(bytes),
    handleTimeout: () => {},
    pollTimeout: () => undefined,
    pollOutput: () => false,
  };
}
