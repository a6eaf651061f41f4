import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";
import { parseCameraAddress } from "./camera_address.ts";

test("parseCameraAddress() reads a bare serial number with every default", () => {
  assert.deepEqual(parseCameraAddress("dahua://4K0123PAZ00001"), {
    vendor: "dahua",
    serial: "4K0123PAZ00001",
    credentials: undefined,
    channel: 1,
    subtype: 0,
    way: "auto",
    server: { host: "www.easy4ipcloud.com", port: 8800 },
    dialect: "dh",
  });
});

test("parseCameraAddress() reads all parameters and percent-encoded credentials", () => {
  const address = parseCameraAddress(
    "dahua://ad%40min:p%3Ass%40@4K0123PAZ00001?channel=2&subtype=1&way=lan&server=127.0.0.1:8800&dialect=nf",
  );
  assert.equal(address.vendor, "dahua");
  assert.equal(address.credentials?.user, "ad@min");
  assert.equal(address.credentials?.password?.reveal(), "p:ss@");
  assert.equal(address.channel, 2);
  assert.equal(address.way, "lan");
});

test("parseCameraAddress() reads Reolink UIDs and LAN addresses", () => {
  const byUid = parseCameraAddress("reolink://admin@95270000ygaknwkj?stream=sub");
  assert.deepEqual(byUid.vendor === "reolink" && byUid.target, {
    type: "uid",
    uid: "95270000YGAKNWKJ",
  });
  const byAddress = parseCameraAddress("reolink://admin@192.168.1.20");
  assert.deepEqual(byAddress.vendor === "reolink" && byAddress.target, {
    type: "host",
    host: "192.168.1.20",
    port: 9000,
  });
});

const MISTAKES: readonly [string, RegExp][] = [
  ["4K0123PAZ00001", /must look like dahua:\/\/SERIAL or reolink:\/\/UID/],
  ["rtsp://4K0123PAZ00001", /must look like/],
  ["dahua://", /must name a serial number/],
  ["dahua://short", /8 to 32 letters and digits: has "short"/],
  ["dahua://4K0123PAZ00001?chanel=1", /no parameter named "chanel"; there are: channel, subtype/],
  ["dahua://4K0123PAZ00001?channel=0", /channel from 1 to 512: has "0"/],
  ["dahua://4K0123PAZ00001?way=map", /way=auto\|lan\|direct\|relay: has "map"/],
  ["dahua://4K0123PAZ00001?way=lan&way=lan", /has way twice/],
  ["dahua://4K0123PAZ00001?server=localhost", /server=HOST:PORT: has "localhost"/],
  ["dahua://4K0123PAZ00001?server=a:70000", /server=HOST:PORT/],
  ["dahua://4K0123PAZ00001?server=a:8800,b:8800", /must have one server: has 2/],
  ["dahua://admin:100%@4K0123PAZ00001", /percent-encoded/],
  ["dahua://admin:a/b@4K0123PAZ00001", /percent-encoded: write \/ as %2F$/],
  ["dahua://admin:a?b@4K0123PAZ00001", /percent-encoded: write \? as %3F$/],
  ["dahua://admin:a#b@4K0123PAZ00001?way=lan", /percent-encoded: write # as %23$/],
  ["reolink://admin@[fe80::1]:9000", /IPv4 address/],
  ["reolink://192.168.1.20:99999", /port from 1 to 65535: has "99999"/],
  ["reolink://192.168.1.20:9000:1", /port from 1 to 65535: has "\*\*\*"/],
];

for (const [address, message] of MISTAKES) {
  test(`parseCameraAddress() explains what is wrong with ${address}`, () => {
    assert.throws(() => parseCameraAddress(address), { name: "ConfigError", message });
  });
}

test("parseCameraAddress() keeps the password out of its errors", () => {
  const addresses = [
    "dahua://u:hunter2@x",
    "dahua://u:hun@ter2@4K0123PAZ00001?a=1",
    "reolink://192.168.1.20:hunter2",
  ];
  for (const address of addresses) {
    assert.throws(
      () => parseCameraAddress(address),
      (error: Error) => !error.message.includes("ter2") && error.message.includes("***"),
    );
  }
});

test("Secret shows as *** however it is shown", () => {
  const { credentials } = parseCameraAddress("dahua://u:hunter2@4K0123PAZ00001");
  const shown = [`${credentials?.password}`, JSON.stringify(credentials), inspect(credentials)];
  for (const text of shown) {
    assert.ok(!text.includes("hunter2"));
    assert.ok(text.includes("***"));
  }
});
