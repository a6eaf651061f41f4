import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { toHex } from "../../bytes/bytes.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import { addressKey, DeviceCipher, deviceKey, DeviceLogin } from "./device_auth.ts";
import { DEFAULT_RAND_SALT } from "./device_info.ts";

const ACCOUNT = { user: "admin", password: { reveal: () => "admin123" } };
const KEY = "64A40280005B0D8079A75CB4093A7ED8";
const NONCE = "123456789";
const CREATE_DATE = "1700000000";
const ADDRESS = "127.0.0.1:40000";
const SEALED = "54klZ5nFyKtWL8LlBJnx";

/** What is signed, and the signature. */
const PROOFS = [
  { payload: SEALED, devAuth: "FdPYP2+CHHJj/G8ye/VD3I3dd5jijJ4GqQDKI660uZg=" },
  { payload: "", devAuth: "7wCLPEqsdHMi8Rt37cyST8dDzEGm6RFgNCs42ug2azk=" },
];

const cipher = () => new DeviceCipher(ACCOUNT, DEFAULT_RAND_SALT);
const login = () => new DeviceLogin(ACCOUNT, DEFAULT_RAND_SALT, Number(NONCE));

test("deviceKey() is the uppercase hex that clients of real devices use", () => {
  assert.equal(deviceKey(ACCOUNT, DEFAULT_RAND_SALT), KEY);
});

test("deviceKey() takes user name and password as UTF-8", () => {
  const account = { user: "ädmin", password: { reveal: () => "pässwörd€" } };
  assert.equal(deviceKey(account, "0"), "321B95E70CD7CF6F8D066579263B26FB");
});

test("addressKey() is what 20000 rounds make of the key", () => {
  assert.equal(
    toHex(addressKey(KEY, NONCE)),
    "f609d42ec10a0883ef454675e7280a41a2a92316837bd3d1900e3c3d2479a030",
  );
});

test("DeviceCipher.seal() and open() give the known cipher of an address and back", () => {
  assert.equal(cipher().seal(NONCE, ADDRESS), SEALED);
  assert.equal(cipher().open(NONCE, SEALED), ADDRESS);
});

test("DeviceCipher.open() gives something else for another nonce or key, and never throws it", () => {
  assert.notEqual(cipher().open("1", SEALED), ADDRESS);
  assert.notEqual(new DeviceCipher(ACCOUNT, "other").open(NONCE, SEALED), ADDRESS);
});

test("DeviceCipher.open() refuses what is not base64", () => {
  for (const sealed of ["", "§", ":0", "a,b", "a=b"]) {
    assert.throws(() => cipher().open(NONCE, sealed), DecodeError, sealed);
  }
});

test("DeviceCipher.sign() gives the known digests, and verify() accepts no others", () => {
  for (const { payload, devAuth } of PROOFS) {
    assert.equal(cipher().sign({ nonce: NONCE, createDate: CREATE_DATE, payload }), devAuth);
    const good = { Nonce: NONCE, CreateDate: CREATE_DATE, DevAuth: devAuth };
    const verify = (changes = {}, what = payload) =>
      cipher().verify(new Map(Object.entries({ ...good, ...changes })), what);
    assert.ok(verify());
    assert.equal(verify({ Nonce: "1" }), false);
    assert.equal(verify({ CreateDate: "1700000001" }), false);
    assert.equal(verify({ DevAuth: "" }), false);
    assert.equal(verify({}, "x"), false);
    assert.equal(cipher().verify(new Map(), payload), false);
  }
});

test("DeviceLogin.prove() writes the elements in the order that works", () => {
  for (const { payload, devAuth } of PROOFS) {
    assert.deepEqual(login().prove(1_700_000_000_999, payload), [
      ["CreateDate", CREATE_DATE],
      ["DevAuth", devAuth],
      ["Nonce", NONCE],
      ["RandSalt", DEFAULT_RAND_SALT],
      ["UserName", "admin"],
    ]);
  }
});

test("DeviceLogin goes on under the device's nonce, if that is known", () => {
  const other = login();
  other.adoptNonce(undefined);
  assert.equal(other.seal(ADDRESS), SEALED);
  assert.equal(other.open(undefined, SEALED), ADDRESS);
  other.adoptNonce("987654321");
  assert.equal(other.seal(ADDRESS), cipher().seal("987654321", ADDRESS));
  assert.deepEqual(other.prove(0)[2], ["Nonce", "987654321"]);
  assert.equal(other.open(NONCE, SEALED), ADDRESS);
});

test("DeviceLogin shows neither password nor key when it is shown", () => {
  const shown = [inspect(login(), { depth: 9, showHidden: true }), JSON.stringify(login())];
  for (const text of shown) {
    assert.ok(!text.includes("admin123"));
    assert.ok(!text.includes(KEY));
  }
});
