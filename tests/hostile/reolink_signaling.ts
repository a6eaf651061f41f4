import { fromHex } from "../../lib/bytes/bytes.ts";
import type { Instant } from "../../lib/machine.ts";
import { crcOf } from "../../lib/reolink/signaling/crc.ts";
import { decodeSignaling, encodeSignaling, kindOf } from "../../lib/reolink/signaling/datagram.ts";
import { readMessage, type SignalingMessage } from "../../lib/reolink/signaling/message.ts";
import {
  DEV,
  DMAP,
  LOCAL,
  middleman,
  ON_LAN,
  REG,
  RELAY,
  ScriptedCloud,
} from "../../lib/reolink/signaling/scripted_cloud.ts";
import { ReolinkSignaling } from "../../lib/reolink/signaling/signaling.ts";
import { DATAGRAM_VECTORS, MESSAGE_SEEDS } from "../../lib/reolink/signaling/signaling_vectors.ts";
import { Link } from "../../lib/sim/link.ts";
import { Rng } from "../../lib/sim/rng.ts";
import {
  type ConversationTarget,
  type DecoderTarget,
  type MachineTarget,
  type Source,
  type Victim,
  victimOf,
} from "./target.ts";

const UID = "95270000TESTCAM0";

/** What the victims' randomness makes of their client ids, and what the seeds say then. */
const NO_CHANCE = 7;
const CID = 0x07070707;
const IDS = { cid: CID, did: 96 };
const SID = 62_098_713;

const SOURCES: readonly [Source, ...Source[]] = [
  { via: "cloud", from: middleman(0) },
  { via: "cloud", from: REG },
  { via: "cloud", from: DMAP },
  { via: "cloud", from: RELAY },
  { via: "lan", from: ON_LAN },
];

/** What cloud and camera say to a client, without goodbyes, which end the machine at once. */
const ANSWERS: readonly SignalingMessage[] = [
  { type: "M2C_Q_R", reg: REG, relay: RELAY, rsp: 0 },
  { type: "M2C_Q_R", rsp: -3 },
  { type: "R2C_T", dev: DEV, dmap: DMAP, sid: SID, cid: CID, rsp: 0 },
  { type: "R2C_C_R", dev: DEV, dmap: DMAP, relay: RELAY, nat: "NULL", sid: SID, rsp: 0 },
  { type: "D2C_T", sid: SID, conn: "map", ...IDS },
  { type: "D2C_T", sid: SID, conn: "local", ...IDS },
  { type: "D2C_CFM", sid: SID, conn: "relay", rsp: 0, ...IDS },
  { type: "D2C_HB", ...IDS },
];

const SEEDS: readonly Uint8Array[] = [
  ...DATAGRAM_VECTORS.map(({ hex }) => fromHex(hex)),
  ...ANSWERS.map((message) => encodeSignaling({ tid: 5, message })),
];

/** What ends the search for the camera, well or badly. */
const ENDS: readonly SignalingMessage[] = [
  { type: "D2C_C_R", rsp: 0, ...IDS },
  { type: "D2C_DISC", ...IDS },
  { type: "R2C_DISC", sid: SID },
];

export const REOLINK_SIGNALING_DECODERS: readonly DecoderTarget[] = [
  {
    type: "decoder",
    name: "Reolink signaling datagram",
    seeds: SEEDS,
    decode: (bytes) => [kindOf(bytes), decodeSignaling(bytes)],
  },
  {
    type: "decoder",
    name: "Reolink signaling datagram with a good checksum",
    seeds: SEEDS,
    decode: (bytes) => decodeSignaling(resealed(bytes)),
  },
  {
    type: "decoder",
    name: "Reolink signaling message",
    seeds: MESSAGE_SEEDS.map((text) => new TextEncoder().encode(text)),
    decode: (bytes) => readMessage(new TextDecoder().decode(bytes)),
  },
];

export const REOLINK_SIGNALING_MACHINES: readonly MachineTarget[] = [
  {
    type: "machine",
    name: "ReolinkSignaling, looking for the camera",
    seeds: [...SEEDS, ...ENDS.map((message) => encodeSignaling({ tid: 6, message }))],
    make: (now) => resealing(victimOf(signaling(now), SOURCES)),
  },
  {
    type: "machine",
    name: "ReolinkSignaling, in contact with the camera",
    seeds: SEEDS,
    make: (now) => {
      const machine = signaling(now);
      const answer = { type: "D2C_C_R", rsp: 0, ...IDS } as const;
      machine.handleDatagram(now, "lan", ON_LAN, encodeSignaling({ tid: 5, message: answer }));
      return resealing(victimOf(machine, SOURCES));
    },
  },
];

export const REOLINK_SIGNALING_CONVERSATIONS: readonly ConversationTarget[] = [
  {
    type: "conversation",
    name: "ReolinkSignaling to a cloud",
    seeds: SEEDS,
    hold: (seed, tamper) => {
      const rng = new Rng(seed);
      const link = new Link({ delay: 20, loss: 0.02, duplicate: 0.02 }, rng.fork());
      const cloud = new ScriptedCloud(
        { middlemen: ["knows", -3], lanAfter: seed % 3 === 0 ? 2_000 : undefined },
        { entropy: rng.fork().entropy },
        (now, size) => link.offer(now, size),
        (bytes) => resealed(tamper(bytes)),
      );
      cloud.run(20_000).command((machine, now) => machine.close(now)).run(21_000);
    },
  },
];

function signaling(now: Instant): ReolinkSignaling {
  return new ReolinkSignaling(now, {
    uid: UID,
    way: "auto",
    middlemen: [middleman(0), middleman(1)],
    lanTargets: [ON_LAN],
    local: LOCAL,
    entropy: (length) => new Uint8Array(length).fill(NO_CHANCE),
  });
}

/** An attacker who knows how to write a checksum: else hardly any fault would get past it. */
function resealing(victim: Victim): Victim {
  return {
    get closed() {
      return victim.closed;
    },
    handleDatagram: (now, bytes) => victim.handleDatagram(now, resealed(bytes)),
    handleTimeout: (now) => victim.handleTimeout(now),
    pollTimeout: () => victim.pollTimeout(),
    pollOutput: (now) => victim.pollOutput(now),
  };
}

/** The datagram with the length and checksum that its bytes call for. */
export function resealed(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength < 20) return bytes;
  const sealed = bytes.slice();
  const view = new DataView(sealed.buffer);
  view.setUint32(4, sealed.byteLength - 20, true);
  view.setUint32(16, crcOf(sealed.subarray(20)), true);
  return sealed;
}
