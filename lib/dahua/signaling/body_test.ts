import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../../bytes/decode_error.ts";
import { parseBody, writeBody } from "./body.ts";
import { CHANNEL_ANSWER_BODY } from "./signaling_vectors.ts";

test("parseBody() gives the children of the body in order", () => {
  const fields = parseBody(`<?xml version="1.0" encoding="utf-8"?>\r\n${CHANNEL_ANSWER_BODY}\r\n`);
  assert.deepEqual([...fields], [
    ["Identify", "8a 77 c6 8d b5 fe e6 58"],
    ["IpEncrpt", "false"],
    ["LocalAddr", "192.168.1.110:45660"],
    ["NatValueT", "1"],
    ["Policy", "p2p,udprelay"],
    ["PubAddr", "212.200.247.162:15634"],
    ["Relay", ":0"],
    ["version", "6.0.0"],
  ]);
});

test("parseBody() takes the first of a repeated name, trimmed", () => {
  assert.deepEqual([...parseBody("<body><a> 1 </a><a>2</a></body>")], [["a", "1"]]);
});

test("parseBody() takes white space as no fields", () => {
  assert.equal(parseBody(" \r\n").size, 0);
  assert.equal(parseBody("<body/>").size, 0);
});

test("parseBody() refuses other elements and broken text", () => {
  for (const text of ["x", "<html></html>", "<body>", "<body><a></body>", "<body><a/></body>x"]) {
    assert.throws(() => parseBody(text), DecodeError, text);
  }
});

test("parseBody() refuses a body that is nested too deeply or too long", () => {
  assert.throws(() => parseBody("<body><a><b><c><d/></c></b></a></body>"), DecodeError);
  assert.throws(() => parseBody(`<body>${"x".repeat(16_384)}</body>`), DecodeError);
});

test("writeBody() escapes what parseBody() reads back", () => {
  const fields = new Map([["UserName", `a<b>&"'`], ["Empty", ""]]);
  assert.equal(
    writeBody(fields),
    "<body><UserName>a&lt;b&gt;&amp;&quot;&apos;</UserName><Empty></Empty></body>",
  );
  assert.deepEqual(parseBody(writeBody(fields)), fields);
});
