import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { fromHex, toHex } from "../../bytes/bytes.ts";
import { Pair, type PairOptions } from "../../../tests/support/pair.ts";
import { PtcpConnection } from "./connection.ts";
import type { ConnectionEvent, ConnectionOptions } from "./connection_options.ts";
import { decodeSegment, encodeSegment, type Segment, SegmentFlag } from "./segment.ts";

const MIB = 1 << 20;

/** Bytes that tell their own place in the stream. */
function pattern(offset: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => ((offset + i) * 2654435761) >>> 24);
}

interface Transfer {
  readonly pair: Pair;
  readonly client: PtcpConnection;
  readonly device: PtcpConnection;
  readonly events: ConnectionEvent[];
  readonly received: () => number;
  readonly intact: () => boolean;
}

/** A device that sends `total` bytes in writes of 1292 as soon as it is connected. */
function transfer(
  total: number,
  options: PairOptions,
  client: Partial<ConnectionOptions> = {},
  device: Partial<ConnectionOptions> = {},
): Transfer {
  const a = new PtcpConnection({ ...client, role: "connect" });
  const b = new PtcpConnection({ ...device, role: "listen" });
  const events: ConnectionEvent[] = [];
  const hash = createHash("sha256");
  const expected = createHash("sha256");
  let sent = 0;
  let received = 0;
  const pair = new Pair(a, b, () => {
    for (let event = a.pollEvent(); event; event = a.pollEvent()) {
      if (event.type !== "readable") events.push(event);
    }
    for (let event = b.pollEvent(); event; event = b.pollEvent());
    for (let bytes = a.read(pair.now); bytes; bytes = a.read(pair.now)) {
      hash.update(bytes);
      received += bytes.byteLength;
    }
    while (b.established && sent < total && b.unsentBytes < 8 * 1292) {
      const bytes = pattern(sent, Math.min(1292, total - sent));
      expected.update(bytes);
      sent += bytes.byteLength;
      b.write(pair.now, bytes);
    }
  }, options);
  a.connect(pair.now);
  return {
    pair,
    client: a,
    device: b,
    events,
    received: () => received,
    intact: () => hash.copy().digest("hex") === expected.copy().digest("hex"),
  };
}

function runTransfer(run: Transfer, total: number): void {
  run.pair.run(() => run.received() >= total);
  assert.equal(run.received(), total);
  assert.ok(run.intact(), "the bytes must arrive as they were sent");
}

for (const loss of [0, 0.01, 0.03, 0.05]) {
  for (const delay of [0, 20, 50]) {
    for (const seed of [1, 2, 3]) {
      const name = `loss ${loss}, delay ${delay} ms each way, seed ${seed}`;
      test(`PtcpConnection delivers every byte once and in order: ${name}`, () => {
        const link = { delay, loss, duplicate: 0.01, reorder: 0.01 };
        runTransfer(transfer(MIB, { link, seed }), MIB);
      });
    }
  }
}

test("PtcpConnection carries a stream across the wrap of its sequence numbers", () => {
  const initialSeq = 2 ** 32 - 300_000;
  const link = { delay: 10, loss: 0.02, reorder: 0.02 };
  runTransfer(transfer(MIB, { link, seed: 7 }, { initialSeq }, { initialSeq }), MIB);
});

for (const mss of [1164, 1284, 1292, 1384]) {
  test(`PtcpConnection takes segments of a peer whose largest is ${mss}`, () => {
    const link = { delay: 20, loss: 0.02 };
    runTransfer(transfer(MIB, { link }, {}, { mss, segmentation: "stream" }), MIB);
  });
}

test("PtcpConnection scales its window with a buffer beyond 65535 bytes", () => {
  const run = transfer(4 * MIB, { link: { delay: 50 } }, { receiveBuffer: 1 << 20 });
  runTransfer(run, 4 * MIB);
  // 65535 bytes a round trip would take 6.4 s.
  assert.ok(run.pair.now < 4_000, `took ${run.pair.now} ms`);
});

