import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../../bytes/bytes.ts";
import { decodeAlarm, encodeAlarm } from "./alarm.ts";

const ALARM = { counter: 7, uid: "95270000TESTCAM0" };

const noise = (length: number) => new Uint8Array(length).fill(0xab);

test("encodeAlarm() puts magic, counter and UID where cameras have them", () => {
  const bytes = encodeAlarm(ALARM, noise);
  assert.equal(bytes.byteLength, 56 + 64);
  assert.equal(
    toHex(bytes.subarray(0, 20)),
    "31cf872a 40000000 07000000 ffffffff 00000000"
      .replaceAll(" ", ""),
  );
  assert.equal(new TextDecoder().decode(bytes.subarray(20, 36)), ALARM.uid);
  assert.equal(toHex(bytes.subarray(36, 56)), "00".repeat(20));
});

test("decodeAlarm() reads what encodeAlarm() wrote", () => {
  assert.deepEqual(decodeAlarm(encodeAlarm(ALARM, noise)), ALARM);
});

test("decodeAlarm() rejects other datagrams, short ones, and UIDs that are none", () => {
  const good = encodeAlarm(ALARM, noise);
  const other = good.slice();
  other[0] = 0x30;
  for (const bytes of [other, good.subarray(0, 51), encodeAlarm({ ...ALARM, uid: "a b" }, noise)]) {
    assert.throws(() => decodeAlarm(bytes), { name: "DecodeError" });
  }
});
