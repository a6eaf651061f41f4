import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeSegment } from "../dahua/ptcp/segment.ts";
import type { ByteStream, World } from "../io/types.ts";
import { BcClass, encodeMessage } from "../reolink/baichuan/header.ts";
import { encodeBcUdp } from "../reolink/bcudp/datagram.ts";
import {
  FlightRecorder,
  MAX_BEGINNING_BYTES,
  MAX_FLIGHT_BYTES,
  MAX_WHOLE_BYTES,
} from "./flight_recorder.ts";

const PEER = { address: "192.0.2.1", port: 8800 };
const SUBJECT = {
  vendor: "dahua",
  address: "dahua://S",
  hasAccount: false,
  userLength: 0,
} as const;
const ANY = { address: "0.0.0.0", port: 0 };

/** A world of a recorder, whose sockets lead nowhere, at a time that is set by hand. */
function recording(reads: readonly Uint8Array[] = [], keeps: "heads" | "everything" = "heads") {
  const time = { now: 1_000 };
  const none = () => Promise.reject(new Error("none"));
  const world: World = {
    clock: { now: () => time.now, wallClock: () => time.now, setTimer: () => () => {} },
    entropy: (length) => new Uint8Array(length).fill(7),
    dialTcp: (to) => to.port === PEER.port ? Promise.resolve(streamOf(reads)) : none(),
    listenTcp: none,
    openUdp: () =>
      Promise.resolve({
        local: { address: "0.0.0.0", port: 40_000 },
        dropped: 0,
        receive: () => {},
        send: () => {},
        close: () => {},
      }),
    resolve: () => Promise.resolve("192.0.2.9"),
    resolveAll: none,
    localAddresses: () => ["192.0.2.5"],
    broadcastAddresses: () => [],
  };
  return { time, recorder: new FlightRecorder(SUBJECT, world, keeps) };
}

/** A connection on which this is read, and then its end. */
function streamOf(reads: readonly Uint8Array[]): ByteStream {
  const left = [...reads];
  return {
    local: { address: "192.0.2.5", port: 50_000 },
    remote: PEER,
    read: () => Promise.resolve(left.shift()?.slice()),
    write: () => Promise.resolve(),
    end: () => Promise.resolve(),
    abort: () => {},
  };
}

function segment(seq: number, size: number): Uint8Array {
  const body = new Uint8Array(size).fill(0x55);
  body[0] = 0x10;
  return encodeSegment({ seq, ack: 0, flags: 0, window: 9, tsval: 0, tsecr: 0, body });
}

test("FlightRecorder keeps headers of what carries content, and no content", async () => {
  const { recorder } = recording();
  const socket = await recorder.world.openUdp(ANY);
  socket.send(PEER, segment(4, 1_280));
  const sent = recorder.take().lines.find(({ type }) => type === "out");
  assert.ok(sent?.type === "out");
  assert.equal(sent.length, 1_304);
  assert.equal(atob(sent.head).length, 36);
});

test("FlightRecorder stays within its memory and keeps the beginning of a connection", async () => {
  const { recorder, time } = recording();
  const socket = await recorder.world.openUdp(ANY);
  recorder.world.entropy(4);
  for (let i = 0; i < 100_000; i++) {
    time.now += 1;
    socket.send(PEER, segment(i, 1_280));
  }
  const { lines, began } = recorder.take();
  assert.ok(recorder.byteLength <= MAX_FLIGHT_BYTES + MAX_BEGINNING_BYTES);
  assert.equal(began, 1_000);
  assert.deepEqual(lines.slice(0, 2).map(({ type }) => type), ["socket", "entropy"]);
  assert.equal(lines.at(-1)?.at, time.now);
});

const LOGIN_REPLY = encodeMessage(
  { id: 1, channel: 0, stream: 0, num: 1, code: 200, messageClass: BcClass.reply },
  new Uint8Array(0),
  new Uint8Array(900).fill(5),
);

const PICTURE = encodeMessage(
  { id: 3, channel: 0, stream: 0, num: 2, code: 200, messageClass: BcClass.reply },
  new Uint8Array(0),
  new Uint8Array(900).fill(6),
);