test("PtcpConnection fills an unscaled window every round trip", () => {
  const run = transfer(4 * MIB, { link: { delay: 30 } });
  runTransfer(run, 4 * MIB);
  const bound = (4 * MIB / 65535) * 60;
  assert.ok(run.pair.now - 1000 < 1.25 * bound, `took ${run.pair.now - 1000} of ${bound} ms`);
});

test("PtcpConnection.read() left undone closes the window, and reading opens it again", () => {
  const a = new PtcpConnection({ role: "connect" });
  const b = new PtcpConnection({ role: "listen" });
  const total = 200_000;
  let sent = 0;
  let received = 0;
  let reading = false;
  const pair = new Pair(a, b, () => {
    for (let event = b.pollEvent(); event; event = b.pollEvent());
    while (b.established && sent < total && b.unsentBytes < 5_000) {
      const bytes = pattern(sent, Math.min(1292, total - sent));
      sent += bytes.byteLength;
      b.write(pair.now, bytes);
    }
    if (!reading) return;
    for (let bytes = a.read(pair.now); bytes; bytes = a.read(pair.now)) {
      assert.deepEqual(bytes, pattern(received, bytes.byteLength));
      received += bytes.byteLength;
    }
  }, { link: { delay: 5 } });
  a.connect(pair.now);
  pair.pass(12_000);
  assert.equal(a.unreadBytes, 65535, "the sender uses a window to its last byte");
  assert.equal(b.closed, false, "probes that are answered keep the connection");
  reading = true;
  pair.run(() => received === total, 10_000);
});

test("PtcpConnection repeats a lost connect and a lost answer", () => {
  for (const lost of [[0], [1], [0, 1, 2]]) {
    let index = 0;
    const run = transfer(10_000, {
      link: { delay: 10 },
      tap: (_from, bytes) => lost.includes(index++) ? undefined : bytes,
    });
    runTransfer(run, 10_000);
  }
});

test("PtcpConnection gives up a handshake nobody answers after ten seconds", () => {
  const run = transfer(1, { tap: () => undefined });
  run.pair.run(() => run.client.closed);
  assert.deepEqual(run.events.map((event) => event.type === "closed" && event.reason), ["timeout"]);
  assert.equal(run.pair.now, 11_000);
});

test("PtcpConnection gives up when nothing in flight is acknowledged for 25 seconds", () => {
  const run = transfer(MIB, { link: { delay: 10 } });
  run.pair.run(() => run.received() > 100_000);
  run.pair.up = false;
  const cut = run.pair.now;
  run.pair.run(() => run.device.closed);
  assert.ok(run.pair.now - cut >= 25_000 && run.pair.now - cut < 60_000);
});

test("PtcpConnection.close() sends what was written, then a reset", () => {
  const run = transfer(0, { link: { delay: 10 } });
  run.pair.run(() => run.client.established);
  run.client.write(run.pair.now, pattern(0, 5_000));
  run.client.close(run.pair.now);
  run.pair.run(() => run.client.closed && run.device.closed);
  assert.equal(run.device.unreadBytes, 5_000);
  assert.deepEqual(run.events.at(-1), { type: "closed", reason: "local", detail: "closed" });
});

// A hand-driven connection: what goes in and what comes out, datagram by datagram.

const CONNECT = fromHex("50544350 00000000 00000000 0002ffff 0000ea60 00000000 00030100");

interface Hand {
  readonly connection: PtcpConnection;
  send(segment: Partial<Segment>, now?: number): Segment[];
  wait(now: number): Segment[];
}

/** A listener after a normal connect, as in the measured vectors; data starts at offset 4. */
function listener(options: Partial<ConnectionOptions> = {}): Hand {
  const connection = new PtcpConnection({ ackDelay: 100, ...options, role: "listen" });
  let at = 0;
  function drain(): Segment[] {
    const out: Segment[] = [];
    for (let bytes = connection.pollTransmit(); bytes; bytes = connection.pollTransmit()) {
      out.push(decodeSegment(bytes));
    }
    return out;
  }
  function send(segment: Partial<Segment>, now = at): Segment[] {
    at = now;
    connection.handleDatagram(
      now,
      encodeSegment({
        seq: 4,
        ack: 4,
        flags: 0,
        window: 65535,
        tsval: 1,
        tsecr: 0,
        body: new Uint8Array(0),
        ...segment,
      }),
    );
    return drain();
  }
  function wait(now: number): Segment[] {
    at = now;
    connection.handleTimeout(now);
    return drain();
  }
  connection.handleDatagram(0, CONNECT);
  drain();
  send({});
  return { connection, send, wait };
}

