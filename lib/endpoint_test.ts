import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "./bytes/decode_error.ts";
import {
  formatEndpoint,
  ipv4Bytes,
  ipv4Text,
  isIpv4,
  parseEndpoint,
  sameEndpoint,
} from "./endpoint.ts";

test("parseEndpoint() reads what formatEndpoint() writes", () => {
  for (const text of ["0.0.0.0:1", "192.168.1.20:9000", "255.255.255.255:65535"]) {
    assert.equal(formatEndpoint(parseEndpoint(text)), text);
  }
  assert.deepEqual(parseEndpoint(" 10.0.0.1:80\n"), { address: "10.0.0.1", port: 80 });
});

const REFUSED = [
  "",
  "10.0.0.1",
  "10.0.0.1:",
  "10.0.0.1:0",
  "10.0.0.1:65536",
  "10.0.0.1:-1",
  "10.0.0:80",
  "10.0.0.256:80",
  "010.0.0.1:80",
  "host:80",
  "[::1]:80",
];

for (const text of REFUSED) {
  test(`parseEndpoint() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseEndpoint(text), DecodeError);
  });
}

test("parseEndpoint() quotes no more than the beginning of a long text", () => {
  assert.throws(() => parseEndpoint("x".repeat(10_000)), ({ message }: Error) => {
    return message.length < 200;
  });
});

test("isIpv4() refuses a number with leading zeros, which some systems read as octal", () => {
  assert.ok(isIpv4("127.0.0.1") && isIpv4("0.10.200.255"));
  for (const text of ["127.0.0.01", "00.0.0.0", "1.2.3", "1.2.3.4.5", "1.2.3.", "a.b.c.d"]) {
    assert.ok(!isIpv4(text), text);
  }
});

test("ipv4Text() reverses ipv4Bytes()", () => {
  assert.deepEqual(ipv4Bytes("192.168.0.255"), Uint8Array.of(192, 168, 0, 255));
  assert.equal(ipv4Text(Uint8Array.of(192, 168, 0, 255, 9)), "192.168.0.255");
});

test("sameEndpoint() compares address and port", () => {
  const one = { address: "10.0.0.1", port: 80 };
  assert.ok(sameEndpoint(one, { ...one }));
  assert.ok(!sameEndpoint(one, { ...one, port: 81 }));
  assert.ok(!sameEndpoint(one, { ...one, address: "10.0.0.2" }));
});
