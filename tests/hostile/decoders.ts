import { fromHex } from "../../lib/bytes/bytes.ts";
import { MESSAGE_VECTORS } from "../../lib/dahua/ptcp/message_vectors.ts";
import { decodeConnectBody } from "../../lib/dahua/ptcp/connect_body.ts";
import { Framer } from "../../lib/dahua/ptcp/framer.ts";
import { decodeSegment } from "../../lib/dahua/ptcp/segment.ts";
import { SEGMENT_VECTORS } from "../../lib/dahua/ptcp/segment_vectors.ts";
import {
  readAgent,
  readChannel,
  readP2pServer,
  readRelayServer,
} from "../../lib/dahua/signaling/answers.ts";
import { parseBody } from "../../lib/dahua/signaling/body.ts";
import { readSalt, sealInfo } from "../../lib/dahua/signaling/device_info.ts";
import { parseIdentify } from "../../lib/dahua/signaling/identify.ts";
import { decodeRequest, decodeResponse } from "../../lib/dahua/signaling/message.ts";
import {
  CHANNEL_ANSWER_BODY,
  CHANNEL_REQUEST_BODY,
  SIGNALING_VECTORS,
} from "../../lib/dahua/signaling/signaling_vectors.ts";
import { parseWsse } from "../../lib/dahua/signaling/wsse.ts";
import { parseEndpoint } from "../../lib/endpoint.ts";
import { splitAdts } from "../../lib/media/adts.ts";
import { splitAnnexB } from "../../lib/media/annex_b.ts";
import { groupH264, h264ProfileLevelId } from "../../lib/media/h264.ts";
import { parseCommand } from "../../lib/mqtt/command.ts";
import { PacketGauge } from "../../lib/io/mqtt_packet_gauge.ts";
import { ADTS_VECTORS, ANNEX_B_VECTORS } from "../../lib/media/media_vectors.ts";
import { decodeRtpPacket } from "../../lib/rtp/packet.ts";
import { decodeRtcp } from "../../lib/rtp/rtcp.ts";
import { MESSAGE_VECTORS as RTSP_VECTORS } from "../../lib/rtsp/message_vectors.ts";
import { RTCP_VECTORS, RTP_VECTORS } from "../../lib/rtp/rtp_vectors.ts";
import { MessageReader } from "../../lib/rtsp/message_reader.ts";
import { parseRequestUrl } from "../../lib/rtsp/server/request_url.ts";
import { parseTransport } from "../../lib/rtsp/transport_header.ts";
import { decodeBackstage, encodeBackstage } from "../../lib/sim/dahua/backstage.ts";
import { parseSession } from "../../lib/sdp/parse_session.ts";
import { SDP_VECTORS } from "../../lib/sdp/sdp_vectors.ts";
import { decodeStun } from "../../lib/stun/message.ts";
import { STUN_VECTORS } from "../../lib/stun/stun_vectors.ts";
import { parseXml } from "../../lib/xml/xml.ts";
import { DOCTOR_DECODERS } from "./doctor.ts";
import { FMP4_DECODERS } from "./fmp4.ts";
import { BAICHUAN_DECODERS } from "./reolink_baichuan.ts";
import { CAPTURE_DECODERS } from "./captures.ts";
import { BCUDP_DECODERS } from "./reolink_bcudp.ts";
import { REOLINK_MEDIA_DECODERS } from "./reolink_media.ts";
import { REOLINK_SIGNALING_DECODERS } from "./reolink_signaling.ts";
import { REOLINK_SIM_DECODERS } from "./reolink_sim.ts";
import { RTSP_DECODERS } from "./rtsp_targets.ts";
import { RTSP_REQUESTS } from "./rtsp_seeds.ts";
import type { DecoderTarget } from "./target.ts";

