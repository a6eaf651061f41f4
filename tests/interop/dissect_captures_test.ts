/** Both dissectors before bytes of real cameras, where somebody has put captures beside the project. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { concatBytes, slices } from "../../lib/bytes/bytes.ts";
import { encodeMessage } from "../../lib/reolink/baichuan/header.ts";
import { withFolder } from "../support/capturing.ts";
import { encodeIp, tcpPacket, udpPacket } from "../support/packets.ts";
import { missing } from "./players.ts";
import { assertAgree, writePackets } from "./tshark.ts";

const CAPTURES = new URL("../../../shared/fixtures/reolink/", import.meta.url);
const skip = missing("tshark", "--version") || !existsSync(CAPTURES);

const CAMERA = { address: "192.0.2.1", port: 40_001 };
const CLIENT = { address: "192.0.2.2", port: 40_002 };

function capture(folder: string, name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${folder}/${name}`, CAPTURES)));
}

/** A TCP stream of these messages to a port of its own. */
function stream(port: number, messages: readonly Uint8Array[]): Uint8Array[] {
  let seq = 1;
  return messages.flatMap((message) =>
    Array.from(slices(message, 1_400), (payload) => {
      const to = { ...CLIENT, port };
      const packet = tcpPacket({ from: CAMERA, to, seq, ack: 1, payload });
      seq += payload.byteLength;
      return encodeIp(packet);
    })
  );
}

/** Slices of one file, in their order. */
function parts(name: string, count: number): Uint8Array {
  return concatBytes(
    Array.from({ length: count }, (_, i) => capture("bcmedia", `${name}_${i}.raw`)),
  );
}

function previewOf(media: readonly Uint8Array[]): Uint8Array[] {
  const header = { id: 3, channel: 0, stream: 0, num: 5, code: 200, messageClass: 0 };
  return media.flatMap((bytes) =>
    Array.from(slices(bytes, 32_768), (part) => encodeMessage(header, new Uint8Array(0), part))
  );
}

test("tshark and dissect agree on what real cameras say", { skip, timeout: 60_000 }, async () => {
  const datagrams = readdirSync(new URL("bcudp/", CAPTURES))
    .filter((name) => name.startsWith("udp_"))
    .map((name) => encodeIp(udpPacket(CAMERA, CLIENT, capture("bcudp", name))));
  const messages = readdirSync(new URL("bc/", CAPTURES))
    .filter((name) => !name.startsWith("xml_crypto"))
    .flatMap((name, i) => stream(1_024 + i, [capture("bc", name)]));
  const media = [
    ...[capture("bcmedia", "info_v1.raw"), parts("iframe", 5), parts("pframe", 2)],
    ...[capture("bcmedia", "adpcm_0.raw"), parts("argus2_iframe", 5), parts("argus2_pframe", 18)],
  ];
  await withFolder(async (folder) => {
    const file = join(folder, "real.pcapng");
    await writePackets(file, [...datagrams, ...messages, ...stream(9, previewOf(media))]);
    const lines = await assertAgree(file);
    const types = lines.flatMap((line) => line["bcmedia.type"] ?? []);
    assert.deepEqual(types.slice(-8), [
      ...["info", "key", "inter", "adpcm", "adpcm", "key", "inter", "aac"],
    ]);
    const { length } = lines.filter((line) => line["bc.xml"]?.[0]?.includes("<nonce>"));
    assert.equal(length, 2);
  });
});
