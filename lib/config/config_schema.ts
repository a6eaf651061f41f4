/**
 * The configuration file as a schema: what `load_config.ts` checks a file against, and what editors
 * are given as JSON Schema.
 *
 * @module
 */

import { z } from "zod";
import { formatEndpoint } from "../endpoint.ts";
import { LOG_LEVELS } from "../log/log.ts";
import { CAMERA_NAME_PATTERN } from "./camera_name.ts";
import { CAMERA_MODES, DEFAULT_API_LISTEN, DEFAULT_RTSP_LISTEN } from "./daemon_config.ts";
import { EVENT_TYPES } from "./event_types.ts";
import {
  cameraAddress,
  certificates,
  count,
  duration,
  forward,
  listenEndpoint,
  percent,
  secret,
  TEXT_RULE,
  token,
  url,
} from "./setting_types.ts";

const MAX_FORWARDS = 32;
const MAX_LIST = 64;

const text = (description: string) => z.string(TEXT_RULE).min(1).max(1_024).meta({ description });

/** A file whose first line is the secret, so that this one may be read by others. */
const secretFile = z.string(TEXT_RULE).min(1).max(4_096).optional().meta({
  description:
    "A file with the secret alone in it, relative to this one; its last newline is left out",
});

/** Each is unique ignoring case, short, and good as a label. */
const accountName = z.string(TEXT_RULE).regex(
  /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/,
  "be 1 to 64 letters, digits, ., _, @ or -",
);

const wakeBudget = z.strictObject({
  wakes_per_hour: count(0, 3_600).optional().meta({ description: "How often it may be woken" }),
  awake_per_day: duration.optional().meta({
    description: "How long it may be kept awake, e.g. 30m",
  }),
  min_battery: percent.optional().meta({ description: "Not woken with less charge, e.g. 20%" }),
}).meta({ description: "Of a Reolink battery camera: how much of its battery may be spent" });

/** One camera, in the file and, but for `password_file`, in the API. */
export const cameraSettings = z.strictObject({
  address: cameraAddress.meta({
    description: "dahua://[user[:password]@]SERIAL[?…] or reolink://[user[:password]@]UID[?…]",
    examples: ["dahua://admin@4K0123PAZ00001"],
  }),
  password: secret.optional().meta({
    description: "As it is; in an address it is percent-encoded",
  }),
  mode: z.enum(CAMERA_MODES).default("on-demand").meta({
    description:
      "on-demand: reached while somebody watches or a start says so; always: kept open; " +
      "manual: only while a start says so",
  }),
  idle: duration.prefault("30s").meta({
    description: "How long it stays open after its last viewer has left",
  }),
  forward: z.array(forward).max(MAX_FORWARDS).default([]).meta({
    description: "Ports of a Dahua device as ports of this machine: [BIND:]PORT:DEVICEPORT",
    examples: [["127.0.0.1:8081:80"]],
  }),
  wake_budget: wakeBudget.optional(),
});

const api = z.strictObject({
  listen: listenEndpoint.prefault(formatEndpoint(DEFAULT_API_LISTEN)).meta({
    description: "Address and port of API and console; anything but loopback needs a token",
  }),
  tokens: z.array(z.strictObject({
    name: accountName.meta({ description: "Whom the log names" }),
    token: token.optional(),
    token_file: secretFile,
  })).max(MAX_LIST).default([]).meta({
    description: "Who may call, with Authorization: Bearer; everybody on this machine without any",
  }),
  allowed_hosts: z.array(z.string(TEXT_RULE).regex(/^[A-Za-z0-9._-]{1,253}$/, "be a host name"))
    .max(MAX_LIST).default([]).meta({
      description: "Names by which requests may come, besides the address listened on",
    }),
  allowed_origins: z.array(url("http:", "https:")).max(MAX_LIST).default([]).meta({
    description: "Origins of web pages that may call from a browser",
    examples: [["https://home.example:8123"]],
  }),
});

const rtsp = z.strictObject({
  listen: listenEndpoint.prefault(formatEndpoint(DEFAULT_RTSP_LISTEN)).meta({
    description: "rtsp://THIS/NAME and /NAME/sub for every camera",
  }),
  users: z.array(z.strictObject({
    name: accountName,
    password: secret.optional(),
    password_file: secretFile,
  })).max(MAX_LIST).default([]).meta({ description: "Who may watch; everybody without any" }),
});

const webhook = z.strictObject({
  url: url("http:", "https:").meta({ description: "Where to POST each event" }),
  secret: secret.optional().meta({ description: "Key of the HMAC each one is signed with" }),
  secret_file: secretFile,
  events: z.array(z.enum(EVENT_TYPES)).max(MAX_LIST).default([]).meta({
    description: "Which events; all without any",
  }),
});

const mqtt = z.strictObject({
  server: url("mqtt:", "mqtts:").meta({ examples: ["mqtt://127.0.0.1:1883"] }),
  ca: certificates.optional().meta({
    description:
      "In place of the system's authorities: who may have signed the broker's certificate",
  }),
  ca_file: z.string(TEXT_RULE).min(1).max(4_096).optional().meta({
    description: "A file with that, relative to this one",
  }),
  username: text("User name at the broker").optional(),
  password: secret.optional(),
  password_file: secretFile,
  discovery_prefix: topic("Where Home Assistant looks for devices").default("homeassistant"),
  topic: topic("What the program's own topics begin with").default("sightline"),
});

const recorder = z.strictObject({
  dir: text("The folder for recordings of the last two minutes before a stall or failure"),
  max_files: count(1, 10_000).default(50).meta({ description: "How many are kept" }),
});

const log = z.strictObject({
  level: z.enum(LOG_LEVELS).optional(),
  format: z.enum(["text", "json"]).optional(),
});

export const configSchema = z.strictObject({
  api: api.prefault({}),
  rtsp: rtsp.prefault({}),
  cameras: z.record(
    z.string().meta({ pattern: CAMERA_NAME_PATTERN }),
    cameraSettings.extend({ password_file: secretFile }),
  ).default({}).meta({ description: "By name, which is their path: rtsp://HOST:8554/NAME" }),
  webhooks: z.array(webhook).max(MAX_LIST).default([]),
  mqtt: mqtt.optional(),
  log: log.prefault({}),
  recorder: recorder.optional(),
}).meta({ title: "sightline configuration" });

/** A file that has been checked. */
export type ConfigFile = z.output<typeof configSchema>;

/** One camera of it. */
export type CameraSettings = z.output<typeof cameraSettings>;

/** The JSON Schema (draft 7, which YAML editors know) of the file. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: "input", target: "draft-7" });
}

function topic(description: string) {
  return z.string(TEXT_RULE).max(128).regex(
    /^[\w.-]+(?:\/[\w.-]+)*$/,
    "be a topic such as home/cameras, of letters, digits, _, . and -",
  ).meta({ description });
}
