import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../lib/bytes/bytes.ts";
import { formatEndpoint, parseEndpoint } from "../../lib/endpoint.ts";
import { encodeConnectBody } from "../../lib/dahua/ptcp/connect_body.ts";
import { encodeSegment, SegmentFlag } from "../../lib/dahua/ptcp/segment.ts";
import { PtcpSession } from "../../lib/dahua/ptcp/session.ts";
import { formatIdentify } from "../../lib/dahua/signaling/identify.ts";
import type { Endpoint } from "../../lib/machine.ts";
import type { DeviceEvent } from "../../lib/sim/dahua/device.ts";
import { Rng } from "../../lib/sim/rng.ts";
import {
  BINDING_REQUEST,
  BINDING_SUCCESS,
  decodeStun,
  encodeStun,
  invert,
  type StunMessage,
} from "../../lib/stun/message.ts";
import { DahuaWorld, field, type ProbeSession, type Received } from "../support/dahua_world.ts";
import { endpointOf } from "../support/virtual_topologies.ts";

const SERIAL = "4K0123PAZ00001";
const IDENTIFY = Uint8Array.of(0x8a, 7, 0xc6, 0x8d, 0xb5, 0xfe, 0xe6, 0x58);
const PUNCH_ID = new Uint8Array(16).fill(0x55);
const NOWHERE: Endpoint = { address: "127.0.0.1", port: 1 };

/**
 * A world with one device, and a client that does by hand what public clients do. One made `like`
 * another shares its world but not its secret.
 */
class Client {
  readonly dahua: DahuaWorld;
  /** The device as its answer to `p2p-channel` says. */
  device: Endpoint;
  readonly identify: Uint8Array;

  constructor(camera?: Record<string, unknown>, like?: Client) {
    const cameras = [{ serial: SERIAL, ...camera }];
    this.dahua = like?.dahua ?? new DahuaWorld({ dahua: { cameras } });
    this.device = like?.device ?? NOWHERE;
    this.identify = like === undefined ? IDENTIFY : new Uint8Array(8);
  }

  get now(): number {
    return this.dahua.world.now;
  }

  /** Everything the device has said so far. */
  get events(): readonly DeviceEvent[] {
    return this.dahua.world.events.filter(({ node }) => node === SERIAL)
      .map(({ event }) => event as DeviceEvent);
  }

  /** Stream of the latest dial. */
  get stream(): number {
    const dial = this.events.findLast((event) => event.type === "dial");
    return dial?.type === "dial" ? dial.stream : 0;
  }

  openChannel(): this {
    const identify = formatIdentify(this.identify);
    const body = `<body><Identify>${identify}</Identify><LocalAddr>127.0.0.1:1</LocalAddr></body>`;
    const path = `/device/${SERIAL}/p2p-channel`;
    const responses = this.dahua.request(path, { via: "D", body, wait: 100 });
    this.device = parseEndpoint(field(responses[1], "PubAddr") ?? "");
    this.dahua.world.runFor(900);
    return this;
  }

  /** Sends a check to the device; returns what came back, decoded. */
  punch(via = "D"): readonly StunMessage[] {
    const request: StunMessage = {
      type: BINDING_REQUEST,
      transactionId: PUNCH_ID,
      attributes: [
        { type: "ice-controlling", tieBreaker: this.identify },
        { type: "source-address", endpoint: this.device },
      ],
    };
    return this.dahua.exchange(via, this.device, invert(encodeStun(request))).map(toStun);
  }

  /** Answers a check of the device; returns what came back, decoded. */
  succeed(transactionId: Uint8Array): readonly StunMessage[] {
    const response: StunMessage = {
      type: BINDING_SUCCESS,
      transactionId,
      attributes: [{ type: "ice-controlled", tieBreaker: this.identify }],
    };
    return this.dahua.exchange("D", this.device, invert(encodeStun(response))).map(toStun);
  }

