/** What of RTSP and RTP takes bytes of a peer, to be attacked. @module */

import { fromHex } from "../../lib/bytes/bytes.ts";
import type { Instant } from "../../lib/machine.ts";
import { AAC_HBR, joinAacFrames, readAacPayload } from "../../lib/rtp/aac_frames.ts";
import { AccessUnitTracker } from "../../lib/rtp/access_unit_tracker.ts";
import { AAC_PAYLOAD_VECTORS, NAL_PAYLOAD_VECTORS } from "../../lib/rtp/depacketize_vectors.ts";
import { joinNalUnits, readH264Payload, readH265Payload } from "../../lib/rtp/nal_payload.ts";
import { decodeRtpPacket } from "../../lib/rtp/packet.ts";
import { spropParameterSets } from "../../lib/rtp/parameter_sets.ts";
import { parseAuthorization, parseChallenges } from "../../lib/rtsp/auth_header.ts";
import { CHALLENGE_VECTORS } from "../../lib/rtsp/auth_vectors.ts";
import { ClientSession } from "../../lib/rtsp/client/session.ts";
import { parseRtpInfo } from "../../lib/rtsp/rtp_info.ts";
import { ServerAuth } from "../../lib/rtsp/server/auth.ts";
import { ServerSession } from "../../lib/rtsp/server/session.ts";
import { parseSessionHeader } from "../../lib/rtsp/session_header.ts";
import { Speech } from "../../lib/rtsp/server/speech.ts";
import { parseFormatParameters } from "../../lib/sdp/media_format.ts";
import type { DecoderTarget, MachineTarget, Victim } from "./target.ts";
import { RTSP_REQUESTS } from "./rtsp_seeds.ts";
import { CAMERA_SDP, CAMERA_URL, frame, latin1, response, rtp } from "../support/camera_world.ts";
import { FakeLoudspeaker } from "../support/fake_loudspeaker.ts";
import { FakeSource } from "../support/fake_source.ts";

export const RTSP_DECODERS: readonly DecoderTarget[] = [
  text("fmtp", ["a=1; sprop-parameter-sets=Z2QAHw==,AAAAAWjuPIA="], (value) => {
    spropParameterSets(parseFormatParameters(value));
  }),
  text("RTSP credentials", CHALLENGE_VECTORS.map((vector) => vector.text), (value) => {
    parseChallenges(value);
    parseAuthorization(value);
  }),
  text("RTP-Info", ["url=rtsp://h/a/trackID=0;seq=514;rtptime=33686018,url=1"], parseRtpInfo),
  text("Session header", ["1234;timeout=30"], parseSessionHeader),
  bytes("H.264 payload", payloads("H264"), (input) => {
    joinNalUnits([input, input], readH264Payload);
    readH264Payload(input);
  }),
  bytes("H.265 payload", payloads("H265"), (input) => {
    joinNalUnits([input, input], readH265Payload);
    readH265Payload(input);
  }),
  bytes("AAC payload", AAC_PAYLOAD_VECTORS.map(({ hex }) => hex), (input) => {
    joinAacFrames([input, input], AAC_HBR);
    readAacPayload(input, AAC_HBR);
  }),
];

/** Whatever a camera may say, and a camera that says good things in between. */
const CAMERA_SEEDS = [
  response("200 OK", ["CSeq: 1", "Public: OPTIONS, GET_PARAMETER"]),
  response("200 OK", ["CSeq: 2", `Content-Base: ${CAMERA_URL}/`], CAMERA_SDP),
  response("200 OK", ["CSeq: 3", "Session: 7;timeout=5", "Transport: RTP/AVP/TCP;interleaved=0-1"]),
  response("200 OK", ["CSeq: 4"]),
  response("200 OK"),
  response("401 Unauthorized", ['WWW-Authenticate: Digest realm="r", nonce="n", stale=true']),
  response("302 Moved", ["Location: rtsp://h/b"]),
  response("454 Session Not Found"),
  "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
  frame(0, rtp(1)) + frame(1, "\x80\xc8\0\x01abcd"),
  `${frame(0, rtp(1))}\0\0${frame(0, rtp(2))}${frame(2, rtp(2))}`,
].map(latin1);

export const RTSP_MACHINES: readonly MachineTarget[] = [
  {
    type: "machine",
    name: "RTSP ClientSession, asking",
    seeds: CAMERA_SEEDS,
    make: (now) => clientVictim(now, false),
  },
  {
    type: "machine",
    name: "RTSP ClientSession, playing",
    seeds: CAMERA_SEEDS,
    make: (now) => clientVictim(now, true),
  },
  {
    type: "machine",
    name: "RTSP ServerSession with users and UDP",
    seeds: [
      ...RTSP_REQUESTS,
      ...CHALLENGE_VECTORS.map(({ text }) =>
        `DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nAuthorization: ${text}\r\n\r\n`
      ),
    ].map(latin1),
    make: serverVictim,
  },
  ...["H264", "H265", "MPEG4-GENERIC", "JPEG", "OPUS"].map((encoding): MachineTarget => ({
    type: "machine",
    name: `AccessUnitTracker, ${encoding}`,
    seeds: [...NAL_PAYLOAD_VECTORS, ...AAC_PAYLOAD_VECTORS].map(({ hex }) => {
      return fromHex(`80e0 0001 00000bb8 11223344 ${hex}`);
    }),
    make: () => trackerVictim(encoding),
  })),
];

