/** The Reolink part of a scenario as a schema with defaults. @module */

import { z } from "zod";
import { DEFAULT_NAT_TIMEOUT, NAT_KINDS } from "./nat.ts";
import {
  EXTRA_LENGTHS,
  LOGIN_REFUSALS,
  NO_CAMERA_FAULTS,
  NO_CAMERA_QUIRKS,
  NONCE_LENGTHS,
  SNAPSHOT_KINDS,
} from "./reolink/camera_faults.ts";
import { ADAPTERS, CHARGE_STATES, ENCRYPTIONS } from "./reolink/camera_settings.ts";
import { AUDIO_KINDS, VIDEO_KINDS } from "./reolink/material.ts";
import {
  NO_MIDDLEMAN_FAULTS,
  NO_REGISTER_FAULTS,
  NO_RELAY_FAULTS,
  NO_SERVER_FAULTS,
  REFUSALS,
  REGISTER_ORDERS,
} from "./reolink/server_faults.ts";
import {
  duration,
  link,
  loopbackAddress,
  port,
  probability,
  refuseRepeated,
} from "./scenario_parts.ts";

const serverFaults = z.strictObject({
  /** It never answers. */
  silent: z.boolean().default(NO_SERVER_FAULTS.silent),
  /** It answers with random bytes. */
  garbage: z.boolean().default(NO_SERVER_FAULTS.garbage),
  /** It answers this much later. */
  delay: duration.default(NO_SERVER_FAULTS.delay),
});

const middleman = serverFaults.extend({
  /** Where it listens; the real ones have port 9999. 0 takes any free one. */
  address: loopbackAddress.default("127.0.0.1"),
  port: port.default(0),
  /** No camera registers with it: it says of every UID that it does not know it. */
  stranger: z.boolean().default(NO_MIDDLEMAN_FAULTS.stranger),
});

const register = serverFaults.extend({
  /** It refuses this many attempts to reach a camera at first … */
  refuseFirst: z.int().min(0).default(NO_REGISTER_FAULTS.refuseFirst),
  /** … with this code … */
  refuseWith: z.literal(REFUSALS).default(NO_REGISTER_FAULTS.refuseWith),
  /** … and with a valid address, without which neolink waits on in vain. */
  refusalHasAddress: z.boolean().default(NO_REGISTER_FAULTS.refusalHasAddress),
  /** How `R2C_T` and `R2C_C_R` come: `reversed`, or the first of them not at all. */
  order: z.enum(REGISTER_ORDERS).default(NO_REGISTER_FAULTS.order),
});

const relay = z.strictObject({
  /** It carries nothing. */
  silent: z.boolean().default(NO_RELAY_FAULTS.silent),
  /** It forgets every session this long after its client came, without a word. */
  forgetAfter: duration.optional(),
});

const percent = z.number().min(0).max(100);

const battery = z.strictObject({
  /** Charge at the beginning. */
  percent: percent.default(87),
  /** Per cent of charge that an hour takes. */
  drainAwake: z.number().min(0).default(7.7),
  drainAsleep: z.number().min(0).default(0.02),
  /** How it says it is charged, and by what. */
  charge: z.enum(CHARGE_STATES).default("none"),
  adapter: z.enum(ADAPTERS).default("none"),
  /** How long it takes to wake. Left out: 1 to 4 s at random. */
  wakeTime: duration.optional(),
  /** How long after the last session it falls asleep. Left out: 10 to 30 s at random. */
  sleepAfter: duration.optional(),
});

const lan = z.strictObject({
  address: loopbackAddress.default("127.0.0.1"),
  /** TCP; 9000 on real ones. Of cameras behind a NAT nobody can reach it. 0 takes any free one. */
  port: port.default(0),
  /** UDP, where clients look for it by UID: 2015 and 2018 on real ones. */
  discovery: z.array(port).min(1).max(2).default([0]),
  /** UDP, for the older binary probe: 2000 on real ones. */
  probe: port.default(0),
  /** The port of whoever probes that is answered: 3000 with real ones. */
  probeAnswer: port.min(1).default(3000),
});

const streams = z.strictObject({
  main: z.enum([...VIDEO_KINDS, "none"]).default("h265"),
  sub: z.enum([...VIDEO_KINDS, "none"]).default("h264"),
  extern: z.enum([...VIDEO_KINDS, "none"]).default("none"),
});

const faults = z.strictObject({
  /** It is never switched on: the cloud has not heard of it. */
  off: z.boolean().default(NO_CAMERA_FAULTS.off),
  /** It takes calls of the register and then answers no client. */
  silent: z.boolean().default(NO_CAMERA_FAULTS.silent),
  /** It goes dark for good, without a word, this long after its first session has opened. */
  vanishAfter: duration.optional(),
  /** On battery, it falls asleep this long after a session opened, whoever uses it. */
  dropOffAfter: duration.optional(),
  /** It ends every session this long after it was opened … */
  disconnectAfter: duration.optional(),
  /** … and up to this much later, at random. */
  disconnectJitter: duration.default(NO_CAMERA_FAULTS.disconnectJitter),
  /** It sends from another port this long after a session has opened. */
  movePortAfter: duration.optional(),
  /** Share of datagrams with nothing but an acknowledgement that are lost on the way to or from it. */
  ackLoss: probability.default(NO_CAMERA_FAULTS.ackLoss),
  /** After data has begun to flow, it repeats its confirmation this many times, one a second. */
  lateConfirmations: z.int().min(0).max(1_000).default(NO_CAMERA_FAULTS.lateConfirmations),
  /** This long into a session it knocks again, and ends it unless that is answered within 8 s. */
  lateKnockAfter: duration.optional(),
  /** It refuses this many logins at first, right or wrong … */
  refuseLogins: z.int().min(0).default(NO_CAMERA_FAULTS.refuseLogins),
  /** … with this code. */
  refuseLoginWith: z.literal(LOGIN_REFUSALS).default(NO_CAMERA_FAULTS.refuseLoginWith),
  /** This long into a stream the magic of one frame is broken. */
  corruptMediaAfter: duration.optional(),
  /** This long into a stream only key frames are left, one a second. */
  slowAfter: duration.optional(),
});

