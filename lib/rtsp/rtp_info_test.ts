import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRtpInfo } from "./rtp_info.ts";

const VALUES = [
  {
    value: "url=rtsp://h/a/trackID=0;seq=514;rtptime=33686018,url=rtsp://h/a/trackID=1;seq=771",
    info: [["rtsp://h/a/trackID=0", 514, 33686018], ["rtsp://h/a/trackID=1", 771, undefined]],
  },
  {
    value: "URL=trackID=0; RTPTIME=4294967295 ;seq=65535",
    info: [["trackID=0", 65535, 4294967295]],
  },
  {
    value: 'url=rtsp://h/a,b;c=1/x;seq=1, url="rtsp://h/d"',
    info: [["rtsp://h/a,b;c=1/x", 1, undefined], ["rtsp://h/d", undefined, undefined]],
  },
  { value: "url=a;seq=65536;rtptime=4294967296", info: [["a", undefined, undefined]] },
  { value: "seq=1;rtptime=2", info: [] },
  { value: "", info: [] },
];

for (const { value, info } of VALUES) {
  test(`parseRtpInfo() reads ${JSON.stringify(value)}`, () => {
    const read = parseRtpInfo(value).map((one) => [one.url, one.sequenceNumber, one.timestamp]);
    assert.deepEqual(read, info);
  });
}
