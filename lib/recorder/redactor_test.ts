import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { fromHex } from "../bytes/bytes.ts";
import { DeviceCipher } from "../dahua/signaling/device_auth.ts";
import { DEFAULT_RAND_SALT, readSalt, sealInfo } from "../dahua/signaling/device_info.ts";
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

test("Redactor.text() replaces them as UTF-16, in XML, and what MD5 makes of them, too", () => {
  const wide = Buffer.from(PASSWORD, "utf16le");
  const digest = createHash("md5").update("tom & jerry").digest();
  const own = new Redactor({ ids: [], secrets: [PASSWORD, "tom & jerry"] });
  const forms = [
    wide.toString("latin1"),
    wide.toString("hex"),
    Buffer.from(wide).swap16().toString("hex").toUpperCase(),
    wide.toString("base64").replace(/=+$/, "").slice(0, -1),
    "tom &amp; jerry",
    digest.toString("hex").toUpperCase(),
    digest.toString("hex").slice(0, 31),
    digest.toString("base64").replace(/=+$/, "").slice(0, -1),
  ];
  const text = own.text(forms.join(" | "));
  for (const form of forms) assert.equal(text.includes(form), false, `${form} in ${text}`);
});

test("Redactor.text() replaces names of hosts, but the vendors' own", () => {
  const own = new Redactor({
    ids: [],
    secrets: [],
    hosts: ["cam.smith.example", "www.easy4ipcloud.com", "10.0.0.1"],
  });
  assert.equal(
    own.text('Cannot resolve "cam.smith.example": asked www.easy4ipcloud.com'),
    'Cannot resolve "host1.example": asked www.easy4ipcloud.com',
  );
  assert.equal(own.host("CAM.smith.example".toLowerCase()), "host1.example");
});

test("Redactor.value() replaces names of cameras in sentences, and leaves words of ours alone", () => {
  const own = new Redactor({ ids: [], secrets: [], names: ["relay", "Anna's room"] });
  const event = {
    type: "relay",
    detail: "Anna's room is behind the relay, not the relay-channel",
    list: [{ name: "Anna's room", stage: "relay" }],
  };
  assert.deepEqual(own.value(event), {
    type: "relay",
    detail: "camera2 is behind the camera1, not the relay-channel",
    list: [{ name: "camera2", stage: "relay" }],
  });
});

test("Redactor.sameLength() replaces as many characters by as many", () => {
  const text = `o=${SERIAL} 192.168.178.43 127.0.0.1 ${PASSWORD} 00:11:22:aa:BB:cc`;
  const after = redactor().sameLength(text);
  assert.equal(
    after,
    "o=xxxxxxxxxxxxxx 000.000.000.00 127.0.0.1 xxxxxxxxxxxxxxxx 00:00:00:00:00:00",
  );
});

test("Redactor.text() deciphers the addresses of a device, and replaces them", () => {
  const account = { user: "operator7", password: { reveal: () => PASSWORD } };
  const sealed = new DeviceCipher(account, DEFAULT_RAND_SALT).seal("77", "192.168.1.9:1234");
  const body = `<body><LocalAddr>${sealed}</LocalAddr><Nonce>77</Nonce></body>`;
  const knowing = new Redactor({ ids: [], secrets: [], account });
  assert.match(knowing.text(body), /<LocalAddr>198\.18\.0\.1:1234</);
  assert.match(redactor().text(body), /<LocalAddr>:0</, "who cannot read it leaves it out");
});

test("Redactor.datagram() leaves out what proves an account", () => {
  const request = [
    "DHPOST /device/S/p2p-channel HTTP/1.1",
    'X-WSSE: UsernameToken Username="cloud", PasswordDigest="abcd=", Nonce="1"',
    "",
    "<body><DevAuth>proof==</DevAuth></body>",
  ].join("\r\n");
  const after = new TextDecoder().decode(redactor().datagram(new TextEncoder().encode(request)));
  assert.doesNotMatch(after, /abcd|proof|cloud/);
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