const quirks = z.strictObject({
  /** Length of its nonces: 16 with older firmware. */
  nonceLength: z.literal(NONCE_LENGTHS).default(NO_CAMERA_QUIRKS.nonceLength),
  /** Bytes of additional header in front of key frames, and of other ones. */
  keyExtra: z.literal(EXTRA_LENGTHS).default(NO_CAMERA_QUIRKS.keyExtra),
  interExtra: z.literal(EXTRA_LENGTHS).default(NO_CAMERA_QUIRKS.interExtra),
  /** Value of the bytes that pad a frame. */
  padding: z.int().min(0).max(255).default(NO_CAMERA_QUIRKS.padding),
  /** How long it has been up at the beginning: its media clock wraps every 71.6 minutes. */
  uptime: duration.default(NO_CAMERA_QUIRKS.uptime),
  /** Sound begins this long after the picture. */
  audioAfter: duration.default(NO_CAMERA_QUIRKS.audioAfter),
  /** Ids of messages that it obeys and never answers; real ones do so with 209, 213 and 288. */
  unanswered: z.array(z.int().min(0)).max(64).default([...NO_CAMERA_QUIRKS.unanswered]),
  /** `none`: it takes no pictures; `recorder`: it sends them under another magic. */
  snapshot: z.enum(SNAPSHOT_KINDS).default(NO_CAMERA_QUIRKS.snapshot),
  /** Its byte stream goes out in pieces of up to this many bytes, cut anywhere. */
  maxPiece: z.int().min(1).max(1_330).optional(),
  /** For this long after it woke, it refuses what it is not ready for. */
  notReadyFor: duration.default(NO_CAMERA_QUIRKS.notReadyFor),
  /** It raises an alarm 8 to 10 s after each session. */
  alarmAfterSession: z.boolean().default(NO_CAMERA_QUIRKS.alarmAfterSession),
  /** Asleep, it wakes once a client on the LAN has called this often. Left out: never. */
  answersAsleepAfter: z.int().min(1).optional(),
});

const reolinkCamera = z.strictObject({
  /** As printed on it; real ones have 16 capital letters and digits. */
  uid: z.string().regex(/^[A-Za-z0-9]{8,24}$/, "have 8 to 24 letters and digits"),
  name: z.string().min(1).max(31).default("Simulated"),
  model: z.string().min(1).max(31).default("RLC-SIM"),
  /** Its one account. */
  user: z.string().min(1).max(31).default("admin"),
  password: z.string().max(31).default("sightline"),
  /** `battery`: it sleeps whenever nobody uses it. */
  power: z.enum(["mains", "battery"]).default("mains"),
  battery: battery.prefault({}),
  /** What each stream is made of. */
  streams: streams.prefault({}),
  audio: z.enum(AUDIO_KINDS).default("aac"),
  /** The most it can do: `aes` for XML alone, `aes3` the same by another number, `full` media too. */
  encryption: z.enum(ENCRYPTIONS).default("full"),
  /** How often something moves in front of it, for 10 s. */
  motionEvery: duration.optional(),
  /** The router in front of it: see `NAT_KINDS`. */
  nat: z.enum(NAT_KINDS).default("none"),
  /** How long that router keeps a mapping that sends nothing. */
  natTimeout: duration.default(DEFAULT_NAT_TIMEOUT),
  link: link.prefault({}),
  /** Changes the randomness of this camera alone. */
  seed: z.int().optional(),
  lan: lan.prefault({}),
  faults: faults.prefault({}),
  quirks: quirks.prefault({}),
});

export const reolink = z.strictObject({
  servers: z.strictObject({
    /** A camera registers with one of them, in turn; the others say that they do not know it. */
    middlemen: z.array(middleman).min(1).max(16).default(() => {
      return Array.from({ length: 3 }, () => middleman.parse({}));
    }),
    register: register.prefault({}),
    relay: relay.prefault({}),
  }).prefault({}),
  cameras: z.array(reolinkCamera).max(64).default(() => [
    reolinkCamera.parse({ uid: "95270000SIMMAINS", name: "Mains" }),
    reolinkCamera.parse({
      uid: "95270000SIMBATTE",
      name: "Battery",
      power: "battery",
      streams: { main: "h264" },
      encryption: "aes",
    }),
  ]),
}).superRefine(({ cameras }, context) => {
  refuseRepeated(context, cameras.map(({ uid }) => uid), "uid");
});
