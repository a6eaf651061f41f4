/**
 * Cameras as the API shows them: times as ISO 8601, durations with their unit in the name, unknown
 * values left out.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";
import { PTZ_DIRECTIONS } from "../lib/config/control_order.ts";
import { CAMERA_MODES } from "../lib/config/daemon_config.ts";
import {
  CAMERA_STATES,
  type CameraStatus,
  type StreamStatus,
  type WakeRecord,
  WAYS,
} from "../lib/hub/camera_status.ts";
import type { Control } from "../lib/hub/controls.ts";
import type { Duration } from "../lib/machine.ts";

const instant = z.iso.datetime();
const milliseconds = z.number().min(0);
const number = z.int().min(0);
const percent = z.number().min(0).max(100);
const way = z.enum(WAYS);

const error = z.object({
  reason: z.enum(["peer", "local", "timeout", "auth", "protocol", "unreachable"]),
  stage: z.string().meta({ description: "How far it had come" }),
  detail: z.string(),
  advice: z.string(),
  at: instant,
}).meta({ id: "CameraError" });

const stream = z.object({
  path: z.string(),
  rtsp: z.string(),
  state: z.enum(["idle", "starting", "open", "failed"]),
  viewers: number,
  tracks: z.array(z.string()).meta({ description: "Codecs" }),
  keyframeAgeMs: milliseconds.optional(),
}).meta({ id: "Stream" });

const control = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["light", "siren", "led", "pir", "reboot"]) }),
  z.object({ type: z.literal("ptz"), directions: z.array(z.enum(PTZ_DIRECTIONS)) }),
  z.object({
    type: z.literal("preset"),
    presets: z.array(z.object({ id: z.int(), name: z.string() })),
  }),
  z.object({ type: z.literal("zoom"), min: z.int(), max: z.int() }),
]).meta({ id: "Control" });

export const cameraSchema = z.object({
  name: z.string(),
  vendor: z.enum(["dahua", "reolink"]),
  mode: z.enum(CAMERA_MODES),
  state: z.enum(CAMERA_STATES),
  since: instant.meta({ description: "Since when it is in that state" }),
  way: way.optional().meta({ description: "How it is reached, while it is" }),
  stage: z.string().optional().meta({ description: "The step it is at or has failed at" }),
  rtsp: z.array(z.string()).meta({ description: "Where its main and sub stream can be watched" }),
  streams: z.array(stream).meta({ description: "Those asked for so far" }),
  viewers: number,
  bytes: z.object({
    received: z.partialRecord(way, number).meta({ description: "From the camera, by way" }),
    sent: number.meta({ description: "To viewers" }),
  }),
  rttMs: milliseconds.optional(),
  loss: z.number().min(0).max(1).optional().meta({
    description: "Share of what it sends that is lost on the way at first",
  }),
  counters: z.object({
    pulls: number,
    stalls: number,
    reconnects: number,
    wakes: number,
    failures: number,
    retransmits: number,
  }).meta({ description: "Since the daemon started" }),
  lease: z.object({ until: instant.optional() }).optional().meta({
    description: "It is kept open until then, or until it is stopped",
  }),
  retryAt: instant.optional(),
  lastError: error.optional(),
  battery: z.object({
    percent,
    charging: z.boolean(),
    at: instant,
  }).optional(),
  controls: z.array(control).optional().meta({
    description: "What it can be told to do, once it has said so",
  }),
  keyframeAgeMs: milliseconds.optional(),
  handshake: z.array(z.object({
    stage: z.string(),
    at: instant,
    durationMs: milliseconds.optional(),
    outcome: z.enum(["running", "ok", "failed"]),
  })),
  forwards: z.array(z.object({ listen: z.string(), devicePort: number })),
  origin: z.enum(["config", "runtime"]),
}).meta({ id: "Camera" });

export type CameraJson = z.output<typeof cameraSchema>;

/** An answer that is one camera, for descriptions of routes. */
export function cameraAnswer(description: string) {
  return { description, content: { "application/json": { schema: cameraSchema } } };
}

export const wakeSchema = z.object({
  at: instant,
  by: z.string(),
  who: z.string().optional(),
  outcome: z.enum(["connecting", "connected", "closed", "failed", "refused"]),
  connectedForMs: milliseconds.optional(),
  detail: z.string().optional(),
  charge: z.object({ first: percent, last: percent }).optional().meta({
    description: "Of the battery in per cent, while it was connected, as far as it told",
  }),
}).meta({ id: "Wake", description: "One time the camera was reached" });

export type WakeJson = z.output<typeof wakeSchema>;

/** `rtspBase` is where viewers reach the RTSP server: `rtsp://127.0.0.1:8554`. */
export function cameraJson(status: CameraStatus, rtspBase: string): CameraJson {
  const { name, vendor, mode, state, stage, viewers, bytes, loss, counters, origin } = status;
  const { lease, lastError, battery } = status;
  return {
    name,
    vendor,
    mode,
    state,
    since: iso(status.since),
    way: status.way,
    stage,
    rtsp: status.paths.map((path) => rtspBase + path),
    streams: status.streams.map((stream) => streamJson(stream, rtspBase)),
    viewers,
    bytes: { received: { ...bytes.received }, sent: bytes.sent },
    rttMs: rounded(status.rtt),
    loss,
    counters: { ...counters },
    lease: lease && { until: maybeIso(lease.until) },
    retryAt: maybeIso(status.retryAt),
    lastError: lastError && { ...lastError, at: iso(lastError.at) },
    battery: battery && { ...battery, at: iso(battery.at) },
    controls: status.controls?.map(controlJson),
    keyframeAgeMs: rounded(status.keyframeAge),
    handshake: status.handshake.map(({ at, duration, stage, outcome }) => ({
      stage,
      at: iso(at),
      durationMs: rounded(duration),
      outcome,
    })),
    forwards: status.forwards.map((forward) => ({ ...forward })),
    origin,
  };
}

function controlJson(control: Control): NonNullable<CameraJson["controls"]>[number] {
  switch (control.type) {
    case "ptz":
      return { ...control, directions: [...control.directions] };
    case "preset":
      return { ...control, presets: control.presets.map((preset) => ({ ...preset })) };
    default:
      return { ...control };
  }
}

function streamJson(
  { path, state, viewers, tracks, keyframeAge }: StreamStatus,
  rtspBase: string,
): CameraJson["streams"][number] {
  return {
    path,
    rtsp: rtspBase + path,
    state,
    viewers,
    tracks: [...tracks],
    keyframeAgeMs: rounded(keyframeAge),
  };
}

export function wakeJson(
  { at, cause, outcome, connectedFor, detail, charge }: WakeRecord,
): WakeJson {
  return {
    at: iso(at),
    by: cause.by,
    who: cause.who,
    outcome,
    connectedForMs: rounded(connectedFor),
    detail,
    charge,
  };
}

/** To a thousandth: clocks have more digits than meaning. */
function rounded(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : Math.round(duration * 1_000) / 1_000;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function maybeIso(at: number | undefined): string | undefined {
  return at === undefined ? undefined : iso(at);
}
