import assert from "node:assert/strict";
import { test } from "node:test";
import { DeviceLogin } from "../../dahua/signaling/device_auth.ts";
import { parseBody } from "../../dahua/signaling/body.ts";
import { Rng } from "../rng.ts";
import type { ChannelAnswer } from "./channel_answer.ts";
import { DeviceGuard, LOCK_AFTER, LOCKED_FOR, type Verdict } from "./device_guard.ts";

const SALT = "0123456789abcdef0123456789abcdef";
const EPOCH = Date.UTC(2025, 1, 12, 16);
const ADDRESS = "192.168.1.5:40000";

const newGuard = () => {
  const options = { user: "admin", password: "right", randSalt: SALT, epoch: EPOCH };
  return new DeviceGuard(options, new Rng(1).entropy);
};

function loginOf({ user = "admin", password = "right", salt = SALT } = {}): DeviceLogin {
  const account = { user, password: { reveal: () => password } };
  return new DeviceLogin(account, salt, 123456789);
}

/** What a client sends for a channel. */
function channelFields(login: DeviceLogin, at = EPOCH): Map<string, string> {
  const sealed = login.seal(ADDRESS);
  return new Map([...login.prove(at, sealed), ["LocalAddr", sealed]]);
}

function errorOf(verdict: Verdict): string | undefined {
  return verdict.type === "refused" ? errorIn(verdict.answer) : undefined;
}

function errorIn({ code, body }: ChannelAnswer): string {
  return `${code} ${parseBody(body).get("Error")}`;
}

test("DeviceGuard admits who proves the account, and seals its address for the client", () => {
  const guard = newGuard();
  const login = loginOf();
  const verdict = guard.checkChannel(0, channelFields(login));
  assert.ok(verdict.type === "admitted");
  const { nonce, seal } = verdict.admission;
  assert.equal(login.open(nonce, seal("10.0.0.1:5")), "10.0.0.1:5");
  assert.deepEqual(guard.counters, { attempts: 1, failures: 0, locked: 0 });
});

test("DeviceGuard admits to the relay only under a nonce of its own", () => {
  const guard = newGuard();
  const login = loginOf();
  const verdict = guard.checkChannel(0, channelFields(login));
  assert.ok(verdict.type === "admitted");
  assert.equal(errorOf(guard.checkRelay(0, new Map(login.prove(EPOCH)))), "403 DevPwd_Invalid");
  login.adoptNonce(verdict.admission.nonce);
  assert.equal(guard.checkRelay(0, new Map(login.prove(EPOCH))).type, "admitted");
});

test("DeviceGuard refuses requests without a proof and with another salt, as real devices do", () => {
  const guard = newGuard();
  assert.equal(errorOf(guard.checkChannel(0, new Map())), "403 DevPwd_InvalidSalt");
  const unsalted = channelFields(loginOf({ salt: "f".repeat(32) }));
  assert.equal(errorOf(guard.checkChannel(0, unsalted)), "403 DevPwd_InvalidSalt");
  assert.deepEqual(guard.counters, { attempts: 1, failures: 0, locked: 0 });
});

test("DeviceGuard refuses what proves something else", () => {
  const changed = (name: string, value: string) => channelFields(loginOf()).set(name, value);
  const wrong = [
    channelFields(loginOf({ password: "wrong" })),
    channelFields(loginOf({ user: "other" })),
    changed("UserName", "other"),
    changed("LocalAddr", "AAAA"),
    changed("Nonce", "1"),
  ];
  for (const fields of wrong) {
    const guard = newGuard();
    assert.equal(errorOf(guard.checkChannel(0, fields)), "403 DevPwd_Invalid");
    assert.deepEqual(guard.counters, { attempts: 1, failures: 1, locked: 0 });
  }
});

test("DeviceGuard refuses a proof of another time", () => {
  const verdicts = [-360_000, -240_000, 240_000, 360_000, NaN].map((skew) =>
    newGuard().checkChannel(0, channelFields(loginOf(), EPOCH + skew)).type
  );
  assert.deepEqual(verdicts, ["refused", "admitted", "admitted", "refused", "refused"]);
});

test("DeviceGuard locks the account after failures in a row, for a while", () => {
  const guard = newGuard();
  const good = channelFields(loginOf(), EPOCH + LOCKED_FOR);
  const bad = channelFields(loginOf({ password: "wrong" }));
  for (let i = 1; i < LOCK_AFTER; i++) guard.checkChannel(0, bad);
  assert.equal(guard.checkChannel(0, good).type, "admitted", "not yet, and that is a new row");
  for (let i = 0; i < LOCK_AFTER; i++) guard.checkChannel(0, bad);
  assert.equal(errorOf(guard.checkChannel(LOCKED_FOR - 1, good)), "403 DevPwd_Locked");
  assert.equal(guard.checkChannel(LOCKED_FOR, good).type, "admitted");
  assert.equal(guard.counters.locked, 1);
});
