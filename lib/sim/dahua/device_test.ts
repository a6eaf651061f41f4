import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../../bytes/bytes.ts";
import { encodeConnectBody } from "../../dahua/ptcp/connect_body.ts";
import { encodeSegment, SegmentFlag } from "../../dahua/ptcp/segment.ts";
import type { Endpoint } from "../../machine.ts";
import { BINDING_REQUEST, encodeStun, invert } from "../../stun/message.ts";
import { Rng } from "../rng.ts";
import { encodeBackstage } from "./backstage.ts";
import { DahuaDevice, MAX_TRUSTED } from "./device.ts";

const KEY = "0123";
const MAIN: Endpoint = { address: "127.0.0.1", port: 1 };
const AGENT: Endpoint = { address: "127.0.0.1", port: 2 };
const IDENTIFY = fromHex("8a77c68db5fee658");

const PUNCH = invert(encodeStun({
  type: BINDING_REQUEST,
  transactionId: new Uint8Array(16),
  attributes: [{ type: "ice-controlling", tieBreaker: IDENTIFY }],
}));

const CONNECT = encodeSegment({
  seq: 0,
  ack: 0,
  flags: SegmentFlag.control,
  window: 65535,
  tsval: 60_000,
  tsecr: 0,
  body: encodeConnectBody(0),
});

function client(index: number): Endpoint {
  return { address: "127.0.0.1", port: 5000 + index };
}

function setUp(): DahuaDevice {
  return new DahuaDevice({
    serial: "4K0123PAZ00001",
    local: { address: "127.0.0.1", port: 4000 },
    main: MAIN,
    agents: [AGENT],
    backstageKey: KEY,
    entropy: new Rng(1).entropy,
    opensHole: false,
    auth: "none",
  });
}

/** What the main server says when a client asks for something. */
function request(channel: "p2p-channel" | "relay-channel", body: string): Uint8Array {
  const message = { type: "request", id: 1, channel, client: client(0), cseq: 1, body } as const;
  return encodeBackstage(KEY, message);
}

/** Everything it has to send, as text where it is text. */
function sent(device: DahuaDevice): string[] {
  const texts: string[] = [];
  for (let next = device.pollTransmit(); next !== undefined; next = device.pollTransmit()) {
    texts.push(new TextDecoder().decode(next.bytes));
  }
  return texts;
}

test("DahuaDevice forgets the oldest of too many endpoints that have punched", () => {
  const device = setUp();
  const body = "<body><Identify>8a 77 c6 8d b5 fe e6 58</Identify></body>";
  device.handleDatagram(0, "udp", MAIN, request("p2p-channel", body));
  sent(device);
  for (let i = 0; i <= MAX_TRUSTED; i++) device.handleDatagram(1, "udp", client(i), PUNCH);
  assert.equal(sent(device).length, MAX_TRUSTED + 1);
  device.handleDatagram(2, "udp", client(0), CONNECT);
  assert.equal(device.counters.untrusted, 1);
  device.handleDatagram(2, "udp", client(1), CONNECT);
  assert.equal(device.counters.untrusted, 1);
  assert.equal(sent(device).length, 1);
});

test("DahuaDevice attaches to agents it knows and to no other address a client names", () => {
  const device = setUp();
  const body = (agent: string) => `<body><agentAddr>${agent}</agentAddr></body>`;
  device.handleDatagram(0, "udp", MAIN, request("relay-channel", body("127.0.0.1:9")));
  assert.match(sent(device).join(), /"type":"answer".*"code":400/);
  const other = setUp();
  other.handleDatagram(0, "udp", MAIN, request("relay-channel", body("127.0.0.1:2")));
  assert.match(sent(other).join(), /"type":"attach"/);
});

test("DahuaDevice gives up attaching to an agent that does not answer", () => {
  const device = setUp();
  const body = "<body><agentAddr>127.0.0.1:2</agentAddr></body>";
  device.handleDatagram(0, "udp", MAIN, request("relay-channel", body));
  for (let now = 0; now < 60_000; now += 100) device.handleTimeout(now);
  assert.equal(sent(device).filter((text) => text.includes('"attach"')).length, 20);
});
