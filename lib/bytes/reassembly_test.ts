import assert from "node:assert/strict";
import { test } from "node:test";
import { Reassembly } from "./reassembly.ts";

function bytes(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (from + i) & 0xff);
}

test("Reassembly.takeFrom() gives pieces back in order, whatever order they came in", () => {
  const store = new Reassembly(10);
  store.insert(30, bytes(30, 10));
  store.insert(10, bytes(10, 10));
  store.insert(20, bytes(20, 10));
  assert.equal(store.takeFrom(9), undefined);
  assert.deepEqual(store.takeFrom(10), bytes(10, 10));
  assert.deepEqual(store.takeFrom(20), bytes(20, 10));
  assert.deepEqual(store.takeFrom(30), bytes(30, 10));
  assert.equal(store.byteLength, 0);
});

test("Reassembly.insert() keeps only the parts it does not hold, wherever they lie", () => {
  const store = new Reassembly(10);
  assert.equal(store.insert(20, bytes(20, 10)), 10);
  assert.equal(store.insert(40, bytes(40, 10)), 10);
  assert.equal(store.insert(22, bytes(22, 5)), 0, "inside of a piece");
  assert.equal(store.insert(10, bytes(10, 50)), 30, "before, between and behind");
  assert.equal(store.byteLength, 50);
  let at = 10;
  for (let piece = store.takeFrom(at); piece; piece = store.takeFrom(at)) {
    assert.deepEqual(piece, bytes(at, piece.byteLength));
    at += piece.byteLength;
  }
  assert.equal(at, 60);
});

test("Reassembly works across the wrap of sequence numbers", () => {
  const store = new Reassembly(10);
  store.insert(4, bytes(4, 4));
  store.insert(0xfffffffe, bytes(0xfe, 6));
  assert.deepEqual(store.takeFrom(0xfffffffe), bytes(0xfe, 6));
  assert.deepEqual(store.takeFrom(4), bytes(4, 4));
});

test("Reassembly.takeFrom() drops what lies before the offset asked for", () => {
  const store = new Reassembly(10);
  store.insert(10, bytes(10, 5));
  store.insert(20, bytes(20, 10));
  assert.deepEqual(store.takeFrom(25), bytes(25, 5));
  assert.equal(store.pieceCount, 0);
});

test("Reassembly.insert() refuses pieces beyond its limit", () => {
  const store = new Reassembly(3);
  for (let i = 0; i < 10; i++) store.insert(10 * i, bytes(0, 1));
  assert.equal(store.pieceCount, 3);
});
