import { fromHex } from "../../lib/bytes/bytes.ts";
import { encodeMessage } from "../../lib/dahua/ptcp/message.ts";
import { MESSAGE_VECTORS } from "../../lib/dahua/ptcp/message_vectors.ts";
import { encodeSegment, SegmentFlag } from "../../lib/dahua/ptcp/segment.ts";
import { SEGMENT_VECTORS } from "../../lib/dahua/ptcp/segment_vectors.ts";
import { PtcpSession } from "../../lib/dahua/ptcp/session.ts";
import { Punch } from "../../lib/dahua/punch.ts";
import { encodeResponse } from "../../lib/dahua/signaling/message.ts";
import { DhHeaders } from "../../lib/dahua/signaling/headers.ts";
import { Signaling } from "../../lib/dahua/signaling/signaling.ts";
import {
  CHANNEL_ANSWER_BODY,
  SIGNALING_VECTORS,
} from "../../lib/dahua/signaling/signaling_vectors.ts";
import type { Endpoint, Instant } from "../../lib/machine.ts";
import { toCandidates } from "../../lib/nat/candidate.ts";
import { MESSAGE_VECTORS as RTSP_VECTORS } from "../../lib/rtsp/message_vectors.ts";
import { ServerSession } from "../../lib/rtsp/server/session.ts";
import { encodeBackstage } from "../../lib/sim/dahua/backstage.ts";
import { DahuaCloud } from "../../lib/sim/dahua/cloud.ts";
import { DahuaDevice } from "../../lib/sim/dahua/device.ts";
import { invert } from "../../lib/stun/message.ts";
import { STUN_VECTORS } from "../../lib/stun/stun_vectors.ts";
import { BAICHUAN_MACHINES } from "./reolink_baichuan.ts";
import { BCUDP_MACHINES } from "./reolink_bcudp.ts";
import { CAPTURE_MACHINES } from "./captures.ts";
import { DOCTOR_MACHINES } from "./doctor.ts";
import { REOLINK_MEDIA_MACHINES } from "./reolink_media.ts";
import { REOLINK_SIGNALING_MACHINES } from "./reolink_signaling.ts";
import { REOLINK_SIM_MACHINES } from "./reolink_sim.ts";
import { RTSP_REQUESTS } from "./rtsp_seeds.ts";
import type { MachineTarget, Victim } from "./target.ts";
import { RTSP_MACHINES, serverSessionVictim } from "./rtsp_targets.ts";
import { victimOf } from "./target.ts";

const MAIN: Endpoint = { address: "127.0.0.1", port: 8800 };
const P2P: Endpoint = { address: "127.0.0.1", port: 8801 };
const RELAY: Endpoint = { address: "127.0.0.1", port: 8802 };
const AGENT: Endpoint = { address: "127.0.0.1", port: 8803 };
const DEVICE: Endpoint = { address: "192.168.1.110", port: 45660 };
const CLIENT: Endpoint = { address: "192.168.1.20", port: 40000 };
const SERIAL = "SERIAL";
const KEY = "key";
const IDENTIFY = fromHex("8a77c68db5fee658");

/** When the token of the signaling vectors was made. */
const EPOCH = Date.UTC(2025, 1, 12, 16, 12, 54);

const STUN = STUN_VECTORS.map(({ hex }) => invert(fromHex(hex)));
const SIGNALING = SIGNALING_VECTORS.map(({ text }) => utf8(text));
const BACKSTAGE = [
  encodeBackstage(KEY, { type: "register", serial: SERIAL }),
  encodeBackstage(KEY, { type: "registered", mapped: DEVICE }),
  encodeBackstage(KEY, {
    type: "request",
    id: 1,
    channel: "p2p-channel",
    client: CLIENT,
    cseq: 5,
    body: CHANNEL_ANSWER_BODY,
  }),
  encodeBackstage(KEY, { type: "answer", id: 1, code: 200, reason: "OK", body: "" }),
  encodeBackstage(KEY, { type: "attach", id: 1, cseq: 5 }),
  encodeBackstage(KEY, { type: "attached", id: 1, sign: "004e5ffb" }),
];

/** Segments as a peer sends them next after the handshake, and those of the vectors. */
export const SEGMENTS = [
  // Without resets: they end the machine at once.
  ...SEGMENT_VECTORS.filter(({ segment }) => (segment.flags & SegmentFlag.reset) === 0)
    .map(({ hex }) => fromHex(hex)),
  ...MESSAGE_VECTORS.map(({ hex }) => segment(4, fromHex(hex))),
  ...[0, 4, 16, 20].map((seq) => segment(seq, new Uint8Array(0))),
  segment(4, fromHex("0a 00 08 53 00 00 00 00 00 3a 00")),
  segment(4, encodeMessage({ type: "bind", realm: 7, port: 554, address: "127.0.0.1" })),
  segment(24, encodeMessage({ type: "data", realm: 7, bytes: new Uint8Array(200) })),
  segment(236, encodeMessage({ type: "status", realm: 7, status: "DISC" })),
];

