/** What cameras can be told to do, and whether one can do what it is told. @module */

import type { ControlOrder, PtzDirection } from "../config/control_order.ts";

/** A place a camera was told to remember. */
export interface Preset {
  readonly id: number;
  /** As its owner calls it; may be empty. */
  readonly name: string;
}

/** Something a camera can be told, as it says itself. */
export type Control =
  | { readonly type: "light" | "siren" | "led" | "pir" | "reboot" }
  | { readonly type: "ptz"; readonly directions: readonly PtzDirection[] }
  /** Those there were when the camera was connected. */
  | { readonly type: "preset"; readonly presets: readonly Preset[] }
  /** Positions in the camera's own steps. */
  | { readonly type: "zoom"; readonly min: number; readonly max: number };

/** Presets of one camera that are kept. */
export const MAX_PRESETS = 64;

/** What is kept of a preset's name, in characters. */
const MAX_PRESET_NAME = 64;

/** Why a camera with these controls cannot do it, as a clause; `undefined` where it may. */
export function objection(
  controls: readonly Control[],
  order: ControlOrder,
): string | undefined {
  const control = controls.find(({ type }) => type === order.type);
  if (control === undefined) return `the camera says that it has no ${order.type}`;
  if (control.type === "ptz" && order.type === "ptz") {
    const { directions } = control;
    if (directions.includes(order.direction)) return undefined;
    return `the camera can be moved ${directions.join(", ")}, and not ${order.direction}`;
  }
  if (control.type === "zoom" && order.type === "zoom") {
    const { min, max } = control;
    if (order.position >= min && order.position <= max) return undefined;
    return `its zoom goes from ${min} to ${max}: is ${order.position}`;
  }
  return undefined;
}

/** Presets as they are kept: some of them, and their names without what moves a cursor. */
export function tidyPresets(presets: readonly Preset[]): readonly Preset[] {
  return presets.slice(0, MAX_PRESETS).map(({ id, name }) => {
    return { id, name: name.replaceAll(/\p{Cc}+/gu, " ").trim().slice(0, MAX_PRESET_NAME) };
  });
}
