import assert from "node:assert/strict";
import { test } from "node:test";
import { redactAddress } from "./redact_address.ts";

const SHOWN: readonly [string, string][] = [
  ["dahua://u:p@S?way=lan", "dahua://u:***@S?way=lan"],
  ["dahua://u:p@ss:w/o?rd#@S", "dahua://u:***@S"],
  ["dahua://u:p", "dahua://u:***"],
  ["dahua://u:12345", "dahua://u:***"],
  ["dahua://u:p?way=lan", "dahua://u:***"],
  ["http://u:p@nas:8580", "http://u:***@nas:8580"],
  ["http://u:1234/p@nas:8580", "http://u:***@nas:8580"],
  ["http://u:pass", "http://u:***"],
  ["dahua:u:p@S", "dahua:u:***@S"],
  ["dahua:/u:p@S", "dahua:/u:***@S"],
  ["DAHUA://u:p@S", "DAHUA://u:***@S"],
  ["--dahua://u:p@S", "--dahua://u:***@S"],
  ["u:p@S", "u:***@S"],
  ["u:p:q@S", "u:***@S"],
  ["dahua://u:line\nbreak@S", "dahua://u:***@S"],
  ["dahua://S?password=p&way=lan", "dahua://S?password=***&way=lan"],
  ["dahua://S?way=lan&Pass=p", "dahua://S?way=lan&Pass=***"],
];

for (const [text, shown] of SHOWN) {
  test(`redactAddress() shows ${JSON.stringify(text)} as ${shown}`, () => {
    assert.equal(redactAddress(text), shown);
  });
}

test("redactAddress() leaves alone what has no password", () => {
  const texts = [
    "dahua://S",
    "dahua://u@S",
    "dahua://S?server=127.0.0.1:8800",
    "reolink://192.168.1.20:9000",
    "reolink://u@192.168.1.20:9000",
    "http://nas:8580",
    "https://nas.example:8580/sightline",
    "http://[::1]:8580",
    "8554:554",
    "127.0.0.1:8554:554",
    "/etc/sightline.yaml",
    "C:\\sightline.yaml",
    "--log-level",
    "",
  ];
  for (const text of texts) assert.equal(redactAddress(text), text);
});
