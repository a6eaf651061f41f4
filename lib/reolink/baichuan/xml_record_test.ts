import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../../bytes/decode_error.ts";
import { parseXml, writeXml } from "../../xml/xml.ts";
import {
  child,
  children,
  type ElementCodec,
  flag,
  int,
  listOf,
  nested,
  optional,
  record,
  text,
  word,
} from "./xml_record.ts";

function read<T>(codec: ElementCodec<T>, xml: string): T {
  return codec.read(parseXml(xml));
}

test("record() takes children in any order and skips what it does not know", () => {
  const codec = record({ a: child("x", int()), b: optional("y", text()) });
  assert.deepEqual(read(codec, "<r><z/><y>t</y><q>1</q><x>2</x></r>"), { a: 2, b: "t" });
  assert.deepEqual(read(codec, "<r><x>2</x></r>"), { a: 2 });
  assert.equal(writeXml(codec.write("r", { a: 2, b: "<" })), "<r><x>2</x><y>&lt;</y></r>");
  assert.equal(writeXml(codec.write("r", { a: 2 })), "<r><x>2</x></r>");
});

test("child() refuses to be missing, optional() does not mind", () => {
  assert.throws(() => read(record({ a: child("x", text()) }), "<r/>"), /needs an element x/);
  assert.deepEqual(read(record({ a: child("x", text()) }), "<r><x/></r>"), { a: "" });
  assert.deepEqual(read(record({ a: optional("x", int()) }), "<r><x/></r>"), {});
});

test("int() takes whole numbers only", () => {
  for (const [xml, value] of [["7", 7], [" -7 ", -7], ["+7", 7], ["0012", 12]] as const) {
    assert.equal(read(int(), `<x>${xml}</x>`), value);
  }
  for (const xml of ["", "x", "1.5", "1e3", "0x10", "9007199254740993", "1 2"]) {
    assert.throws(() => read(int(), `<x>${xml}</x>`), DecodeError, xml);
  }
});

test("flag() and word() take what stands for a value", () => {
  assert.deepEqual(["0", "1", "2"].map((one) => read(flag(), `<x>${one}</x>`)), [
    ...[false, true, true],
  ]);
  assert.equal(read(word("up", "down"), "<x> up </x>"), "up");
  assert.throws(() => read(word("up", "down"), "<x>left</x>"), /one of up, down: "left"/);
});

test("text() refuses what is too long, and does not say what it was", () => {
  assert.equal(read(text(), `<x>${"a".repeat(4_096)}</x>`).length, 4_096);
  assert.throws(
    () => read(text(), `<x>${"a".repeat(4_097)}</x>`),
    /may have 4096 characters: 4097$/,
  );
});

test("listOf(), children() and nested() keep the order of their items", () => {
  assert.deepEqual(read(listOf("i", int()), "<l><i>1</i><x/><i>2</i></l>"), [1, 2]);
  assert.deepEqual(read(record({ a: children("i", int()) }), "<r/>"), { a: [] });
  const codec = record({ a: nested("l", "i", int()) });
  assert.deepEqual(read(codec, "<r><l><i>1</i></l><l><i>2</i><i>3</i></l></r>"), { a: [1, 2, 3] });
  assert.equal(writeXml(codec.write("r", { a: [1, 2] })), "<r><l><i>1</i></l><l><i>2</i></l></r>");
});