function clientVictim(now: Instant, playing: boolean): Victim {
  const session = new ClientSession(now, {
    url: CAMERA_URL,
    credentials: { user: "admin", password: { reveal: () => "s3cret" } },
    entropy: (length) => new Uint8Array(length),
  });
  let closed = false;
  const victim: Victim = {
    get closed() {
      return closed;
    },
    handleDatagram: (at, input) => session.handleBytes(at, input),
    handleTimeout: (at) => session.handleTimeout(at),
    pollTimeout: () => session.pollTimeout(),
    pollOutput(at) {
      if (session.pollOutput() !== undefined) return true;
      const event = session.pollEvent();
      closed ||= event?.type === "closed";
      if (event?.type === "described") {
        session.setUp(at, event.session.media.slice(0, 2).map((_, index) => index));
      }
      return event !== undefined;
    },
  };
  if (!playing) return victim;
  for (const seed of [0, 1, 2, 3]) {
    const two = seed === 2 ? [2, 4] : [seed];
    for (const index of two) {
      session.handleBytes(now, CAMERA_SEEDS[index] ?? new Uint8Array(0));
      while (victim.pollOutput(now));
    }
  }
  return victim;
}

function serverVictim(now: Instant): Victim {
  const entropy = (length: number) => new Uint8Array(length);
  const users = [{ user: "viewer", password: { reveal: () => "s3cret" } }];
  const auth = new ServerAuth({ users, entropy });
  let requests = 0;
  const session = new ServerSession(now, {
    entropy,
    // Half of all requests get in, whatever they prove.
    authorize: (request) => requests++ % 2 === 0 ? undefined : auth.authorize(request),
    udp: { serverPorts: { rtp: 6000, rtcp: 6001 }, source: "127.0.0.1", peer: "127.0.0.1" },
  });
  return serverSessionVictim(session);
}

/** A server session with one source, behind the paths its clients ask for. */
export function serverSessionVictim(session: ServerSession): Victim {
  const source = new FakeSource();
  const speech = new Speech({ say: () => {}, end: () => {} });
  let closed = false;
  return {
    get closed() {
      return closed;
    },
    handleDatagram: (at, input) => session.handleBytes(at, input),
    handleTimeout: (at) => session.handleTimeout(at),
    pollTimeout: () => session.pollTimeout(),
    pollOutput(at) {
      if (session.pollOutput() !== undefined) return true;
      const event = session.pollEvent();
      if (event?.type === "lookup") {
        const loudspeaker = event.wantsLoudspeaker ? new FakeLoudspeaker() : undefined;
        session.found(at, source, loudspeaker);
      }
      if (event?.type === "heard") speech.hear(event.packet);
      if (event?.type === "play") session.playing(at, new Map());
      closed ||= event?.type === "closed";
      return event !== undefined;
    },
  };
}

function trackerVictim(encoding: string): Victim {
  const parameters = new Map<string, string>();
  const format = { payloadType: 96, encoding, clockRate: 90_000, channels: 1, fmtp: undefined };
  const kind = ["OPUS", "MPEG4-GENERIC"].includes(encoding) ? "audio" : "video";
  const limits = { bytes: 100_000, packets: 100 };
  const tracker = new AccessUnitTracker(kind, { ...format, parameters }, limits);
  let number = 0;
  return {
    closed: false,
    handleDatagram(_now, input) {
      const packet = tryPacket(input);
      // Else nearly all would be taken for late ones.
      if (packet !== undefined) tracker.push({ ...packet, sequenceNumber: number++ & 0xffff });
      void tracker.parameterSets;
    },
    handleTimeout: () => {},
    pollTimeout: () => undefined,
    pollOutput: () => false,
  };
}

function tryPacket(input: Uint8Array) {
  try {
    return decodeRtpPacket(input);
  } catch {
    return undefined;
  }
}

function payloads(codec: string): string[] {
  return NAL_PAYLOAD_VECTORS.filter((vector) => vector.codec === codec).map(({ hex }) => hex);
}

function bytes(
  name: string,
  hex: readonly string[],
  decode: (input: Uint8Array) => unknown,
): DecoderTarget {
  return { type: "decoder", name, seeds: hex.map(fromHex), decode };
}

function text(
  name: string,
  texts: readonly string[],
  decode: (value: string) => unknown,
): DecoderTarget {
  const seeds = texts.map((seed) => new TextEncoder().encode(seed));
  return {
    type: "decoder",
    name,
    seeds,
    decode: (input) => decode(new TextDecoder().decode(input)),
  };
}
