import { fromHex } from "../../lib/bytes/bytes.ts";
import { SEGMENT_VECTORS } from "../../lib/dahua/ptcp/segment_vectors.ts";
import { encodeResponse } from "../../lib/dahua/signaling/message.ts";
import { SIGNALING_VECTORS } from "../../lib/dahua/signaling/signaling_vectors.ts";
import { DAHUA_SIGHTING } from "../../lib/doctor/dahua_sighting.ts";
import { DahuaQuery } from "../../lib/doctor/dahua_query.ts";
import { ReolinkQuery } from "../../lib/doctor/reolink_query.ts";
import { REOLINK_SIGHTING } from "../../lib/doctor/reolink_sighting.ts";
import type { Sighting } from "../../lib/doctor/server_book.ts";
import type { Endpoint } from "../../lib/machine.ts";
import { DATAGRAM_VECTORS } from "../../lib/reolink/signaling/signaling_vectors.ts";
import { encodeSignaling } from "../../lib/reolink/signaling/datagram.ts";
import { invert } from "../../lib/stun/message.ts";
import { STUN_VECTORS } from "../../lib/stun/stun_vectors.ts";
import { type DecoderTarget, type MachineTarget, victimOf } from "./target.ts";

const SERVER: Endpoint = { address: "127.0.0.1", port: 8800 };
const OTHER: Endpoint = { address: "127.0.0.1", port: 8801 };

const DAHUA = [
  ...SIGNALING_VECTORS.map(({ text }) => new TextEncoder().encode(text)),
  ...STUN_VECTORS.map(({ hex }) => invert(fromHex(hex))),
  ...SEGMENT_VECTORS.map(({ hex }) => fromHex(hex)),
];

const REOLINK = DATAGRAM_VECTORS.map(({ hex }) => fromHex(hex));

export const DOCTOR_DECODERS: readonly DecoderTarget[] = [
  { type: "decoder", name: "Dahua sighting", seeds: DAHUA, decode: see(DAHUA_SIGHTING) },
  { type: "decoder", name: "Reolink sighting", seeds: REOLINK, decode: see(REOLINK_SIGHTING) },
];

export const DOCTOR_MACHINES: readonly MachineTarget[] = [
  {
    type: "machine",
    name: "DahuaQuery",
    seeds: [...DAHUA, ...[100, 200, 401, 404].flatMap(dahuaAnswers)],
    make: (now, entropy) => {
      const query = new DahuaQuery(now, {
        serial: "SERIAL",
        server: SERVER,
        dialect: "dh",
        via: "cloud",
        entropy,
        wallClockOffset: 0,
      });
      return victimOf(query, [{ via: "cloud", from: SERVER }]);
    },
  },
  {
    type: "machine",
    name: "ReolinkQuery",
    seeds: [
      ...REOLINK,
      encodeSignaling({ tid: 5, message: { type: "M2C_Q_R", reg: OTHER, rsp: 0 } }),
      encodeSignaling({ tid: 5, message: { type: "M2C_Q_R", rsp: -3 } }),
    ],
    make: (now, entropy) => {
      const servers = [SERVER, OTHER];
      const options = { uid: "95270000TESTCAM0", servers, patience: 1_000, entropy };
      return victimOf(new ReolinkQuery(now, options), [
        { via: "cloud", from: SERVER },
        { via: "cloud", from: OTHER },
      ]);
    },
  },
];

function see({ sent, received }: Sighting): (bytes: Uint8Array) => unknown {
  return (bytes) => [sent(bytes), received(bytes)];
}

function dahuaAnswers(code: number): Uint8Array[] {
  const headers = new Map([["Date", "Wed, 12 Feb 2025 16:12:54 GMT"]]);
  return ["", "<body><US>127.0.0.1:8801</US></body>"].map((body) =>
    encodeResponse({ code, reason: "OK", cseq: 1, headers, body })
  );
}
