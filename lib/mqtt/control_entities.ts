/** What a camera can be told to do, as entities of Home Assistant. @module */

import type { Control } from "../hub/controls.ts";
import { type Entity, type Feature, MOVES } from "./entity.ts";

/** Something that is on or off; which of them, the camera does not say: it is as it was last told. */
function orderSwitch(
  type: "light" | "led" | "pir",
  name: string,
  more: Readonly<Record<string, string>>,
): Entity {
  return {
    component: "switch",
    object: type,
    needs: type,
    needsOpen: true,
    config: (topics, camera) => ({
      name,
      command_topic: topics.order(camera),
      payload_on: JSON.stringify({ type, on: true }),
      payload_off: JSON.stringify({ type, on: false }),
      ...more,
    }),
  };
}

/** Something that happens once. */
function orderButton(
  needs: Feature,
  object: string,
  order: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>>,
): Entity {
  return {
    component: "button",
    object,
    needs,
    needsOpen: true,
    config: (topics, camera) => ({
      command_topic: topics.order(camera),
      payload_press: JSON.stringify(order),
      ...more,
    }),
  };
}

const MOVE_NAMES: Readonly<Record<typeof MOVES[number], string>> = {
  left: "Turn left",
  right: "Turn right",
  up: "Tilt up",
  down: "Tilt down",
  in: "Zoom in",
  out: "Zoom out",
};

export const CONTROL_ENTITIES: readonly Entity[] = [
  orderSwitch("light", "Light", { icon: "mdi:spotlight-beam" }),
  orderSwitch("led", "Status LED", { icon: "mdi:led-on", entity_category: "config" }),
  orderSwitch("pir", "Motion sensor", { icon: "mdi:motion-sensor", entity_category: "config" }),
  orderButton("siren", "siren", { type: "siren" }, { name: "Siren", icon: "mdi:bullhorn" }),
  ...MOVES.map((direction) => {
    const icon = direction === "in" || direction === "out"
      ? `mdi:magnify-${direction === "in" ? "plus" : "minus"}`
      : `mdi:arrow-${direction}-bold`;
    const more = { name: MOVE_NAMES[direction], icon };
    return orderButton(direction, `ptz_${direction}`, { type: "ptz", direction }, more);
  }),
  orderButton("reboot", "reboot", { type: "reboot" }, {
    name: "Restart",
    device_class: "restart",
    entity_category: "config",
  }),
];

/** The entities that stand for what a camera can be told. */
export function controlFeatures(controls: readonly Control[]): readonly Feature[] {
  return controls.flatMap((control): readonly Feature[] => {
    switch (control.type) {
      case "ptz":
        return MOVES.filter((direction) => control.directions.includes(direction));
      case "preset":
      case "zoom":
        return [];
      default:
        return [control.type];
    }
  });
}