  /** Gets the sign of an agent the device has attached to. */
  fetchSign(): Uint8Array {
    const relay = this.startRelay();
    this.connect(relay);
    this.command(() => relay.session.sendControl(this.now, { type: "requestSign" }));
    const event = relay.events.findLast((event) => event.type === "control");
    assert.ok(event?.type === "control" && event.message.type === "sign");
    return event.message.sign;
  }

  /** Allocates an agent, brings the device there and prepares a session with it. */
  startRelay(): ProbeSession {
    const { dahua } = this;
    const [answer] = dahua.request("/relay/agent", {
      to: endpointOf(dahua.cloud.sockets, "relay"),
    });
    const agent = parseEndpoint(field(answer, "Agent") ?? "");
    const started = dahua.request(`/relay/start/${field(answer, "Token")}`, { to: agent });
    assert.equal(started[0]?.code, 200);
    const body = `<body><agentAddr>${formatEndpoint(agent)}</agentAddr></body>`;
    const notice = dahua.request(`/device/${SERIAL}/relay-channel`, { body });
    assert.equal(notice[0]?.reason, "Server Nat Info!");
    return this.session("R", agent);
  }

  session(via: string, peer: Endpoint): ProbeSession {
    const { entropy } = new Rng(9);
    const session = new PtcpSession({ role: "connect", entropy });
    return this.dahua.probe.addSession(via, peer, session);
  }

  connect({ session }: ProbeSession): void {
    this.command(() => session.connect(this.now));
  }

  /** Everything up to a session that the device has accepted. */
  openSession(): ProbeSession {
    this.openChannel();
    const sign = this.fetchSign();
    this.punch();
    const direct = this.session("D", this.device);
    this.connect(direct);
    this.command(() => direct.session.sendControl(this.now, { type: "authenticate", sign }));
    this.command(() => direct.session.sendControl(this.now, { type: "confirm" }));
    return direct;
  }

  /** Gives a command to a session of the client and lets things happen. */
  command<Result>(run: () => Result, wait = 500): Result {
    const result = this.dahua.world.command("probe", run);
    this.dahua.world.runFor(wait);
    return result;
  }

  /** Gives a command to the device and lets things happen. */
  deviceCommand<Result>(run: () => Result, wait = 500): Result {
    const result = this.dahua.world.command(SERIAL, run);
    this.dahua.world.runFor(wait);
    return result;
  }
}

function toStun({ bytes }: Received): StunMessage {
  return decodeStun(invert(bytes));
}

function read(client: Client, { session }: ProbeSession, realm: number): string {
  const parts: Uint8Array[] = [];
  for (;;) {
    const bytes = session.readRealm(client.now, realm);
    if (bytes === undefined) return new TextDecoder().decode(concatBytes(parts));
    parts.push(bytes);
  }
}

const text = (words: string) => new TextEncoder().encode(words);

test("the device answers each punch with one check of its own", () => {
  const client = new Client().openChannel();
  for (let i = 0; i < 3; i++) {
    const answers = client.punch();
    assert.deepEqual(answers.map(({ type }) => type), [BINDING_REQUEST]);
    assert.deepEqual(answers[0]?.attributes[0], { type: "ice-controlled", tieBreaker: IDENTIFY });
  }
});

test("the device answers the first success of a channel with exactly five datagrams", () => {
  const client = new Client().openChannel();
  const [check] = client.punch();
  const confirmations = client.succeed(check?.transactionId ?? PUNCH_ID);
  assert.equal(confirmations.length, 5);
  for (const { type, transactionId } of confirmations) {
    assert.deepEqual([type, transactionId], [BINDING_SUCCESS, PUNCH_ID]);
  }
  assert.equal(client.succeed(check?.transactionId ?? PUNCH_ID).length, 0);
});

