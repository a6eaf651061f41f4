import assert from "node:assert/strict";
import { test } from "node:test";
import { PackedRing } from "./packed_ring.ts";

const CHUNK = 65_536;

function fill(ring: PackedRing, count: number, size: number, step = 1): void {
  for (let i = 0; i < count; i++) {
    ring.push({ at: i * step, kind: i & 3, socket: 7, payload: new Uint8Array(size).fill(i) });
  }
}

test("PackedRing gives back what it took, in order", () => {
  const ring = new PackedRing(CHUNK, Infinity);
  fill(ring, 3, 2);
  assert.deepEqual(
    [...ring.records()],
    [0, 1, 2].map((i) => {
      return { at: i, kind: i, socket: 7, payload: Uint8Array.of(i, i) };
    }),
  );
});

test("PackedRing forgets the oldest beyond its size, and takes no more memory", () => {
  const ring = new PackedRing(4 * CHUNK, Infinity);
  fill(ring, 10_000, 100);
  assert.equal(ring.byteLength, 4 * CHUNK);
  const ats = Array.from(ring.records(), ({ at }) => at);
  assert.equal(ats.at(-1), 9_999);
  assert.ok(ats.length > 3 * CHUNK / 115 && ats.length <= 4 * CHUNK / 115);
});

test("PackedRing forgets what is too old as new things come", () => {
  const ring = new PackedRing(100 * CHUNK, 1_000);
  fill(ring, 5_000, 1_000, 10);
  const [oldest] = ring.records();
  assert.ok((oldest?.at ?? 0) > 47_000, `${oldest?.at}`);
});

test("PackedRing cuts a payload larger than a chunk", () => {
  const ring = new PackedRing(CHUNK, Infinity);
  fill(ring, 1, 2 * CHUNK);
  assert.equal([...ring.records()][0]?.payload.byteLength, CHUNK - 15);
});