test("FlightRecorder keeps a login by Baichuan, and of what comes with pictures only heads", async () => {
  const { recorder } = recording();
  const socket = await recorder.world.openUdp(ANY);
  [LOGIN_REPLY, PICTURE, LOGIN_REPLY].forEach((payload, packetId) =>
    socket.send(PEER, encodeBcUdp({ type: "data", connectionId: 1, packetId, payload }))
  );
  const kept = recorder.take().lines.flatMap((line) =>
    line.type === "out" ? [atob(line.head).length] : []
  );
  assert.deepEqual(kept, [20 + 924, 44, 44]);
});

test("FlightRecorder records TCP connections: what came of them, and what they carried", async () => {
  const { recorder, time } = recording([LOGIN_REPLY, PICTURE]);
  const { signal } = new AbortController();
  const stream = await recorder.world.dialTcp(PEER, signal);
  await stream.write(LOGIN_REPLY);
  time.now += 10;
  await stream.read();
  await stream.read();
  assert.equal(await stream.read(), undefined);
  assert.deepEqual(
    recorder.take().lines.map((line) => {
      if (line.type !== "read" && line.type !== "wrote") return line.type;
      return `${line.type} ${atob(line.head).length} of ${line.length}`;
    }),
    ["dial", "dialed", "wrote 924 of 924", "read 924 of 924", "read 24 of 924", "ended"],
  );
  stream.abort();
  await assert.rejects(recorder.world.dialTcp({ ...PEER, port: 1 }, signal), /none/);
  const { lines, began } = recorder.take();
  assert.equal(began, 1_010, "another connection began");
  assert.deepEqual(lines.map(({ type }) => type), ["dial", "undialed"]);
});

test("FlightRecorder keeps everything where it is told to, from its beginning on", async () => {
  const { recorder, time } = recording([LOGIN_REPLY, PICTURE], "everything");
  time.now += 5;
  const { signal } = new AbortController();
  for (let connection = 0; connection < 2; connection++) {
    const stream = await recorder.world.dialTcp(PEER, signal);
    while (await stream.read() !== undefined);
    stream.abort();
  }
  const socket = await recorder.world.openUdp(ANY);
  socket.send(PEER, segment(4, 1_280));
  await assert.rejects(recorder.world.resolveAll("nowhere.example", signal), /none/);
  const { lines, began, isWhole, unresolved } = recorder.take();
  assert.deepEqual([began, isWhole, unresolved], [1_000, true, { "nowhere.example": "none" }]);
  const kept = lines.map((line) => "head" in line ? atob(line.head).length : line.type);
  const connection = ["dial", "dialed", 924, 924, "ended"];
  assert.deepEqual(kept, [...connection, ...connection, "socket", 1_304]);
});

test("FlightRecorder stays within its memory where it keeps everything, too", async () => {
  const { recorder } = recording([], "everything");
  const socket = await recorder.world.openUdp(ANY);
  for (let i = 0; i < 30_000; i++) socket.send(PEER, segment(i, 1_280));
  assert.ok(recorder.byteLength <= MAX_WHOLE_BYTES + MAX_FLIGHT_BYTES);
  const { lines } = recorder.take();
  assert.equal(lines[0]?.type, "socket");
  const last = lines.at(-1);
  assert.ok(last?.type === "out" && atob(last.head).length === 36, "heads alone in the end");
});

test("FlightRecorder puts what was before the latest connection before it", async () => {
  const { recorder, time } = recording();
  const first = await recorder.world.openUdp(ANY);
  time.now += 30_000;
  first.send(PEER, segment(4, 10));
  first.close();
  first.close();
  time.now += 10;
  await recorder.world.resolve("cloud.example", new AbortController().signal);
  const second = await recorder.world.openUdp(ANY);
  second.send(PEER, segment(4, 10));
  recorder.note({ type: "lost" });
  const { lines, began, hosts } = recorder.take();
  assert.deepEqual(lines.map(({ type, at }) => `${type} ${at - began}`), [
    ...["out -10", "socket 0", "out 0", "event 0"],
  ]);
  assert.deepEqual(hosts, { "cloud.example": ["192.0.2.9"] });
});