test("the device takes a success whose first four bytes are the client's own", () => {
  const client = new Client().openChannel();
  const [check] = client.punch();
  const transactionId = check?.transactionId.slice() ?? PUNCH_ID;
  transactionId.set([1, 2, 3, 4]);
  assert.equal(client.succeed(transactionId).length, 5);
});

test("the device ignores a success that answers no check of its own", () => {
  const client = new Client().openChannel();
  client.punch();
  assert.equal(client.succeed(new Uint8Array(16)).length, 0);
});

test("the device ignores a punch that belongs to no channel", () => {
  const client = new Client().openChannel();
  const stranger = new Client({}, client);
  assert.equal(stranger.punch().length, 0);
  assert.equal(client.dahua.device.counters.undecodable, 1);
});

test("the device behind a cone sends one check ahead, which stands for the answer to a punch", () => {
  const client = new Client({ nat: "cone" });
  client.openChannel();
  const ahead = client.dahua.probe.received.filter(({ via, bytes }) =>
    via === "D" && bytes[0] === 0xff
  );
  assert.equal(ahead.length, 1);
  assert.equal(client.punch().length, 0);
  assert.equal(client.punch().length, 1);
});

test("a client reaches the device behind each NAT as that NAT allows", () => {
  const reached = ["none", "full-cone", "cone", "symmetric"].filter((nat) => {
    const client = new Client({ nat }).openChannel();
    return client.punch().length + client.punch().length > 0;
  });
  assert.deepEqual(reached, ["none", "full-cone", "cone"]);
});

test("the device can be silent on punches", () => {
  const client = new Client({ faults: { silentPunch: true } }).openChannel();
  assert.equal(client.punch().length, 0);
});

test("the device opens a session for the sign that the agent has issued", () => {
  const client = new Client();
  const { events } = client.openSession();
  assert.ok(events.some((event) => event.type === "control" && event.message.type === "accepted"));
  assert.ok(client.events.some((event) => event.type === "sessionOpen" && event.way === "direct"));
});

test("the device ends a session that shows a wrong sign", () => {
  const client = new Client().openChannel();
  client.fetchSign();
  client.punch();
  const direct = client.session("D", client.device);
  client.connect(direct);
  const sign = Uint8Array.of(9, 9, 9, 9);
  client.command(() => direct.session.sendControl(client.now, { type: "authenticate", sign }));
  assert.ok(
    client.events.some((event) => event.type === "sessionClosed" && event.reason === "auth"),
  );
  assert.ok(direct.session.closed);
});

test("the device refuses a bind before the sign", () => {
  const client = new Client().openChannel();
  client.punch();
  const direct = client.session("D", client.device);
  client.connect(direct);
  client.command(() => direct.session.openRealm(client.now, 554));
  assert.equal(client.events.some((event) => event.type === "dial"), false);
  assert.ok(direct.events.some((event) => event.type === "realmClosed"));
});

test("the device carries bytes both ways between a realm and the world, and its end", () => {
  const client = new Client();
  const direct = client.openSession();
  const { streams } = client.dahua.device;
  const realm = client.command(() => direct.session.openRealm(client.now, 554));
  assert.ok(client.events.some((event) => event.type === "dial" && event.port === 554));
  const { stream } = client;
  client.deviceCommand(() => streams.accept(client.now, stream));
  assert.ok(direct.events.some((event) => event.type === "realmOpen"));
  client.command(() => direct.session.writeRealm(client.now, realm, text("up")));
  assert.ok(client.events.some((event) => event.type === "readable"));
  assert.deepEqual(streams.read(client.now, stream), text("up"));
  client.deviceCommand(() => streams.write(client.now, stream, text("down")));
  client.deviceCommand(() => streams.close(client.now, stream));
  assert.equal(client.command(() => read(client, direct, realm)), "down");
  assert.ok(direct.events.some((event) => event.type === "realmClosed"));
});

