/** BcUDP of real cameras, where somebody has put captures beside the project. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { toHex } from "../../lib/bytes/bytes.ts";
import { decodeBcUdp, encodeBcUdp } from "../../lib/reolink/bcudp/datagram.ts";

const CAPTURES = new URL("../../../shared/fixtures/reolink/bcudp/", import.meta.url);
const skip = !existsSync(CAPTURES);

function capture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, CAPTURES)));
}

test(
  "decodeBcUdp() reads a captured acknowledgement, and encodeBcUdp() writes it",
  { skip },
  () => {
    const bytes = capture("udp_ack.bin");
    const datagram = decodeBcUdp(bytes);
    assert.deepEqual(datagram, {
      type: "ack",
      connectionId: 80,
      packetId: 2439,
      latency: 0,
      bitmap: new Uint8Array(0),
    });
    assert.equal(toHex(encodeBcUdp(datagram)), toHex(bytes));
  },
);

const DATA_CAPTURES: readonly [string, number, number, number][] = [
  ["udp_data.bin", 82_000, 2439, 1176],
  ["udp_multi_3.bin", 80, 0, 1330],
  ["udp_multi_4.bin", 80, 1, 526],
  ["udp_multi_7.bin", 80, 0, 1330],
];

for (const [name, connectionId, packetId, length] of DATA_CAPTURES) {
  test(`decodeBcUdp() reads captured data: ${name}`, { skip }, () => {
    const bytes = capture(name);
    const datagram = decodeBcUdp(bytes);
    assert.equal(datagram.type, "data");
    assert.equal(datagram.connectionId, connectionId);
    assert.equal(datagram.packetId, packetId);
    assert.equal(datagram.type === "data" && datagram.payload.byteLength, length);
    assert.equal(toHex(encodeBcUdp(datagram)), toHex(bytes));
  });
}
