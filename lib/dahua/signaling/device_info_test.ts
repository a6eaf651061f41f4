import assert from "node:assert/strict";
import { test } from "node:test";
import { writeBody } from "./body.ts";
import { DEFAULT_RAND_SALT, readSalt, sealInfo, UNREADABLE } from "./device_info.ts";

const SALT = "0123456789abcdef0123456789abcdef";
const JSON_TEXT = `{"randsalt":"${SALT}","rtspport":554}`;
const INFO = "sLwaldsaWSUSO6lxkRpFHaaQ+Rm2R4fk8KILKL/3c+FJ+98zJ91bfFjC2euIdrgFMTynIkAr2OF7g18HhlQ=";

const NOT_NAMED = "the P2P server does not name it";

test("sealInfo() gives the known cipher", () => {
  assert.equal(sealInfo(JSON_TEXT), INFO);
});

test("readSalt() finds the salt in each of its forms", () => {
  const bodies = [
    writeBody([["Info", INFO]]),
    writeBody([["Info", sealInfo(`${JSON_TEXT}\0\0\0`)]]),
    writeBody([["RandSalt", SALT]]),
    writeBody([["Info", INFO], ["RandSalt", "other"]]),
    writeBody([["Info", "c2VjcmV0"], ["RandSalt", SALT]]),
    writeBody([["Info", sealInfo("{}")], ["RandSalt", SALT]]),
  ];
  for (const body of bodies) {
    assert.deepEqual(readSalt(body), { value: SALT, missing: undefined }, body);
  }
});

test("readSalt() gives the default when there is none, and says why", () => {
  const nested = `${"[".repeat(5000)}${"]".repeat(5000)}`;
  const rows = [
    ["", NOT_NAMED],
    ["<body/>", NOT_NAMED],
    [writeBody([["Info", ""], ["RandSalt", ""]]), NOT_NAMED],
    [writeBody([["RandSalt", "two words"]]), NOT_NAMED],
    [writeBody([["RandSalt", "x".repeat(129)]]), NOT_NAMED],
    ...["null", "7", "[]", "{}", '{"randsalt":7}', '{"randsalt":{}}', '{"randsalt":""}'].map(
      (json) => [writeBody([["Info", sealInfo(json)]]), NOT_NAMED],
    ),
    [writeBody([["Info", "c2VjcmV0"]]), UNREADABLE],
    [writeBody([["Info", "§§"]]), UNREADABLE],
    [writeBody([["Info", sealInfo("\0\0")]]), UNREADABLE],
    [writeBody([["Info", sealInfo('{"randsalt":')]]), UNREADABLE],
    [writeBody([["Info", sealInfo(nested)]]), NOT_NAMED],
    [writeBody([["Info", sealInfo("[".repeat(9000))]]), UNREADABLE],
    ["<body>", UNREADABLE],
    ["<html/>", UNREADABLE],
  ] as const;
  for (const [body = "", missing] of rows) {
    const expected = { value: DEFAULT_RAND_SALT, missing };
    assert.deepEqual(readSalt(body), expected, body.slice(0, 60));
  }
});
