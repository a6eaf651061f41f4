import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { fromHex } from "../bytes/bytes.ts";
import { readSalt, sealInfo } from "../dahua/signaling/device_info.ts";
import { decodeSignaling } from "../reolink/signaling/datagram.ts";
import { encodeSignaling } from "../reolink/signaling/datagram.ts";
import { BINDING_REQUEST, decodeStun, encodeStun, invert } from "../stun/message.ts";
import { Redactor } from "./redactor.ts";

const SERIAL = "4K0123PAZ00001";
const PASSWORD = "c0rrect h0rse/+?";

function redactor(): Redactor {
  return new Redactor({ ids: [SERIAL], secrets: [PASSWORD, "operator7"] });
}

test("Redactor.text() replaces ids, secrets and addresses in every form, always by the same", () => {
  const forms = [
    PASSWORD,
    encodeURIComponent(PASSWORD),
    Buffer.from(PASSWORD).toString("hex"),
    Buffer.from(PASSWORD).toString("hex").toUpperCase(),
    Buffer.from(PASSWORD).toString("base64"),
    Buffer.from(`x:${PASSWORD}!`).toString("base64"),
    Buffer.from(`xy:${PASSWORD}`).toString("base64"),
    Buffer.from(`${SERIAL}--`).toString("base64"),
    `<${SERIAL}>`,
    SERIAL.toLowerCase(),
    "operator7",
    "203.0.113.9:8800",
    "00:11:22:aa:BB:cc",
  ];
  const text = redactor().text(forms.join(" | "));
  for (const form of [...forms, "203.0.113", SERIAL, PASSWORD, "operator"]) {
    assert.equal(text.toLowerCase().includes(form.toLowerCase()), false, `${form} in ${text}`);
  }
  const one = redactor();
  assert.equal(
    one.text(`${SERIAL} 10.0.0.1 10.0.0.2 10.0.0.1 127.0.0.1`).replace(/HIDDEN01/g, "#"),
    "#XXXXXX 198.18.0.1 198.18.0.2 198.18.0.1 127.0.0.1",
  );
  assert.equal(one.text(one.text("10.0.0.2")), "198.18.0.2", "twice is as good as once");
});

test("Redactor.text() keeps what a device's info is for, with another salt", () => {
  const salt = "0123456789abcdef0123456789abcdef";
  const body = `<body><Info>${sealInfo(JSON.stringify({ randsalt: salt }))}</Info></body>`;
  const { value, missing } = readSalt(redactor().text(body));
  assert.equal(missing, undefined);
  assert.notEqual(value, salt);
  assert.equal(value.length, salt.length);
});

test("Redactor.datagram() replaces addresses in connectivity checks", () => {
  const endpoint = { address: "203.0.113.9", port: 5 };
  const message = {
    type: BINDING_REQUEST,
    transactionId: new Uint8Array(16),
    attributes: [{ type: "source-address" as const, endpoint }],
  };
  const after = decodeStun(invert(redactor().datagram(invert(encodeStun(message)))));
  assert.deepEqual(after.attributes, [{
    type: "source-address",
    endpoint: { address: "198.18.0.1", port: 5 },
  }]);
});

test("Redactor.datagram() replaces UIDs under Reolink's cipher, and checks out again", () => {
  const datagram = encodeSignaling({
    tid: 77,
    message: { type: "C2M_Q", uid: SERIAL, p: "MAC" },
  });
  const after = decodeSignaling(redactor().datagram(datagram));
  assert.deepEqual(after, {
    tid: 77,
    message: { type: "C2M_Q", uid: "HIDDEN01XXXXXX", p: "MAC" },
  });
});

test("Redactor.datagram() takes anything", () => {
  for (const hex of ["", "ff", "fffe0000", "3acf872a", "3acf872a00", "48", "50544350"]) {
    redactor().datagram(fromHex(hex));
  }
});
