import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex, toHex } from "../bytes/bytes.ts";
import { formatEndpoint, sameEndpoint } from "../endpoint.ts";
import type { Endpoint, Instant } from "../machine.ts";
import { toCandidates } from "../nat/candidate.ts";
import { MAX_CANDIDATES } from "../nat/check_list.ts";
import {
  BINDING_REQUEST,
  BINDING_SUCCESS,
  decodeStun,
  encodeStun,
  invert,
  MAGIC_COOKIE,
  type StunMessage,
} from "../stun/message.ts";
import { STUN_VECTORS } from "../stun/stun_vectors.ts";
import {
  isPunchDatagram,
  MAX_CHECKS_IN_FLIGHT,
  MAX_LEARNED,
  Punch,
  type PunchEvent,
  type PunchOptions,
} from "./punch.ts";

const LAN: Endpoint = { address: "192.168.1.110", port: 45660 };
const PUBLIC: Endpoint = { address: "198.51.100.7", port: 15634 };
const STRANGER: Endpoint = { address: "203.0.113.9", port: 4444 };
const OURS = fromHex("8a07c68db5fee658");
const THEIRS = fromHex("0102030405060708");
const FOREIGN_COOKIE = fromHex("deadbeef");

interface Sent {
  readonly at: Instant;
  readonly to: Endpoint;
  readonly message: StunMessage;
}

/** A machine with what it sent and told. */
class Rig {
  readonly punch: Punch;
  readonly sent: Sent[] = [];
  readonly events: PunchEvent[] = [];
  now: Instant = 0;

  constructor(options: Partial<PunchOptions> = {}) {
    let seed = 0;
    this.punch = new Punch(0, {
      via: "device",
      identify: OURS,
      candidates: [...toCandidates("host", [LAN]), ...toCandidates("srflx", [PUBLIC])],
      entropy: (length) => {
        seed += 1;
        return Uint8Array.from({ length }, (_, i) => i === 0 ? seed >> 8 : seed & 0xff);
      },
      ...options,
    });
    this.#drain();
  }

  get requests(): Sent[] {
    return this.sent.filter(({ message }) => message.type === BINDING_REQUEST);
  }

  get answers(): Sent[] {
    return this.sent.filter(({ message }) => message.type === BINDING_SUCCESS);
  }

  run(until: Instant): this {
    for (;;) {
      const at = this.punch.pollTimeout();
      if (at === undefined || at > until) break;
      this.now = at;
      this.punch.handleTimeout(at);
      this.#drain();
    }
    this.now = until;
    return this;
  }

  receive(from: Endpoint, bytes: Uint8Array, via = "device"): this {
    this.punch.handleDatagram(this.now, via, from, bytes);
    this.#drain();
    return this;
  }

  /** The device answers one of our checks, the last one sent to it unless told. */
  respond(from: Endpoint, transactionId = this.lastIdTo(from)): this {
    return this.receive(from, datagram(BINDING_SUCCESS, transactionId));
  }

  lastIdTo(endpoint: Endpoint): Uint8Array {
    const request = this.requests.findLast(({ to }) => sameEndpoint(to, endpoint));
    assert.ok(request !== undefined);
    return request.message.transactionId;
  }

  #drain(): void {
    for (;;) {
      const transmit = this.punch.pollTransmit();
      if (transmit === undefined) break;
      assert.equal(transmit.via, "device");
      assert.ok(isPunchDatagram(transmit.bytes));
      const message = decodeStun(invert(transmit.bytes));
      this.sent.push({ at: this.now, to: transmit.to, message });
    }
    for (;;) {
      const event = this.punch.pollEvent();
      if (event === undefined) break;
      this.events.push(event);
    }
  }
}

function datagram(type: number, transactionId: Uint8Array, tieBreaker = THEIRS): Uint8Array {
  const attribute = type === BINDING_REQUEST ? "ice-controlling" : "ice-controlled";
  return invert(encodeStun({ type, transactionId, attributes: [{ type: attribute, tieBreaker }] }));
}

