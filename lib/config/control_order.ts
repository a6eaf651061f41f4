/**
 * What a camera can be told to do besides showing its pictures: orders as programs write them in
 * JSON, and as the program works with them, with spans in milliseconds.
 *
 * @module
 */

import { z } from "zod";
import type { Duration } from "../machine.ts";
import { duration } from "./setting_types.ts";

/** Where a camera can be moved; `in` and `out` zoom for a while. */
export const PTZ_DIRECTIONS = [
  "left",
  "right",
  "up",
  "down",
  "left-up",
  "left-down",
  "right-up",
  "right-down",
  "in",
  "out",
] as const;

export type PtzDirection = (typeof PTZ_DIRECTIONS)[number];

export const CONTROL_TYPES = [
  "light",
  "siren",
  "led",
  "pir",
  "ptz",
  "preset",
  "zoom",
  "reboot",
] as const;

export type ControlType = (typeof CONTROL_TYPES)[number];

/** Fastest movement; what that is, each camera has its own mind about. */
export const MAX_SPEED = 64;

/** Longest movement at one order. */
const LONGEST_MOVE: Duration = 10_000;

/** How long a light may be left on. */
const LONGEST_LIGHT: Duration = 3_600_000;

const SPAN = duration.meta({ examples: ["2s"] });

const on = z.boolean("be true or false");

export const controlOrder = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("light"),
    on,
    for: spanUpTo(LONGEST_LIGHT, "be at least 1s, and at most 1h", 1_000).prefault("3m").meta({
      description: "When the camera switches it off by itself",
    }),
  }),
  z.strictObject({
    type: z.literal("siren"),
    on: on.default(true).meta({ description: "true sounds it once, false silences it" }),
  }),
  z.strictObject({ type: z.literal("led"), on }),
  z.strictObject({ type: z.literal("pir"), on }),
  z.strictObject({
    type: z.literal("ptz"),
    direction: z.enum(PTZ_DIRECTIONS),
    speed: whole(1, MAX_SPEED).default(32),
    for: spanUpTo(LONGEST_MOVE, "be at least 1ms, and at most 10s", 1).prefault("1s").meta({
      description: "How long it moves: it stops by itself, also when the caller goes away",
    }),
  }),
  z.strictObject({ type: z.literal("preset"), id: whole(0, 65_535) }),
  z.strictObject({
    type: z.literal("zoom"),
    position: whole(0, 1_000_000).meta({ description: "In the camera's own steps" }),
  }),
  z.strictObject({ type: z.literal("reboot") }),
], `be one of ${CONTROL_TYPES.join(", ")}`);

/** An order as it is carried out, with everything there is to know of it. */
export type ControlOrder = z.output<typeof controlOrder>;

/** An order in a few words, for logs and people: `ptz left`. */
export function orderWords(order: ControlOrder): string {
  switch (order.type) {
    case "light":
    case "siren":
    case "led":
    case "pir":
      return `${order.type} ${order.on ? "on" : "off"}`;
    case "ptz":
      return `ptz ${order.direction}`;
    case "preset":
      return `preset ${order.id}`;
    case "zoom":
      return `zoom ${order.position}`;
    case "reboot":
      return "reboot";
  }
}

function spanUpTo(max: Duration, rule: string, min: Duration) {
  return SPAN.refine((span) => span >= min && span <= max, rule);
}

function whole(min: number, max: number) {
  const rule = `be a whole number from ${min} to ${max}`;
  return z.int(rule).min(min, rule).max(max, rule);
}
