import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_IDS, parseIds } from "./online.ts";

const ids = (text: string) => parseIds(text).map(({ id, address }) => `${address.vendor} ${id}`);

test("parseIds() reads serial numbers, UIDs and addresses, each once", () => {
  const text = [
    "# my cameras",
    "4K0123PAZ00001",
    "",
    "  95270000YGAKNWKJ  ",
    "dahua://admin:s3cret@4K0123PAZ00002?server=p2p.example:8800",
    "reolink://95270000YGAKNWKJ",
    "4K0123PAZ00001\r",
  ].join("\n");
  assert.deepEqual(ids(text), [
    "dahua 4K0123PAZ00001",
    "reolink 95270000YGAKNWKJ",
    "dahua 4K0123PAZ00002",
  ]);
  const [, , other] = parseIds(text);
  const server = other?.address.vendor === "dahua" ? other.address.server.host : "";
  assert.equal(server, "p2p.example");
});

for (
  const [what, word] of [
    ["a pattern", "4K0123PAZ0000*"],
    ["a question mark", "4K0123PAZ0000?"],
    ["a set", "4K0123PAZ0000[1-9]"],
    ["a list in braces", "4K0123PAZ0000{1,2}"],
    ["a range", "4K0123PAZ00001-4K0123PAZ00009"],
    ["a range with dots", "4K0123PAZ00001..09"],
    ["several on a line", "4K0123PAZ00001 4K0123PAZ00002"],
    ["a beginning", "4K0123"],
    ["an address with a pattern", "dahua://4K0123PAZ0000*"],
  ] as const
) {
  test(`parseIds() refuses ${what}, and names the line`, () => {
    assert.throws(() => parseIds(`4K0123PAZ00001\n${word}`), /Line 2 of standard input: /);
  });
}

test("parseIds() refuses nothing, too many, and what no cloud knows", () => {
  assert.throws(() => parseIds("\n# none\n"), /must have ids/);
  const many = Array.from({ length: MAX_IDS + 1 }, (_, i) => `4K0123PAZ${10_000 + i}`);
  assert.equal(parseIds(many.slice(1).join("\n")).length, MAX_IDS);
  assert.throws(() => parseIds(many.join("\n")), /at most 256 ids/);
  assert.throws(() => parseIds("reolink://192.168.1.20"), /known to no cloud/);
});

test("parseIds() shows no password of an address it refuses", () => {
  const mistake = "dahua://admin:hunter2@4K0123PAZ00001?wya=lan";
  assert.throws(() => parseIds(mistake), (error: Error) => !error.message.includes("hunter2"));
});