function request(id: number, tieBreaker = THEIRS, cookie = MAGIC_COOKIE): Uint8Array {
  const tail = new Uint8Array(12).fill(id);
  return datagram(BINDING_REQUEST, concatBytes([cookie, tail]), tieBreaker);
}

const idsOf = (sent: readonly Sent[]) => sent.map(({ message }) => toHex(message.transactionId));

function nominatedBy(rig: Rig): string | undefined {
  const event = rig.events.find((one) => one.type === "nominated");
  return event && `${event.candidate.kind} ${formatEndpoint(event.endpoint)}`;
}

test("isPunchDatagram() tells inverted STUN from PTCP and signaling", () => {
  for (const { hex } of STUN_VECTORS) assert.ok(isPunchDatagram(invert(fromHex(hex))));
  for (const first of [0x50, 0x48, 0x00, 0xfd]) assert.ok(!isPunchDatagram(Uint8Array.of(first)));
  assert.equal(isPunchDatagram(new Uint8Array()), false);
});

test("Punch writes the requests devices are known to answer", () => {
  const { requests: [lan, internet] } = new Rig();
  for (const [sent, to] of [[lan, LAN], [internet, PUBLIC]] as const) {
    assert.deepEqual(sent?.to, to);
    assert.deepEqual(sent?.message.transactionId.subarray(0, 4), MAGIC_COOKIE);
    assert.deepEqual(sent?.message.attributes, [
      { type: "ice-controlling", tieBreaker: OURS },
      { type: "source-address", endpoint: to },
    ]);
  }
});

test("Punch uses the LAN at once when both ways work", () => {
  const rig = new Rig().run(3);
  rig.respond(LAN);
  assert.equal(nominatedBy(rig), "host 192.168.1.110:45660");
  const [valid] = rig.events;
  assert.ok(valid?.type === "valid");
  assert.equal(valid.roundTrip, 3);
});

test("Punch gives the LAN 200 ms before it uses the public way", () => {
  const slow = new Rig().run(40);
  slow.respond(PUBLIC).run(239);
  assert.equal(nominatedBy(slow), undefined);
  slow.run(240);
  assert.equal(nominatedBy(slow), "srflx 198.51.100.7:15634");

  const overtaken = new Rig().run(40);
  overtaken.respond(PUBLIC).run(140).respond(LAN);
  assert.equal(nominatedBy(overtaken), "host 192.168.1.110:45660");
});

test("Punch repeats its checks until one is answered", () => {
  const rig = new Rig().run(4000);
  assert.equal(rig.requests.filter(({ to }) => sameEndpoint(to, LAN)).length, 10);
  rig.respond(PUBLIC);
  assert.ok(rig.events.some(({ type }) => type === "valid"));
});

test("Punch takes an answer to any of its checks, however late", () => {
  const rig = new Rig();
  const first = rig.lastIdTo(LAN);
  rig.run(1000).respond(LAN, first);
  const [valid] = rig.events;
  assert.ok(valid?.type === "valid");
  assert.equal(valid.roundTrip, 1000);
});

test("Punch takes an answer that keeps its own first four bytes", () => {
  const rig = new Rig();
  const tail = rig.lastIdTo(LAN).subarray(4);
  rig.respond(LAN, concatBytes([FOREIGN_COOKIE, tail]));
  assert.equal(nominatedBy(rig), "host 192.168.1.110:45660");
  const ours = concatBytes([MAGIC_COOKIE, tail]);
  assert.deepEqual(idsOf(rig.answers), [
    toHex(concatBytes([FOREIGN_COOKIE, tail])),
    toHex(ours),
  ]);
});

test("Punch confirms an answer once with a success response, as devices wait for it", () => {
  const rig = new Rig();
  const id = rig.lastIdTo(LAN);
  rig.respond(LAN).respond(LAN, id).respond(LAN, id);
  assert.deepEqual(idsOf(rig.answers), [toHex(id)]);
  const [answer] = rig.answers;
  assert.deepEqual(answer?.to, LAN);
  assert.deepEqual(answer?.message.attributes, [
    { type: "ice-controlled", tieBreaker: OURS },
    { type: "source-address", endpoint: LAN },
  ]);
});