function bytes(length: number): Uint8Array {
  return new Uint8Array(length);
}

const acks = (segments: readonly Segment[]) => segments.map((segment) => segment.ack - 4);

test("PtcpConnection acknowledges as PseudoTCP does, case by measured case", () => {
  const { send } = listener();
  assert.deepEqual(acks(send({ seq: 104, body: bytes(100) })), [0], "data behind a hole");
  assert.deepEqual(acks(send({ seq: 304, body: bytes(100) })), [0], "more of it");
  assert.deepEqual(acks(send({ seq: 4, body: bytes(100) })), [200], "the hole filled");
  assert.deepEqual(acks(send({ seq: 154, body: bytes(200) })), [400], "an overlap");
  assert.deepEqual(acks(send({ seq: 4, body: bytes(100) })), [400], "old data");
});

test("PtcpConnection acknowledges every second segment at once and echoes the first's time", () => {
  const { send } = listener();
  assert.deepEqual(send({ seq: 4, body: bytes(10), tsval: 6001 }), []);
  const [ack] = send({ seq: 14, body: bytes(10), tsval: 6002 });
  assert.equal(ack?.ack, 24);
  assert.equal(ack?.tsecr, 6001);
});

test("PtcpConnection acknowledges a lone segment after its delay", () => {
  const { send, wait } = listener();
  assert.deepEqual(send({ seq: 4, body: bytes(10) }, 50), []);
  assert.deepEqual(wait(149), []);
  assert.deepEqual(acks(wait(150)), [10]);
});

test("PtcpConnection never echoes the time of an empty segment", () => {
  const { send, wait } = listener();
  send({ tsval: 7777 });
  send({ seq: 4, body: bytes(1), tsval: 7778 });
  assert.equal(wait(1000)[0]?.tsecr, 7778);
});

test("PtcpConnection answers a probe, and lowers its window by what nobody has read", () => {
  const { send } = listener();
  send({ seq: 4, body: bytes(500) });
  const [answer] = send({ seq: 3 });
  assert.equal(answer?.window, 65535 - 500);
  assert.equal(answer?.ack, 504);
});

test("PtcpConnection spaces its answers to a storm of empty segments", () => {
  const { send } = listener();
  assert.equal(send({ seq: 3 }, 100).length, 1);
  for (let i = 0; i < 100; i++) assert.equal(send({ seq: 3 }, 101).length, 0);
});

test("PtcpConnection ignores an acknowledgement beyond what it sent, and its window", () => {
  const { connection, send } = listener();
  send({ ack: 5000, window: 0 });
  connection.write(0, bytes(10));
  assert.notEqual(connection.pollTransmit(), undefined);
});

test("PtcpConnection drops a segment that echoes a time still to come", () => {
  const { connection, send } = listener();
  send({ tsecr: 60_000 + 5_000, body: bytes(10) });
  assert.equal(connection.unreadBytes, 0);
  assert.equal(connection.stats.rejected, 1);
});

test("PtcpConnection closes on a reset, also one within a counted-down packet id", () => {
  for (const flags of [SegmentFlag.reset, 0xff]) {
    const { connection, send } = listener();
    send({ flags });
    assert.equal(connection.closed, true);
  }
});

test("PtcpConnection answers a repeated connect with a bare acknowledgement", () => {
  const { connection } = listener();
  connection.handleDatagram(5, CONNECT);
  const answer = decodeSegment(connection.pollTransmit() ?? bytes(0));
  assert.deepEqual([answer.flags, answer.body.byteLength, answer.ack], [0, 0, 4]);
});