/** Every function that reads what a peer wrote. Whoever writes one adds it here. */
export const DECODERS: readonly DecoderTarget[] = [
  ...DOCTOR_DECODERS,
  ...RTSP_DECODERS,
  ...BAICHUAN_DECODERS,
  ...BCUDP_DECODERS,
  ...CAPTURE_DECODERS,
  ...REOLINK_MEDIA_DECODERS,
  ...REOLINK_SIGNALING_DECODERS,
  ...REOLINK_SIM_DECODERS,
  ...FMP4_DECODERS,
  decoder("PTCP segment", hex(SEGMENT_VECTORS), decodeSegment),
  decoder("PTCP connect body", [fromHex("0002 fe0100 030102 00")], decodeConnectBody),
  decoder("channel message", hex(MESSAGE_VECTORS), (input) => {
    const framer = new Framer();
    framer.push(input);
    while (framer.poll() !== undefined);
  }),
  decoder("STUN message", hex(STUN_VECTORS), decodeStun),
  decoder("DHHTTP request", texts(SIGNALING_VECTORS), decodeRequest),
  decoder("DHHTTP response", texts(SIGNALING_VECTORS), decodeResponse),
  textDecoder("signaling body", [CHANNEL_REQUEST_BODY, CHANNEL_ANSWER_BODY], parseBody),
  textDecoder("channel answer", [CHANNEL_ANSWER_BODY], (input) => readChannel(input)),
  textDecoder("P2P server answer", ["<body><US>127.0.0.1:8801</US></body>"], readP2pServer),
  textDecoder(
    "relay server answer",
    ["<body><Address>127.0.0.1:8802</Address></body>"],
    readRelayServer,
  ),
  textDecoder(
    "agent answer",
    ["<body><Agent>127.0.0.1:8803</Agent><Token>12345</Token></body>"],
    readAgent,
  ),
  textDecoder("device info", [
    `<body><Info>${sealInfo('{"randsalt":"0123456789abcdef0123456789abcdef"}')}</Info></body>`,
    "<body><RandSalt>5daf91fc5cfc1be8e081cfb08f792726</RandSalt></body>",
  ], readSalt),
  textDecoder("WSSE token", SIGNALING_VECTORS.map(({ text }) => wsseIn(text)), parseWsse),
  textDecoder("Identify", ["8a 77 c6 8d b5 fe e6 58", "7 0 1 2 3 4 5 6"], parseIdentify),
  textDecoder("endpoint", ["127.0.0.1:40000", "212.200.247.162:15634", ":0"], parseEndpoint),
  textDecoder("XML", [
    CHANNEL_ANSWER_BODY,
    '<?xml version="1.0"?><a b="c&amp;">&#65;<d/><![CDATA[e]]></a>',
  ], (input) => parseXml(input)),
  decoder("simulator's own message", [
    encodeBackstage("key", { type: "register", serial: "SERIAL" }),
    encodeBackstage("key", { type: "attached", id: 1, sign: "004e5ffb" }),
  ], (input) => decodeBackstage("key", input)),
  decoder("RTSP message", [...texts(RTSP_VECTORS), ...RTSP_REQUESTS.map(utf8)], (input) => {
    const reader = new MessageReader();
    reader.push(input);
    while (reader.next() !== undefined);
  }),
  textDecoder(
    "RTSP URL",
    ["rtsp://127.0.0.1:8554/SERIAL/sub/trackID=1?peek", "*", "/a"],
    parseRequestUrl,
  ),
  textDecoder("Transport header", [
    'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=1;mode="PLAY",RTP/AVP;client_port=4000-4001',
  ], parseTransport),
  decoder("SDP", texts(SDP_VECTORS), fromText(parseSession)),
  decoder("RTP packet", hex(RTP_VECTORS), decodeRtpPacket),
  decoder("RTCP packet", hex(RTCP_VECTORS), decodeRtcp),
  decoder("Annex-B access unit", hex(ANNEX_B_VECTORS), (input) => groupH264(splitAnnexB(input))),
  decoder("H.264 parameter set", [fromHex("67640028acd940")], h264ProfileLevelId),
  decoder("ADTS stream", hex(ADTS_VECTORS), splitAdts),
  decoder("MQTT command", ["ON", '{"for":"10m"}'].map(utf8), parseCommand),
  decoder(
    "MQTT packet lengths",
    [fromHex("20020000300500036162636400")],
    (input) => new PacketGauge(1_024).read(input),
  ),
];

type Decode = (input: Uint8Array) => unknown;

function decoder(name: string, seeds: readonly Uint8Array[], decode: Decode): DecoderTarget {
  return { type: "decoder", name, seeds, decode };
}

function textDecoder(
  name: string,
  seeds: readonly string[],
  parse: (text: string) => unknown,
): DecoderTarget {
  return decoder(name, seeds.map(utf8), fromText(parse));
}

function fromText(parse: (text: string) => unknown): Decode {
  return (input) => parse(new TextDecoder().decode(input));
}

function hex(vectors: readonly { readonly hex: string }[]): Uint8Array[] {
  return vectors.map((vector) => fromHex(vector.hex));
}

function texts(vectors: readonly { readonly text: string }[]): Uint8Array[] {
  return vectors.map((vector) => utf8(vector.text));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function wsseIn(request: string): string {
  return /^X-WSSE: (.*)$/m.exec(request)?.[1] ?? "";
}