test("Punch confirms again while what it nominated is not settled, in case that was lost", () => {
  const rig = new Rig().run(10);
  rig.respond(LAN).run(200).respond(LAN);
  assert.equal(rig.answers.length, 2);
  const before = rig.requests.length;
  rig.punch.settle();
  rig.run(60_000);
  assert.equal(rig.requests.length, before);
});

test("Punch ignores an answer to nothing it asked", () => {
  const rig = new Rig().respond(LAN, new Uint8Array(16));
  assert.deepEqual([rig.events.length, rig.answers.length], [0, 0]);
  assert.equal(rig.punch.counters.unmatched, 1);
});

test("Punch answers a request and takes its source as valid", () => {
  const rig = new Rig();
  rig.receive(LAN, request(7));
  assert.equal(nominatedBy(rig), "host 192.168.1.110:45660");
  const [valid] = rig.events;
  assert.ok(valid?.type === "valid");
  assert.equal(valid.roundTrip, undefined);
  assert.deepEqual(idsOf(rig.answers), [`2112a442${"07".repeat(12)}`]);
});

test("Punch answers a request with foreign first four bytes in both known ways", () => {
  const rig = new Rig().receive(PUBLIC, request(7, THEIRS, FOREIGN_COOKIE));
  const tail = "07".repeat(12);
  assert.deepEqual(idsOf(rig.answers), [`deadbeef${tail}`, `2112a442${tail}`]);
  assert.deepEqual(rig.answers[0]?.message.attributes[1], {
    type: "source-address",
    endpoint: LAN,
  });
});

test("Punch answers requests after it nominated, settled and failed", () => {
  const settled = new Rig().receive(LAN, request(1));
  settled.punch.settle();
  settled.run(600_000).receive(LAN, request(2)).receive(PUBLIC, request(3));
  assert.equal(settled.answers.length, 3);

  const failed = new Rig().run(600_000).receive(PUBLIC, request(2));
  assert.equal(failed.answers.length, 1);
  assert.equal(nominatedBy(failed), undefined);
});

test("Punch says of each candidate how it failed", () => {
  const rig = new Rig().run(60_000);
  assert.deepEqual(rig.events, [{
    type: "failed",
    failures: [
      {
        candidate: { kind: "host", endpoint: LAN },
        checks: 12,
        why: "no answer to 12 checks in 5.0 s",
      },
      {
        candidate: { kind: "srflx", endpoint: PUBLIC },
        checks: 12,
        why: "no answer to 12 checks in 5.0 s",
      },
    ],
  }]);
});

test("Punch finds a device at another port of an address it named", () => {
  const moved = { ...PUBLIC, port: 61000 };
  const rig = new Rig().receive(moved, request(1));
  assert.deepEqual(rig.requests.at(-1)?.to, moved);
  rig.respond(moved).run(1000);
  assert.equal(nominatedBy(rig), "srflx 198.51.100.7:61000");
});

test("Punch finds a device at an unknown address by its tie-breaker", () => {
  for (const [tieBreaker, from] of [[OURS, STRANGER], [THEIRS, { ...LAN, port: 1 }]] as const) {
    const rig = new Rig({ peerIdentify: THEIRS }).receive(from, request(1, tieBreaker)).run(300);
    assert.match(nominatedBy(rig) ?? "", new RegExp(`${formatEndpoint(from)}$`));
  }
});

test("Punch neither answers nor learns a stranger", () => {
  const rig = new Rig().receive(STRANGER, request(1)).run(300);
  assert.deepEqual([rig.answers.length, rig.events.length], [0, 0]);
  assert.equal(rig.punch.counters.stranger, 1);
});

