import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../bytes/decode_error.ts";
import {
  formatInterleavedTransport,
  formatUdpTransport,
  parseTransport,
} from "./transport_header.ts";

const SPEC = {
  protocol: "RTP/AVP/TCP",
  multicast: false,
  interleaved: undefined,
  clientPorts: undefined,
  destination: undefined,
  mode: "PLAY",
};

const GOOD = [
  {
    name: "interleaved channels",
    text: "RTP/AVP/TCP;unicast;interleaved=0-1",
    specs: [{ ...SPEC, interleaved: { rtp: 0, rtcp: 1 } }],
  },
  {
    name: "one channel, whose neighbour is RTCP's",
    text: "RTP/AVP/TCP;interleaved=4",
    specs: [{ ...SPEC, interleaved: { rtp: 4, rtcp: 5 } }],
  },
  { name: "TCP without channels", text: "RTP/AVP/TCP", specs: [SPEC] },
  {
    name: "UDP ports, and a destination",
    text: "RTP/AVP;unicast;client_port=5000-5003;destination=10.0.0.1,RTP/AVP/UDP;client_port=6",
    specs: [
      {
        ...SPEC,
        protocol: "RTP/AVP",
        clientPorts: { rtp: 5000, rtcp: 5003 },
        destination: "10.0.0.1",
      },
      { ...SPEC, protocol: "RTP/AVP/UDP", clientPorts: { rtp: 6, rtcp: 7 } },
    ],
  },
  {
    name: "several ways, with blanks, small letters, quotes and unknown parameters",
    text: 'rtp/avp;multicast;ttl=127, RTP/AVP/TCP ; Interleaved = 254-255;mode="record"',
    specs: [
      { ...SPEC, protocol: "RTP/AVP", multicast: true },
      { ...SPEC, interleaved: { rtp: 254, rtcp: 255 }, mode: "RECORD" },
    ],
  },
];

for (const { name, text, specs } of GOOD) {
  test(`parseTransport() reads ${name}`, () => {
    assert.deepEqual(parseTransport(text), specs);
  });
}

const BAD = [
  "",
  ";unicast",
  "RTP/AVP/TCP,",
  "RTP/AVP/TCP;interleaved=",
  "RTP/AVP/TCP;interleaved=a-b",
  "RTP/AVP/TCP;interleaved=255",
  "RTP/AVP/TCP;interleaved=0-256",
  "RTP/AVP/TCP;interleaved=3-3",
  "RTP/AVP;client_port=",
  "RTP/AVP;client_port=0-1",
  "RTP/AVP;client_port=65535",
  "RTP/AVP;client_port=5000-70000",
  "RTP/AVP;client_port=5000-5000",
];

for (const text of BAD) {
  test(`parseTransport() rejects ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseTransport(text), DecodeError);
  });
}

test("formatInterleavedTransport() names channels and SSRC, its zeros too", () => {
  assert.equal(
    formatInterleavedTransport({ rtp: 2, rtcp: 3 }, 0xabcde),
    "RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=000ABCDE",
  );
});

test("formatUdpTransport() names both ends, and the server's address", () => {
  const transport = {
    protocol: "RTP/AVP",
    clientPorts: { rtp: 5000, rtcp: 5001 },
    serverPorts: { rtp: 6000, rtcp: 6001 },
    source: "127.0.0.1",
  };
  assert.equal(
    formatUdpTransport(transport, 0xabcde),
    "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;source=127.0.0.1;ssrc=000ABCDE",
  );
});