test("PtcpConnection drops control segments that are no connect", () => {
  for (const body of [bytes(0), fromHex("01"), fromHex("ff00")]) {
    const { send } = listener();
    assert.deepEqual(send({ flags: SegmentFlag.control, body }), []);
  }
});

for (const flags of [0, SegmentFlag.control]) {
  test(`PtcpConnection resends on an out-of-band request with flags ${flags}, once a round trip`, () => {
    const { connection, send } = listener({ atMessageBoundary: () => true });
    connection.write(0, bytes(100));
    connection.pollTransmit();
    const body = fromHex("0a0008 04000000 00003a00");
    const again = send({ flags, body }, 20);
    assert.deepEqual(again.map((segment) => [segment.seq, segment.body.byteLength]), [[4, 100]]);
    assert.deepEqual(send({ flags, body }, 25), []);
    assert.equal(connection.unreadBytes, 0, "the request is not part of the stream");
  });
}

test("PtcpConnection takes 11 bytes like an out-of-band request as data inside a message", () => {
  const { connection, send } = listener({ atMessageBoundary: () => false });
  send({ body: fromHex("0a00085300000000003a00") });
  assert.equal(connection.unreadBytes, 11);
});

test("PtcpConnection refuses what lies beyond its window and keeps its memory", () => {
  const { connection, send } = listener();
  for (let i = 0; i < 5000; i++) send({ seq: 10 + 2 * i, body: bytes(1) });
  send({ seq: 4 + 65535, body: bytes(1) });
  send({ seq: 0x7fffffff, body: bytes(1000) });
  assert.equal(connection.unreadBytes, 0);
  assert.ok(connection.stats.outOfOrder > 5000);
});

test("PtcpConnection sends the connect segment of the recorded session", () => {
  const connection = new PtcpConnection({ role: "connect" });
  connection.connect(500);
  assert.equal(
    toHex(connection.pollTransmit() ?? bytes(0)),
    "5054435000000000000000000002ffff0000ea600000000000030100",
  );
});

test("PtcpConnection resends quickly after three duplicates, without waiting for a timeout", () => {
  let lost = false;
  const run = transfer(200_000, {
    link: { delay: 30 },
    tap: (from, datagram) => {
      const drop = from === 1 && !lost && run.received() > 50_000 && datagram.byteLength > 1000;
      if (drop) lost = true;
      return drop ? undefined : datagram;
    },
  });
  let largestGap = 0;
  let last = run.pair.now;
  let before = 0;
  run.pair.run(() => {
    if (run.received() > before) {
      if (before > 0) largestGap = Math.max(largestGap, run.pair.now - last);
      before = run.received();
      last = run.pair.now;
    }
    return before === 200_000;
  });
  assert.ok(largestGap < 200, `paused for ${largestGap} ms`);
  assert.equal(run.device.stats.retransmissions, 1);
});

for (const cut of [1_500, 5_000, 9_000]) {
  test(`PtcpConnection goes on within a second and a half of a cut of ${cut} ms`, () => {
    const run = transfer(4 * MIB, { link: { delay: 30 } });
    run.pair.run(() => run.received() > 100_000);
    run.pair.up = false;
    run.pair.pass(cut);
    run.pair.up = true;
    const before = run.received();
    const back = run.pair.now;
    run.pair.run(() => run.received() > before + 100_000);
    assert.ok(run.pair.now - back < 1_500, `took ${run.pair.now - back} ms`);
    runTransfer(run, 4 * MIB);
  });
}

test("PtcpConnection falls silent again when a peer has nothing more to say", () => {
  const run = transfer(10_000, { link: { delay: 30 } });
  runTransfer(run, 10_000);
  run.pair.pass(60_000);
  const before = run.client.stats.segmentsSent;
  run.pair.pass(60_000);
  assert.equal(run.client.stats.segmentsSent, before);
});

test("PtcpConnection as a device says nothing of its own in a silence: naive clients stumble", () => {
  const { connection, send, wait } = listener();
  send({ body: bytes(12) }, 0);
  assert.equal(wait(100).length, 1, "the acknowledgement");
  assert.equal(connection.pollTimeout(), undefined);
});