test("Punch learns no more endpoints than its cap", () => {
  const rig = new Rig();
  for (let port = 1; port <= 100; port++) rig.receive({ ...PUBLIC, port }, request(port & 0xff));
  const destinations = new Set(rig.requests.map(({ to }) => formatEndpoint(to)));
  assert.equal(destinations.size, 2 + MAX_LEARNED);
  assert.equal(rig.punch.counters.unlearned, 100 - MAX_LEARNED);
});

test("Punch checks no more candidates than its cap", () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ address: `10.0.0.${i}`, port: 5 }));
  const rig = new Rig({ candidates: toCandidates("host", many) });
  assert.equal(rig.requests.length, MAX_CANDIDATES);
});

test("Punch leaves out what cannot be checked", () => {
  const bad = [{ address: "nowhere", port: 5 }, { address: "224.0.0.1", port: 5 }];
  const candidates = [
    ...bad.map((endpoint) => ({ kind: "host", endpoint }) as const),
    ...toCandidates("relay", [STRANGER]),
    ...toCandidates("srflx", [PUBLIC]),
  ];
  const rig = new Rig({ candidates }).receive(PUBLIC, request(1));
  assert.deepEqual(rig.requests.map(({ to }) => to), [PUBLIC]);
  assert.deepEqual(rig.answers[0]?.message.attributes[1], {
    type: "source-address",
    endpoint: PUBLIC,
  });
});

test("Punch limits its answers for each source and for all together", () => {
  const one = new Rig();
  for (let i = 0; i < 1000; i++) one.receive(PUBLIC, request(i & 0xff));
  assert.equal(one.answers.length, 20);
  assert.equal(one.punch.counters.limited, 980);

  const many = new Rig();
  for (let i = 0; i < 1000; i++) many.receive({ ...PUBLIC, port: 1000 + i }, request(i & 0xff));
  assert.equal(many.answers.length, 40);
});

test("Punch recognises answers to its latest checks only", () => {
  const many = Array.from(
    { length: MAX_CANDIDATES },
    (_, i) => ({ address: `10.0.0.${i}`, port: 5 }),
  );
  const [first] = many;
  assert.ok(first !== undefined);
  const rig = new Rig({ candidates: toCandidates("host", many) });
  const id = rig.lastIdTo(first);
  while (rig.requests.length <= MAX_CHECKS_IN_FLIGHT) rig.run(rig.now + 100);
  rig.respond(first, id);
  assert.equal(rig.punch.counters.unmatched, 1);
});

test("Punch looks at its own socket only", () => {
  const rig = new Rig().receive(LAN, request(1), "agent");
  assert.deepEqual([rig.answers.length, rig.events.length], [0, 0]);
});

test("close() ends it", () => {
  const rig = new Rig();
  rig.punch.close();
  rig.punch.close();
  rig.receive(LAN, request(1)).run(60_000);
  assert.deepEqual(rig.events, [{ type: "closed", reason: "local" }]);
  assert.equal(rig.answers.length, 0);
  assert.equal(rig.punch.pollTimeout(), undefined);
});

test("Punch throws on no datagram, however mutated, and counts those it cannot read", () => {
  let state = 7;
  const random = (below: number) => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 | 0;
    return (state >>> 8) % below;
  };
  const rig = new Rig();
  const seeds = STUN_VECTORS.map(({ hex }) => invert(fromHex(hex)));
  for (let i = 0; i < 20_000; i++) {
    const seed = seeds[random(seeds.length)] ?? new Uint8Array();
    const bytes = seed.slice(0, random(3) === 0 ? random(seed.byteLength + 1) : undefined);
    for (let n = random(4); n > 0 && bytes.byteLength > 0; n--) {
      bytes[random(bytes.byteLength)] = random(256);
    }
    rig.receive(random(2) === 0 ? LAN : { ...STRANGER, port: random(65536) }, bytes);
  }
  assert.ok(rig.punch.counters.undecodable > 1000);
  assert.ok(rig.events.length <= 2 * MAX_CANDIDATES);
  rig.receive(LAN, new Uint8Array(2000).fill(0xff));
});
