/**
 * Messages that make Home Assistant show our topics as devices and entities, as it documents MQTT
 * discovery: one retained JSON message per entity, under `PREFIX/COMPONENT/NODE/OBJECT/config`.
 *
 * @module
 */

import { CAMERA_STATES, type Vendor, WAYS } from "../hub/camera_status.ts";
import { CONTROL_ENTITIES } from "./control_entities.ts";
import type { Entity, Feature } from "./entity.ts";
import type { Topics } from "./topics.ts";

export interface DiscoveryMessage {
  readonly topic: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What the entity `way` says while there is none: it must be among its options. */
const NO_WAY = "none";

const VENDORS: Readonly<Record<Vendor, string>> = { dahua: "Dahua", reolink: "Reolink" };

const CAMERA_ENTITIES: readonly Entity[] = [
  {
    component: "switch",
    object: "stream",
    config: (topics, camera) => ({
      name: "Stream",
      icon: "mdi:cctv",
      command_topic: topics.command(camera),
      state_topic: topics.state(camera),
      value_template: "{{ 'ON' if value_json.on else 'OFF' }}",
      payload_on: "ON",
      payload_off: "OFF",
    }),
  },
  {
    component: "sensor",
    object: "state",
    config: (topics, camera) => ({
      name: "State",
      icon: "mdi:state-machine",
      device_class: "enum",
      options: CAMERA_STATES,
      state_topic: topics.state(camera),
      value_template: "{{ value_json.state }}",
    }),
  },
  {
    component: "sensor",
    object: "way",
    needsCamera: true,
    config: (topics, camera) => ({
      name: "Way",
      icon: "mdi:transit-connection-variant",
      device_class: "enum",
      options: [NO_WAY, ...WAYS],
      state_topic: topics.state(camera),
      value_template: `{{ value_json.way or '${NO_WAY}' }}`,
      entity_category: "diagnostic",
    }),
  },
  {
    component: "sensor",
    object: "viewers",
    needsCamera: true,
    config: (topics, camera) => ({
      name: "Viewers",
      icon: "mdi:eye",
      state_class: "measurement",
      state_topic: topics.state(camera),
      value_template: "{{ value_json.viewers }}",
      entity_category: "diagnostic",
    }),
  },
  {
    component: "sensor",
    object: "battery",
    needs: "battery",
    config: (topics, camera) => ({
      name: "Battery",
      device_class: "battery",
      state_class: "measurement",
      unit_of_measurement: "%",
      state_topic: topics.state(camera),
      // `None` is a sensor's word for not known: after a restart, until the camera tells again.
      value_template: "{{ value_json.battery.percent if value_json.battery else 'None' }}",
      entity_category: "diagnostic",
    }),
  },
  {
    component: "binary_sensor",
    object: "problem",
    config: (topics, camera) => ({
      name: "Problem",
      device_class: "problem",
      state_topic: topics.state(camera),
      value_template: "{{ 'ON' if value_json.problem else 'OFF' }}",
      payload_on: "ON",
      payload_off: "OFF",
      json_attributes_topic: topics.state(camera),
      json_attributes_template: "{{ (value_json.error or {}) | tojson }}",
      entity_category: "diagnostic",
    }),
  },
  {
    component: "image",
    object: "snapshot",
    needs: "picture",
    needsCamera: true,
    config: (topics, camera) => ({
      name: "Snapshot",
      image_topic: topics.snapshot(camera),
      content_type: "image/jpeg",
    }),
  },
];

/** The entities of a camera with these features. */
export function cameraDiscovery(
  topics: Topics,
  camera: { readonly name: string; readonly vendor: Vendor },
  features: ReadonlySet<Feature>,
  version: string,
): readonly DiscoveryMessage[] {
  const id = topics.cameraId(camera.name);
  const device = {
    identifiers: [id],
    name: camera.name,
    manufacturer: VENDORS[camera.vendor],
    model: "Camera by sightline",
    via_device: topics.bridgeId,
  };
  return [...CAMERA_ENTITIES, ...CONTROL_ENTITIES]
    .filter(({ needs }) => needs === undefined || features.has(needs))
    .map(({ component, object, needsCamera = false, needsOpen = false, config }) => ({
      topic: topics.discovery(component, id, object),
      config: {
        ...config(topics, camera.name),
        unique_id: `${id}_${object}`,
        availability: [
          { topic: topics.status },
          ...(needsCamera ? [{ topic: topics.availability(camera.name) }] : []),
          ...(needsOpen ? [{ topic: topics.state(camera.name), value_template: OPEN }] : []),
        ],
        availability_mode: "all",
        device,
        origin: origin(version),
        qos: 1,
      },
    }));
}

/** From a camera's state, in the words of an availability. */
const OPEN = "{{ 'online' if value_json.state == 'open' else 'offline' }}";

/** Where messages about a camera of that name may be, whatever its features. */
export function cameraDiscoveryTopics(topics: Topics, name: string): readonly string[] {
  const id = topics.cameraId(name);
  return [...CAMERA_ENTITIES, ...CONTROL_ENTITIES].map(({ component, object }) => {
    return topics.discovery(component, id, object);
  });
}

/** The bridge itself: whether it is there. */
export function bridgeDiscovery(topics: Topics, version: string): DiscoveryMessage {
  const id = topics.bridgeId;
  const config = {
    name: "Connection",
    device_class: "connectivity",
    state_topic: topics.status,
    payload_on: "online",
    payload_off: "offline",
    unique_id: `${id}_connection`,
    device: { identifiers: [id], name: "sightline", model: "Bridge", sw_version: version },
    entity_category: "diagnostic",
    origin: origin(version),
    qos: 1,
  };
  return { topic: topics.discovery("binary_sensor", id, "connection"), config };
}

function origin(version: string): Readonly<Record<string, string>> {
  return { name: "sightline", sw_version: version };
}