/** Every machine that takes bytes of a peer. Whoever writes one adds it here. */
export const MACHINES: readonly MachineTarget[] = [
  ...CAPTURE_MACHINES,
  ...DOCTOR_MACHINES,
  ...RTSP_MACHINES,
  ...BAICHUAN_MACHINES,
  ...BCUDP_MACHINES,
  ...REOLINK_MEDIA_MACHINES,
  ...REOLINK_SIGNALING_MACHINES,
  ...REOLINK_SIM_MACHINES,
  {
    type: "machine",
    name: "PtcpSession, connecting",
    seeds: SEGMENTS,
    make: (now, entropy) => {
      const session = new PtcpSession({ role: "connect", entropy });
      session.connect(now);
      session.openRealm(now, 554);
      session.openRealm(now, 80);
      return sessionVictim(session);
    },
  },
  {
    type: "machine",
    name: "PtcpSession, connected",
    seeds: SEGMENTS,
    make: (now, entropy) => {
      const session = new PtcpSession({ role: "connect", entropy });
      session.connect(now);
      const realm = session.openRealm(now, 554);
      session.handleDatagram(now, segment(0, fromHex("00030100"), SegmentFlag.control));
      session.handleDatagram(
        now,
        segment(4, encodeMessage({ type: "status", realm, status: "CONN" })),
      );
      return sessionVictim(session);
    },
  },
  {
    type: "machine",
    name: "PtcpSession, listening",
    seeds: SEGMENTS,
    make: (_now, entropy) => sessionVictim(new PtcpSession({ role: "listen", entropy })),
  },
  {
    type: "machine",
    name: "Punch",
    seeds: STUN,
    make: (now, entropy) => {
      const candidates = toCandidates("host", [DEVICE, CLIENT]);
      const punch = new Punch(now, { via: "device", identify: IDENTIFY, candidates, entropy });
      return victimOf(punch, [
        { via: "device", from: DEVICE },
        { via: "device", from: MAIN },
      ]);
    },
  },
  {
    type: "machine",
    name: "Signaling",
    seeds: [...SIGNALING, ...signalingAnswers()],
    make: (now, entropy) => {
      const signaling = new Signaling(now, {
        serial: SERIAL,
        server: MAIN,
        localCandidates: [CLIENT],
        identify: IDENTIFY,
        entropy,
        wallClockOffset: EPOCH,
      });
      return victimOf(signaling, [
        { via: "device", from: MAIN },
        { via: "device", from: MAIN },
        { via: "agent", from: P2P },
        { via: "agent", from: RELAY },
        { via: "agent", from: AGENT },
      ]);
    },
  },
  {
    type: "machine",
    name: "DahuaCloud",
    seeds: [...SIGNALING, ...BACKSTAGE, ...SEGMENTS],
    make: (_now, entropy) => {
      const cloud = new DahuaCloud({
        main: MAIN,
        p2p: P2P,
        relay: RELAY,
        agents: [AGENT],
        serials: [SERIAL],
        backstageKey: KEY,
        entropy,
        epoch: EPOCH,
      });
      return victimOf(cloud, [
        { via: "main", from: CLIENT },
        { via: "main", from: DEVICE },
        { via: "p2p", from: CLIENT },
        { via: "relay", from: CLIENT },
        { via: "agent0", from: CLIENT },
        { via: "agent0", from: DEVICE },
      ]);
    },
  },
  {
    type: "machine",
    name: "DahuaDevice",
    seeds: [...STUN, ...BACKSTAGE, ...SEGMENTS],
    make: (_now, entropy) => {
      const device = new DahuaDevice({
        serial: SERIAL,
        local: DEVICE,
        main: MAIN,
        agents: [AGENT],
        backstageKey: KEY,
        entropy,
        opensHole: true,
        auth: "none",
      });
      return victimOf(device, [
        { via: "udp", from: MAIN },
        { via: "udp", from: AGENT },
        { via: "udp", from: CLIENT },
      ], (now, event) => {
        if (event.type === "dial") device.streams.accept(now, event.stream);
        if (event.type === "readable") {
          while (device.streams.read(now, event.stream) !== undefined);
        }
      });
    },
  },
  {
    type: "machine",
    name: "RTSP ServerSession",
    seeds: [...RTSP_VECTORS.map(({ text }) => text), ...RTSP_REQUESTS].map(utf8),
    // The session's id is all zeros, as the seeds have it.
    make: (now) =>
      serverSessionVictim(
        new ServerSession(now, { entropy: (length) => new Uint8Array(length) }),
      ),
  },
];

/** An application that takes every realm and reads what there is. */
function sessionVictim(session: PtcpSession): Victim {
  return {
    get closed() {
      return session.closed;
    },
    handleDatagram: (now, bytes) => session.handleDatagram(now, bytes),
    handleTimeout: (now) => session.handleTimeout(now),
    pollTimeout: () => session.pollTimeout(),
    pollOutput: (now) => session.pollTransmit() !== undefined || pollSessionEvent(session, now),
  };
}

function pollSessionEvent(session: PtcpSession, now: Instant): boolean {
  const event = session.pollEvent();
  if (event?.type === "bind") session.acceptRealm(now, event.realm);
  if (event?.type === "realmReadable") {
    while (session.readRealm(now, event.realm) !== undefined);
    if (session.realmSpace(event.realm) > 0) {
      session.writeRealm(now, event.realm, new Uint8Array(100));
    }
  }
  return event !== undefined;
}

function segment(seq: number, body: Uint8Array, flags = 0): Uint8Array {
  return encodeSegment({ seq, ack: 4, flags, window: 0xffff, tsval: 60_000, tsecr: 0, body });
}

/** What the servers answer, under every number a request may have. */
function signalingAnswers(): Uint8Array[] {
  const bodies = [
    "",
    "<body><US>127.0.0.1:8801</US></body>",
    "<body><Address>127.0.0.1:8802</Address></body>",
    "<body><Token>12345</Token><Agent>127.0.0.1:8803</Agent></body>",
    CHANNEL_ANSWER_BODY,
  ];
  const answers: Uint8Array[] = [];
  for (let cseq = 1; cseq <= 9; cseq++) {
    for (const body of bodies) {
      const headers = new DhHeaders([["Date", "Wed, 12 Feb 2025 16:12:54 GMT"]]);
      for (const code of [200, 100, 401, 403]) {
        answers.push(encodeResponse({ code, reason: "OK", cseq, headers, body }));
      }
    }
  }
  return answers;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