test("the device tells the world when the client ends a connection, and answers with DISC", () => {
  const client = new Client();
  const direct = client.openSession();
  const realm = client.command(() => direct.session.openRealm(client.now, 554));
  client.deviceCommand(() => client.dahua.device.streams.accept(client.now, client.stream));
  client.command(() => direct.session.closeRealm(client.now, realm));
  assert.ok(client.events.some((event) => event.type === "closed"));
  // Its own DISC, which public clients wait for; ours has forgotten the realm by then.
  assert.equal(direct.session.stats.stray, 1);
});

test("the device connects to nothing behind itself", () => {
  const client = new Client();
  const direct = client.openSession();
  client.command(() => direct.session.openRealm(client.now, 80, "192.168.1.1"));
  assert.equal(client.events.some((event) => event.type === "dial"), false);
  assert.ok(direct.events.some((event) => event.type === "realmClosed"));
});

test("the agent carries a session that asks for no sign to the device, through any NAT", () => {
  for (const nat of ["none", "cone", "symmetric"]) {
    const client = new Client({ nat });
    const relay = client.startRelay();
    client.connect(relay);
    const realm = client.command(() => relay.session.openRealm(client.now, 554));
    const { streams } = client.dahua.device;
    const { stream } = client;
    client.deviceCommand(() => streams.accept(client.now, stream));
    client.command(() => relay.session.writeRealm(client.now, realm, text("up")));
    assert.deepEqual(streams.read(client.now, stream), text("up"), nat);
    client.deviceCommand(() => streams.write(client.now, stream, new Uint8Array(5000).fill(0x61)));
    assert.equal(read(client, relay, realm), "a".repeat(5000), nat);
    assert.ok(client.events.some((event) => event.type === "sessionOpen" && event.way === "relay"));
  }
});

test("the device takes no session from who has not punched", () => {
  const client = new Client().openChannel();
  const direct = client.session("D", client.device);
  client.connect(direct);
  assert.equal(direct.session.established, false);
  assert.ok(client.dahua.device.counters.untrusted > 0);
});

test("the device goes dark for good when the scenario says so", () => {
  const client = new Client({ faults: { vanishAfter: "10s" } });
  const direct = client.openSession();
  client.dahua.world.runFor(8_000);
  assert.equal(client.punch().length, 1);
  client.dahua.world.runFor(3_000);
  assert.equal(client.punch().length, 0);
  client.dahua.world.runFor(20_000);
  assert.equal(direct.events.at(-1)?.type, "closed");
});

test("the device ends connections of itself when the scenario says so", () => {
  const client = new Client({ faults: { disconnectAfter: "3s" } });
  const direct = client.openSession();
  client.command(() => direct.session.openRealm(client.now, 554));
  client.deviceCommand(() => client.dahua.device.streams.accept(client.now, client.stream), 2_500);
  assert.equal(direct.events.some((event) => event.type === "realmClosed"), false);
  client.dahua.world.runFor(600);
  assert.ok(direct.events.some((event) => event.type === "realmClosed"));
  assert.equal(direct.session.closed, false);
});

test("the device starts over with a client that starts over from the same address", () => {
  const client = new Client();
  client.openSession();
  client.dahua.world.runFor(4_000);
  const again = client.session("D", client.device);
  client.dahua.world.runFor(4_000);
  client.connect(again);
  assert.ok(again.session.established);
  assert.ok(client.events.some((event) => event.type === "sessionClosed"));
});

test("the device does not start over for a late copy of a connect segment", () => {
  const client = new Client();
  const direct = client.openSession();
  const copy = encodeSegment({
    seq: 0,
    ack: 0,
    flags: SegmentFlag.control,
    window: 65535,
    tsval: 60_000,
    tsecr: 0,
    body: encodeConnectBody(0),
  });
  client.dahua.exchange("D", client.device, copy);
  assert.equal(client.events.some((event) => event.type === "sessionClosed"), false);
  client.command(() => direct.session.openRealm(client.now, 80));
  assert.ok(client.events.some((event) => event.type === "dial"));
});
