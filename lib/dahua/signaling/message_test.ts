import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../../bytes/decode_error.ts";
import { DhHeaders } from "./headers.ts";
import {
  decodeRequest,
  decodeResponse,
  type DhResponse,
  encodeRequest,
  encodeResponse,
  isSignalingDatagram,
  MAX_HEADERS,
  MAX_MESSAGE_BYTES,
} from "./message.ts";
import { SIGNALING_VECTORS } from "./signaling_vectors.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

for (const vector of SIGNALING_VECTORS) {
  const decode = vector.type === "request" ? decodeRequest : decodeResponse;

  test(`${decode.name}() reads ${vector.name}`, () => {
    assert.deepEqual(decode(bytesOf(vector.text)), vector.value);
  });

  if (vector.canonical) {
    test(`the encoder writes ${vector.name}`, () => {
      const bytes = vector.type === "request"
        ? encodeRequest(vector.value)
        : encodeResponse(vector.value);
      assert.equal(textOf(bytes), vector.text);
    });
  }

  test(`isSignalingDatagram() knows ${vector.name}`, () => {
    assert.ok(isSignalingDatagram(bytesOf(vector.text)));
  });
}

test("isSignalingDatagram() tells PTCP and hole punching apart", () => {
  for (const first of [0x50, 0xff, 0xfe, 0]) {
    assert.equal(isSignalingDatagram(Uint8Array.of(first)), false);
  }
  assert.equal(isSignalingDatagram(new Uint8Array()), false);
});

test("DhHeaders are found in any case and keep their spelling and order", () => {
  const headers = new DhHeaders([["X-WSSE", "a"], ["date", "b"]]);
  headers.set("x-wsse", "c");
  assert.equal(headers.get("X-Wsse"), "c");
  assert.ok(headers.has("DATE"));
  assert.deepEqual([...headers], [["X-WSSE", "c"], ["date", "b"]]);
  assert.ok(headers.delete("Date"));
  assert.equal(headers.has("date"), false);
  headers.clear();
  headers.set("DATE", "d");
  assert.deepEqual([...headers], [["DATE", "d"]]);
});

test("encodeResponse() can be read by clients that split at colon and blank", () => {
  const response: DhResponse = {
    code: 404,
    reason: "",
    cseq: 3,
    headers: new DhHeaders([["Empty", ""]]),
    body: "<body></body>",
  };
  const [head = "", body] = textOf(encodeResponse(response)).split("\r\n\r\n");
  const [first = "", ...rest] = head.split("\r\n");
  assert.deepEqual(first.split(" "), ["HTTP/1.1", "404", "Error"]);
  for (const line of rest) assert.equal(line.split(": ").length, 2, line);
  assert.equal(body, "<body></body>");
});

test("encodeResponse() lets no value begin a line of its own", () => {
  const headers = new DhHeaders([["A", "b\r\nC: d"]]);
  const bytes = encodeResponse({ code: 200, reason: "O\nK", headers, body: "" });
  assert.equal(textOf(bytes), "HTTP/1.1 200 O K\r\nA: b C: d\r\n\r\n");
});

test("encodeRequest() refuses a path that would change the message", () => {
  for (const path of ["", "x", "/a b", "/a\r\nB: c", "/ä"]) {
    const headers = new DhHeaders();
    assert.throws(
      () => encodeRequest({ method: "GET", dialect: "dh", path, cseq: 1, headers, body: "" }),
      RangeError,
    );
  }
});

test("encodeRequest() counts the body in bytes", () => {
  const request = { method: "POST", dialect: "dh", path: "/", cseq: 1 } as const;
  const bytes = encodeRequest({ ...request, headers: new DhHeaders(), body: "ä" });
  assert.match(textOf(bytes), /Content-Length: 2\r\n/);
  assert.equal(decodeRequest(bytes).body, "ä");
});

test("decodeRequest() and decodeResponse() refuse what is not theirs", () => {
  const texts = [
    "",
    "\r\n\r\n",
    "GET / HTTP/1.1\r\nCSeq: 1\r\n\r\n",
    "DHPUT / HTTP/1.1\r\nCSeq: 1\r\n\r\n",
    "DHGET nowhere HTTP/1.1\r\nCSeq: 1\r\n\r\n",
    "DHGET / HTTP/1.1\r\n\r\n",
    "DHGET / HTTP/1.1\r\nCSeq: -1\r\n\r\n",
    "DHGET / HTTP/1.1\r\nCSeq: 4294967296\r\n\r\n",
    "HTTP/1.1\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
  ];
  for (const text of texts) {
    assert.throws(() => decodeRequest(bytesOf(text)), DecodeError, text);
    assert.throws(() => decodeResponse(bytesOf(text)), DecodeError, text);
  }
});

test("decodeResponse() takes a CSeq that is no number as none", () => {
  assert.equal(decodeResponse(bytesOf("HTTP/1.1 200 OK\r\nCSeq: x\r\n\r\n")).cseq, undefined);
});

test("decodeResponse() refuses a message longer than the cap", () => {
  const text = "HTTP/1.1 200 OK\r\n\r\n".padEnd(MAX_MESSAGE_BYTES, "x");
  decodeResponse(bytesOf(text));
  assert.throws(() => decodeResponse(bytesOf(`${text}x`)), DecodeError);
});

test("decodeResponse() refuses more headers than the cap", () => {
  const message = (count: number) => bytesOf(`HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(count)}\r\n`);
  decodeResponse(message(MAX_HEADERS));
  assert.throws(() => decodeResponse(message(MAX_HEADERS + 1)), DecodeError);
});

test("decodeResponse() needs no more than linear time for long runs", () => {
  for (const filler of [" ", "\0", "\r", "\n", "\r\n", ":", "a"]) {
    const text = `HTTP/1.1 200 ${filler.repeat(MAX_MESSAGE_BYTES)}`.slice(0, MAX_MESSAGE_BYTES - 1);
    const started = performance.now();
    try {
      decodeResponse(bytesOf(`${text}\u2028`.slice(0, MAX_MESSAGE_BYTES - 2)));
    } catch (error) {
      assert.ok(error instanceof DecodeError);
    }
    assert.ok(performance.now() - started < 500, JSON.stringify(filler));
  }
});
