/** The Dahua part of a scenario as a schema with defaults. @module */

import { z } from "zod";
import { DURATION_RULE } from "../config/duration.ts";
import { DEFAULT_RAND_SALT } from "../dahua/signaling/device_info.ts";
import { CLIP_VIDEO } from "./clip/clip.ts";
import { NO_DEVICE_FAULTS, PAST_REALM_LIMIT } from "./dahua/device_faults.ts";
import { NO_AGENT_FAULTS, NO_RELAY_FAULTS, NO_SERVER_FAULTS } from "./dahua/server_faults.ts";
import { DEFAULT_NAT_TIMEOUT, NAT_KINDS } from "./nat.ts";
import {
  duration,
  link,
  loopbackEndpoint,
  port,
  probability,
  refuseRepeated,
  u32,
} from "./scenario_parts.ts";

const devicePort = z.string().refine(
  (text) => /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535,
  "have ports from 1 to 65535 as keys",
);

const serverFaults = z.strictObject({
  /** It never answers. */
  silent: z.boolean().default(NO_SERVER_FAULTS.silent),
  /** It answers with random bytes. */
  garbage: z.boolean().default(NO_SERVER_FAULTS.garbage),
  /** It answers this much later. */
  delay: duration.default(NO_SERVER_FAULTS.delay),
  /** Its clock is ahead by this much. */
  clockSkew: duration.default(NO_SERVER_FAULTS.clockSkew),
});

const relayFaults = serverFaults.extend({
  /** It allots an agent this much later for each one that is out and was not given back. */
  delayPerHeld: duration.default(NO_RELAY_FAULTS.delayPerHeld),
});

const agentFaults = serverFaults.extend({
  /** It resets every relayed session this long after its client came. */
  resetAfter: duration.optional(),
  /** It forgets every client this long after that came, without a word. */
  forgetAfter: duration.optional(),
  /** Share of datagrams with nothing but a heartbeat that it loses. */
  heartbeatLoss: probability.default(NO_AGENT_FAULTS.heartbeatLoss),
  /** Where its PTCP streams begin: near 2³² they wrap soon. */
  initialSeq: u32.default(NO_AGENT_FAULTS.initialSeq),
});

const deviceFaults = z.strictObject({
  /** It registers and then answers nobody. */
  silent: z.boolean().default(NO_DEVICE_FAULTS.silent),
  /** It never answers a punch; a duration: not until this long after it has granted the channel. */
  silentPunch: z.union([z.boolean(), duration], `be true, false or ${DURATION_RULE}`)
    .default(NO_DEVICE_FAULTS.silentPunch),
  /** It goes dark for good this long after its first session has opened. */
  vanishAfter: duration.optional(),
  /** It ends every TCP connection this long after it was opened … */
  disconnectAfter: duration.optional(),
  /** … and up to this much later, at random. */
  disconnectJitter: duration.default(NO_DEVICE_FAULTS.disconnectJitter),
  /** It answers channel requests this much later. */
  answerDelay: duration.default(NO_DEVICE_FAULTS.answerDelay),
  /** TCP connections it takes in one session. Left out: any number. */
  realmLimit: z.int().min(1).default(NO_DEVICE_FAULTS.realmLimit),
  /**
   * What one more brings about: it is refused; it is ignored; or it is ignored and the whole session
   * stands still from then on.
   */
  pastRealmLimit: z.enum(PAST_REALM_LIMIT).default(NO_DEVICE_FAULTS.pastRealmLimit),
  /** Share of datagrams with nothing but a heartbeat that are lost on the way to or from it. */
  heartbeatLoss: probability.default(NO_DEVICE_FAULTS.heartbeatLoss),
  /** Its clock, by which it judges the age of a proof, is ahead of the cloud's by this much. */
  clockSkew: duration.default(0),
});

const salt = z.strictObject({
  /** The default is the one that clients fall back on. */
  value: z.string().regex(/^[0-9a-f]{32}$/, "have 32 hex digits").default(DEFAULT_RAND_SALT),
  /** How the P2P server tells it. */
  told: z.enum(["encrypted", "clear", "absent"]).default("encrypted"),
});

const quirks = z.strictObject({
  /** Largest body of a PTCP segment; real senders have 1164, 1284, 1292 or 1384. */
  mss: z.int().min(64).max(1400).exactOptional(),
  /** `records`: a message a segment while there is room; `stream`: messages straddle segments. */
  segmentation: z.enum(["records", "stream"]).exactOptional(),
  /** How often it sends a heartbeat; 0 for never. Real ones do so about every 5 s. */
  heartbeatEvery: duration.exactOptional(),
  /** Where its PTCP streams begin; at 0 in real ones. Near 2³² they wrap soon. */
  initialSeq: u32.exactOptional(),
});

const dahuaCamera = z.strictObject({
  /** What clients know it by. */
  serial: z.string().regex(/^[A-Za-z0-9]{8,32}$/, "have 8 to 32 letters and digits"),
  /** Whether it wants device authentication for a channel, as firmware from 2023 on does. */
  auth: z.enum(["none", "required"]).default("none"),
  /** What the device mixes into its passwords; a client must know it. */
  salt: salt.prefault({}),
  /** Its one account. */
  user: z.string().min(1).max(63).default("admin"),
  password: z.string().max(63).default("sightline"),
  /** The router in front of it: see `NAT_KINDS`. */
  nat: z.enum(NAT_KINDS).default("none"),
  /** How long that router keeps a mapping that sends nothing. */
  natTimeout: duration.default(DEFAULT_NAT_TIMEOUT),
  link: link.prefault({}),
  /** Changes the randomness of this camera alone. */
  seed: z.int().optional(),
  /** What its test picture is encoded with. */
  video: z.enum(CLIP_VIDEO).default("h264"),
  /** Whether its web server turns, tilts and zooms it. */
  ptz: z.boolean().default(true),
  /**
   * Port of the device → real TCP address behind it. Left out: 554, with the test picture, and 80,
   * with a web server that gives pictures and takes orders.
   */
  ports: z.record(devicePort, loopbackEndpoint).optional(),
  faults: deviceFaults.prefault({}),
  quirks: quirks.prefault({}),
});

export const dahua = z.strictObject({
  /** UDP port of the main server on 127.0.0.1; the real ones have 8800. 0 takes any free one. */
  port: port.default(0),
  servers: z.strictObject({
    main: serverFaults.prefault({}),
    p2p: serverFaults.prefault({}),
    relay: relayFaults.prefault({}),
    /** Further relay servers; clients are sent to each of them in turn, `relay` first. */
    moreRelays: z.array(relayFaults).max(8).default([]),
    agent: agentFaults.prefault({}),
  }).prefault({}),
  cameras: z.array(dahuaCamera).min(1).max(64).default(() => [
    dahuaCamera.parse({ serial: "SIMULATED000001" }),
  ]),
}).superRefine(({ cameras }, context) => {
  refuseRepeated(context, cameras.map(({ serial }) => serial), "serial");
});
