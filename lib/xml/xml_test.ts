import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../bytes/decode_error.ts";
import { DEFAULT_XML_LIMITS, escapeXml, parseXml, writeXml, xmlElement } from "./xml.ts";

function refuses(text: string, pattern: RegExp): void {
  assert.throws(() => parseXml(text), (error: unknown) => {
    assert.ok(error instanceof DecodeError, String(error));
    assert.match(error.message, pattern);
    return true;
  });
}

test("parseXml() gives names, text, attributes and order of children", () => {
  const root = parseXml(
    '<?xml version="1.0"?>\n<a v="1.1"><b>x</b> <c/><b> y </b><!-- z --></a>\n',
  );
  assert.equal(root.name, "a");
  assert.deepEqual([...root.attributes], [["v", "1.1"]]);
  assert.deepEqual(root.children.map(({ name, text }) => [name, text]), [
    ["b", "x"],
    ["c", ""],
    ["b", " y "],
  ]);
  assert.equal(root.text, "");
});

test("parseXml() keeps numbers and booleans as they are written", () => {
  const root = parseXml("<a><b>0012</b><c>true</c><d>1e3</d></a>");
  assert.deepEqual(root.children.map(({ text }) => text), ["0012", "true", "1e3"]);
});

test("parseXml() replaces the five entities and character references, once", () => {
  const root = parseXml('<a b="&quot;&#65;">&lt;&gt;&amp;&apos;&quot;&#x41;&#66;&amp;lt;</a>');
  assert.equal(root.text, "<>&'\"AB&lt;");
  assert.equal(root.attributes.get("b"), '"A');
});

test("parseXml() leaves any other entity as it was written", () => {
  const root = parseXml("<a>&nbsp;&#0;&#x110000;</a>");
  assert.equal(root.text, "&nbsp;&#0;&#x110000;");
});

test("parseXml() takes CDATA as it is written", () => {
  assert.equal(parseXml("<a>1<![CDATA[<b>&amp;]]>2</a>").text, "1<b>&amp;2");
});

test("parseXml() takes a byte order mark", () => {
  assert.equal(parseXml("\uFEFF<a>x</a>").text, "x");
});

test("parseXml() refuses what is not one well-formed element", () => {
  for (const text of ["", " ", "x", "<a>", "<a></b>", "<a/><b/>", "<a><b></a></b>", "<a b=></a>"]) {
    refuses(text, /^Cannot decode XML as /);
  }
  refuses("<__proto__>x</__proto__>", /reserved/);
});

test("parseXml() refuses a document type, so that no entity can be defined", () => {
  refuses('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /document type/);
});

test("parseXml() refuses a document longer than the limit", () => {
  const { maxLength } = DEFAULT_XML_LIMITS;
  const fits = `<a>${"x".repeat(maxLength - 7)}</a>`;
  assert.equal(parseXml(fits).text.length, maxLength - 7);
  refuses(`${fits} `, /may have 65536 characters: has 65537/);
});

test("parseXml() refuses elements nested deeper than the limit", () => {
  const nest = (depth: number) => "<a>".repeat(depth) + "</a>".repeat(depth);
  parseXml(nest(DEFAULT_XML_LIMITS.maxDepth));
  refuses(nest(DEFAULT_XML_LIMITS.maxDepth + 1), /nested/);
  assert.throws(() => parseXml(nest(3), { maxLength: 100, maxDepth: 2 }), DecodeError);
});

test("writeXml() writes what parseXml() reads", () => {
  const element = xmlElement("a", [
    xmlElement("b", `<&>"' ä`, [["c", `"<&>'`]]),
    xmlElement("d"),
  ]);
  assert.deepEqual(parseXml(writeXml(element)), element);
});

test("writeXml() refuses a name that would change the document", () => {
  assert.throws(() => writeXml(xmlElement("a b")), RangeError);
  assert.throws(() => writeXml(xmlElement("a", "", [["b><c", "d"]])), RangeError);
});

test("escapeXml() leaves out control characters that XML forbids", () => {
  assert.equal(escapeXml("a\0b\x1fc\td\n"), "abc\td\n");
});
