/** Against captures of real cameras, where somebody has put them beside the project. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type DatagramKind,
  decodeSignaling,
  encodeSignaling,
  kindOf,
  type SignalingDatagram,
} from "../../lib/reolink/signaling/datagram.ts";
import { readMessage } from "../../lib/reolink/signaling/message.ts";
import { cryptXml } from "../../lib/reolink/signaling/xml_cipher.ts";

const FOLDER = fileURLToPath(
  new URL("../../../shared/fixtures/reolink/bcudp/", import.meta.url),
);
const skip = !existsSync(FOLDER);

function load(name: string): Uint8Array {
  return new Uint8Array(readFileSync(`${FOLDER}${name}.bin`));
}

function confirmation(tid: number, sid: number, cid: number, did: number): SignalingDatagram {
  const message = { type: "D2C_CFM", sid, conn: "local", rsp: 0, cid, did, time_r: 0 } as const;
  return { tid, message };
}

const CFM = confirmation(92, 62097899, 82000, 80);

const SIGNALING: readonly (readonly [string, SignalingDatagram])[] = [
  ["udp_negotiate_disc", { tid: 96, message: { type: "C2D_DISC", cid: 82000, did: 80 } }],
  ["udp_negotiate_camt", {
    tid: 113,
    message: { type: "D2C_T", sid: 62098713, conn: "local", cid: 82001, did: 96 },
  }],
  ["udp_negotiate_clientt", {
    tid: 1101,
    message: { type: "C2D_T", sid: 62098713, conn: "local", cid: 82001, mtu: 1350 },
  }],
  ["udp_negotiate_camcfm", confirmation(1101, 62098713, 82001, 96)],
  ["udp_multi_0", {
    tid: 87,
    message: { type: "D2C_T", sid: 62097899, conn: "local", cid: 82000, did: 80 },
  }],
  ["udp_multi_1", {
    tid: 92,
    message: { type: "C2D_T", sid: 62097899, conn: "local", cid: 82000, mtu: 1350 },
  }],
  ["udp_multi_2", CFM],
  ["udp_multi_5", CFM],
  ["udp_multi_6", CFM],
  ["udp_multi_8", CFM],
  ["udp_multi_9", CFM],
];

for (const [name, datagram] of SIGNALING) {
  test(`decodeSignaling() and encodeSignaling() agree with the capture ${name}`, { skip }, () => {
    const bytes = load(name);
    assert.deepEqual(decodeSignaling(bytes), datagram);
    assert.deepEqual(encodeSignaling(datagram), bytes);
  });
}

const KINDS: readonly (readonly [string, DatagramKind])[] = [
  ["udp_data", "data"],
  ["udp_ack", "ack"],
  ["udp_multi_3", "data"],
  ["udp_multi_4", "data"],
  ["udp_multi_0", "signaling"],
];

for (const [name, kind] of KINDS) {
  test(`kindOf() takes the capture ${name} for ${kind}`, { skip }, () => {
    assert.equal(kindOf(load(name)), kind);
  });
}

test("cryptXml() decrypts the captured payload", { skip }, () => {
  const plain = cryptXml(87, load("xml_crypto_sample1"));
  assert.deepEqual(plain, load("xml_crypto_sample1_plaintext"));
  const { type } = readMessage(new TextDecoder().decode(plain));
  assert.equal(type, "D2C_T");
});
