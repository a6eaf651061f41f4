import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSession } from "../sdp/parse_session.ts";
import { describedTrack } from "./described_track.ts";

test("describedTrack() makes tracks of what a camera describes, if it can be named", () => {
  const { media } = parseSession([
    "m=video 0 RTP/AVP 98",
    "a=rtpmap:98 H265/90000",
    "a=fmtp:98 sprop-vps=QAE=",
    "m=audio 0 RTP/AVP 8 97",
    "m=application 0 RTP/AVP 107",
    "a=rtpmap:107 vnd.onvif.metadata/90000",
    "m=audio 0 RTP/AVP 100",
    "m=text 0 RTP/AVP 8",
    "m=application/TP-LINK RTP/AVP smart/1/90000",
  ].join("\n"));
  const tracks = media.map((one, index) => describedTrack(index, one));
  assert.deepEqual(tracks.slice(3), [undefined, undefined, undefined]);
  assert.deepEqual(tracks.slice(0, 3), [
    {
      id: 0,
      kind: "video",
      codec: "packed",
      encoding: "H265",
      clockRate: 90_000,
      channels: 1,
      fmtp: "sprop-vps=QAE=",
    },
    {
      id: 1,
      kind: "audio",
      codec: "packed",
      encoding: "PCMA",
      clockRate: 8_000,
      channels: 1,
      fmtp: undefined,
    },
    {
      id: 2,
      kind: "application",
      codec: "packed",
      encoding: "VND.ONVIF.METADATA",
      clockRate: 90_000,
      channels: 1,
      fmtp: undefined,
    },
  ]);
});
