/**
 * Session descriptions with the liberties cameras take, each named after its own; for tests and as
 * seeds of the fuzzer. Written for this table in the manner of the models named.
 *
 * @module
 */

/** What a test looks at in one format of one medium. */
export interface FormatSummary {
  readonly payloadType: number;
  readonly encoding: string | undefined;
  readonly clockRate: number;
  readonly channels: number;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface MediaSummary {
  readonly kind: string;
  readonly formats: readonly FormatSummary[];
  readonly control: string | undefined;
  readonly frameRate?: number;
  readonly direction?: string;
}

export interface SdpVector {
  readonly name: string;
  readonly text: string;
  readonly control: string | undefined;
  readonly range: string | undefined;
  readonly media: readonly MediaSummary[];
  readonly ignoredLines?: number;
}

const H264: FormatSummary = {
  payloadType: 96,
  encoding: "H264",
  clockRate: 90_000,
  channels: 1,
  parameters: {},
};

const H264_PARAMETERS = {
  "packetization-mode": "1",
  "profile-level-id": "64002A",
  "sprop-parameter-sets": "Z2QAKqwsaoHgCJ+WbgICAgQA,aO48sAA=",
};

export const SDP_VECTORS: readonly SdpVector[] = [
  {
    name: "Dahua IPC: three streams, session attributes of its own, metadata as application",
    text: lines(
      "v=0",
      "o=- 2253001642 2253001642 IN IP4 0.0.0.0",
      "s=Media Server",
      "c=IN IP4 0.0.0.0",
      "t=0 0",
      "a=control:*",
      "a=packetization-supported:DH",
      "a=rtppayload-supported:DH",
      "a=range:npt=now-",
      "m=video 0 RTP/AVP 96",
      "a=control:trackID=0",
      "a=framerate:25.000000",
      "a=rtpmap:96 H264/90000",
      "a=fmtp:96 packetization-mode=1;profile-level-id=64002A;" +
        "sprop-parameter-sets=Z2QAKqwsaoHgCJ+WbgICAgQA,aO48sAA=",
      "a=recvonly",
      "m=audio 0 RTP/AVP 97",
      "a=control:trackID=1",
      "a=rtpmap:97 MPEG4-GENERIC/48000",
      "a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;" +
        "indexdeltalength=3;config=1188",
      "a=recvonly",
      "m=application 0 RTP/AVP 107",
      "a=control:trackID=4",
      "a=rtpmap:107 vnd.onvif.metadata/90000",
      "a=recvonly",
    ),
    control: "*",
    range: "npt=now-",
    media: [
      {
        kind: "video",
        formats: [{ ...H264, parameters: H264_PARAMETERS }],
        control: "trackID=0",
        frameRate: 25,
        direction: "recvonly",
      },
      {
        kind: "audio",
        formats: [{
          payloadType: 97,
          encoding: "MPEG4-GENERIC",
          clockRate: 48_000,
          channels: 1,
          parameters: {
            streamtype: "5",
            "profile-level-id": "1",
            mode: "AAC-hbr",
            sizelength: "13",
            indexlength: "3",
            indexdeltalength: "3",
            config: "1188",
          },
        }],
        control: "trackID=1",
        direction: "recvonly",
      },
      {
        kind: "application",
        formats: [{
          payloadType: 107,
          encoding: "VND.ONVIF.METADATA",
          clockRate: 90_000,
          channels: 1,
          parameters: {},
        }],
        control: "trackID=4",
        direction: "recvonly",
      },
    ],
  },
  {
    name: "Dahua NVR: H.265, G.711 A-law without rtpmap, a space behind colons",
    text: lines(
      "v=0",
      "o=- 2251941744 2251941744 IN IP4 0.0.0.0",
      "s=RTSP Session/2.0",
      "t=0 0",
      "a=range: npt=now-",
      "m=video 0 RTP/AVP 98",
      "a=control: trackID=0",
      "a=framerate: 20",
      "a=rtpmap: 98 H265/90000",
      "a=fmtp: 98 sprop-vps=QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ; sprop-sps=QgEBAWA=; sprop-pps=RAHA",
      "m=audio 0 RTP/AVP 8",
      "a=control: trackID=1",
    ),
    control: undefined,
    range: "npt=now-",
    media: [
      {
        kind: "video",
        formats: [{
          payloadType: 98,
          encoding: "H265",
          clockRate: 90_000,
          channels: 1,
          parameters: {
            "sprop-vps": "QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ",
            "sprop-sps": "QgEBAWA=",
            "sprop-pps": "RAHA",
          },
        }],
        control: "trackID=0",
        frameRate: 20,
      },
      { kind: "audio", formats: [pcm(8, "PCMA")], control: "trackID=1" },
    ],
  },
  {
    name: "absolute control URLs with the camera's own address (Hikvision family)",
    text: lines(
      "v=0",
      "o=- 1001 1 IN IP4 192.168.1.64",
      "s=Session streamed by the media server",
      "e=NONE",
      "b=AS:5050",
      "t=0 0",
      "a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/",
      "m=video 0 RTP/AVP 96",
      "b=AS:5000",
      "a=recvonly",
      "a=x-dimensions:1920,1080",
      "a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=1",
      "a=rtpmap:96 H264/90000",
      "a=fmtp:96 profile-level-id=420029; packetization-mode=1; " +
        "sprop-parameter-sets=Z00AKo2NQDwBE/LCAAAOEAACvyAI,aO44gA==",
      "a=Media_header:MEDIAINFO=494D4B48010100000400000100000000000000000000000000000000;",
      "a=appversion:1.0",
    ),
    control: "rtsp://192.168.1.64:554/Streaming/Channels/101/",
    range: undefined,
    media: [{
      kind: "video",
      formats: [{
        ...H264,
        parameters: {
          "profile-level-id": "420029",
          "packetization-mode": "1",
          "sprop-parameter-sets": "Z00AKo2NQDwBE/LCAAAOEAACvyAI,aO44gA==",
        },
      }],
      control: "rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=1",
      direction: "recvonly",
    }],
  },
  {
    name: "TP-Link: a medium without port and payload types, after good ones",
    text: lines(
      "v=0",
      "o=- 14665860 31787219 1 IN IP4 192.168.1.10",
      "s=Session streamed by a camera",
      "t=0 0",
      "m=video 0 RTP/AVP 96",
      "c=IN IP4 0.0.0.0",
      "a=rtpmap:96 H264/90000",
      "a=fmtp:96 packetization-mode=1",
      "a=control:track1",
      "m=audio 0 RTP/AVP 8",
      "a=rtpmap:8 PCMA/8000",
      "a=control:track2",
      "m=application/TP-LINK RTP/AVP smart/1/90000",
      "a=rtpmap:95 TP-LINK/90000",
      "a=control:track3",
    ),
    control: undefined,
    range: undefined,
    media: [
      {
        kind: "video",
        formats: [{ ...H264, parameters: { "packetization-mode": "1" } }],
        control: "track1",
      },
      { kind: "audio", formats: [pcm(8, "PCMA")], control: "track2" },
      { kind: "application", formats: [], control: "track3" },
    ],
  },
  {
    name: "session lines repeated among those of a medium, control given twice",
    text: lines(
      "v=0",
      "o=- 91674849066 1 IN IP4 192.168.1.123",
      "s=RtspServer",
      "i=live",
      "t=0 0",
      "a=control:*",
      "a=range:npt=0-",
      "m=video 0 RTP/AVP 96",
      "c=IN IP4 0.0.0.0",
      "s=RtspServer",
      "i=live",
      "a=control:track0",
      "a=range:npt=0-",
      "a=rtpmap:96 H264/90000",
      "a=control:track0",
    ),
    control: "*",
    range: "npt=0-",
    media: [{ kind: "video", formats: [H264], control: "track0" }],
  },
  {
    name: "no session section at all, lines ended by LF, NUL at the end",
    text: "m=video 0 RTP/AVP 26\na=control:0\n\0\0",
    control: undefined,
    range: undefined,
    media: [{
      kind: "video",
      formats: [{
        payloadType: 26,
        encoding: "JPEG",
        clockRate: 90_000,
        channels: 1,
        parameters: {},
      }],
      control: "0",
    }],
  },
  {
    name: "lines ended by CR alone, white space everywhere, names in capitals",
    text: "v = 0\r s=x \r  m = VIDEO  0   rtp/avp   96 \r A = Control : a/b \r" +
      "a=RTPMAP :96   h264 / 90000\ra=FMTP:96  Packetization-Mode = 1 ;; ; x \ra=SENDONLY\r",
    control: undefined,
    range: undefined,
    media: [{
      kind: "video",
      formats: [{ ...H264, parameters: { "packetization-mode": "1", x: "" } }],
      control: "a/b",
      direction: "sendonly",
    }],
  },
  {
    name: "another payload type in rtpmap and fmtp than in the media line",
    text: lines(
      "v=0",
      "m=video 0 RTP/AVP 96",
      "a=rtpmap:97 H264/90000",
      "a=fmtp:97 packetization-mode=1",
      "a=control:streamid=0",
    ),
    control: undefined,
    range: undefined,
    media: [{
      kind: "video",
      formats: [{ ...H264, parameters: { "packetization-mode": "1" } }],
      control: "streamid=0",
    }],
  },
  {
    name: "fmtp without payload type, and one without the blank behind it",
    text: lines(
      "v=0",
      "m=video 0 RTP/AVP 96",
      "a=rtpmap:96 H265/90000",
      "a=fmtp: sprop-vps=QAE=; sprop-sps=QgE=; sprop-pps=RAE=",
      "m=video 0 RTP/AVP 97",
      "a=rtpmap:97 H264/90000",
      "a=fmtp:97packetization-mode=1",
    ),
    control: undefined,
    range: undefined,
    media: [
      {
        kind: "video",
        formats: [{
          ...H264,
          encoding: "H265",
          parameters: { "sprop-vps": "QAE=", "sprop-sps": "QgE=", "sprop-pps": "RAE=" },
        }],
        control: undefined,
      },
      {
        kind: "video",
        formats: [{ ...H264, payloadType: 97, parameters: { "packetization-mode": "1" } }],
        control: undefined,
      },
    ],
  },
  {
    name: "parameter sets in quotes and on a second line, equals signs inside",
    text: lines(
      "v=0",
      "m=video 0 RTP/AVP 96",
      "a=rtpmap:96 H264/90000",
      "a=fmtp:96 packetization-mode=1",
      'a=fmtp:96 sprop-parameter-sets="Z0IAHvQCgC3I,aM48gA=="',
    ),
    control: undefined,
    range: undefined,
    media: [{
      kind: "video",
      formats: [{
        ...H264,
        parameters: {
          "packetization-mode": "1",
          "sprop-parameter-sets": "Z0IAHvQCgC3I,aM48gA==",
        },
      }],
      control: undefined,
    }],
  },
  {
    name: "several payload types for one stream, as doorbells offer for sound",
    text: lines(
      "v=0",
      "m=audio 0 RTP/AVP 0 8 97 300",
      "a=rtpmap:97 G726-16/8000/1",
      "a=rtpmap:8 PCMA/8000/1",
      "a=sendonly",
      "a=control:trackID=5",
    ),
    control: undefined,
    range: undefined,
    media: [{
      kind: "audio",
      formats: [pcm(0, "PCMU"), pcm(8, "PCMA"), pcm(97, "G726-16")],
      control: "trackID=5",
      direction: "sendonly",
    }],
  },
  {
    name: "codecs nobody knows, a payload type nothing tells about, stereo sound",
    text: lines(
      "v=0",
      "m=video 0 RTP/AVP 99",
      "a=rtpmap:99 SVAC-SPECIAL/90000",
      "m=audio 0 RTP/AVP 100",
      "m=audio 0 RTP/AVP 101",
      "a=rtpmap:101 opus/48000/2",
      "m=video 0 RTP/AVP 102",
      "a=rtpmap:102 HEVC/90000",
    ),
    control: undefined,
    range: undefined,
    media: [
      {
        kind: "video",
        formats: [{ ...H264, payloadType: 99, encoding: "SVAC-SPECIAL" }],
        control: undefined,
      },
      {
        kind: "audio",
        formats: [{ ...pcm(100, ""), encoding: undefined }],
        control: undefined,
      },
      {
        kind: "audio",
        formats: [{ ...pcm(101, "OPUS"), clockRate: 48_000, channels: 2 }],
        control: undefined,
      },
      {
        kind: "video",
        formats: [{ ...H264, payloadType: 102, encoding: "H265" }],
        control: undefined,
      },
    ],
  },
  {
    name: "lines that are no SDP between good ones, an empty control, a frame rate of zero",
    text: lines(
      "v=0",
      "this is no line",
      "=nothing",
      "m=",
      "m=video",
      "m=video 0 RTP/AVP 96",
      "a=rtpmap:96",
      "a=rtpmap:96 H264/90000",
      "a=control:",
      "a=framerate:0",
      "a=",
    ),
    control: undefined,
    range: undefined,
    media: [{ kind: "video", formats: [H264], control: undefined }],
    ignoredLines: 4,
  },
];

/** Texts that must be refused. */
export const BAD_SDP: readonly { readonly name: string; readonly text: string }[] = [
  { name: "nothing", text: "" },
  { name: "a description without media", text: lines("v=0", "s=x", "t=0 0") },
  { name: "a web page", text: "<html><body>m=video</body></html>" },
];

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\r\n`).join("");
}

function pcm(payloadType: number, encoding: string): FormatSummary {
  return { payloadType, encoding, clockRate: 8_000, channels: 1, parameters: {} };
}
