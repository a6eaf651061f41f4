import type { PtzDirection } from "../config/control_order.ts";
import type { Control } from "../hub/controls.ts";
import type { Component, Topics } from "./topics.ts";

/** What Home Assistant makes one entity of. */
export interface Entity {
  readonly component: Component;
  readonly object: string;
  /** Of a camera that has such a thing only: known once it has told. */
  readonly needs?: Feature;
  /** It means nothing while the camera cannot be reached. */
  readonly needsCamera?: boolean;
  /** It can be used only while the camera is open: an order does not reach or wake it. */
  readonly needsOpen?: boolean;
  config(topics: Topics, camera: string): Readonly<Record<string, unknown>>;
}

/** Directions that have a button. */
export const MOVES = ["left", "right", "up", "down", "in", "out"] as const satisfies PtzDirection[];

/** What some cameras have. */
export type Feature =
  | "battery"
  | "picture"
  | Exclude<Control["type"], "ptz" | "preset" | "zoom">
  | typeof MOVES[number];
