/**
 * Reads the daemon's configuration: YAML with places, variables and secrets from files, every
 * mistake at once.
 *
 * @module
 */

import { type CameraAddress, withPassword } from "./camera_address.ts";
import { checkTogether } from "./config_checks.ts";
import { ConfigMistakes, type Mistake } from "./config_mistakes.ts";
import {
  type CameraSettings,
  type ConfigFile,
  configJsonSchema,
  configSchema,
} from "./config_schema.ts";
import type {
  ApiToken,
  CameraConfig,
  DaemonConfig,
  MqttConfig,
  RtspUser,
  WebhookConfig,
} from "./daemon_config.ts";
import { findingsOf } from "./schema_mistakes.ts";
import { withSecretsFromFiles } from "./secret_files.ts";
import { YamlTree } from "./yaml_tree.ts";

/** Enough for a thousand cameras. */
export const MAX_CONFIG_BYTES = 256 << 10;

export interface ConfigSource {
  /** Name of the file, for messages. */
  readonly file: string;
  readonly text: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * The text of a file with a secret or certificate, its name as it stands in this one. Rejects with
   * an `Error`.
   */
  readonly readSecretFile: (path: string, maxBytes: number) => Promise<string>;
}

/** Rejects with `ConfigMistakes`, which has all of them. */
export async function loadConfig(source: ConfigSource): Promise<DaemonConfig> {
  const tree = new YamlTree(source.text, source.env);
  if (!tree.usable) throw new ConfigMistakes(source.file, tree.mistakes);
  const mistakes: Mistake[] = [...tree.mistakes];
  const complain = (path: readonly PropertyKey[], text: string, at: "key" | "value" = "value") => {
    if (!tree.isUnknown(path)) mistakes.push(tree.mistakeAt(path, text, at));
  };
  const value = await withSecretsFromFiles(tree.value, { read: source.readSecretFile, complain });
  const parsed = configSchema.safeParse(value, { reportInput: true });
  const findings = parsed.success ? [] : findingsOf(parsed.error.issues, {
    jsonSchema: configJsonSchema(),
    templateOf: (path) => tree.templateOf(path),
  });
  for (const { path, text, at } of [...findings, ...checkTogether(value)]) complain(path, text, at);
  if (mistakes.length > 0 || !parsed.success) throw new ConfigMistakes(source.file, mistakes);
  return daemonConfig(parsed.data);
}

/** A camera from its settings, in the file or in a request. */
export function cameraConfig(name: string, settings: CameraSettings): CameraConfig {
  const { address, password, mode, idle, forward, wake_budget } = settings;
  return {
    name,
    address: password === undefined ? address : withPassword<CameraAddress>(address, password),
    mode,
    idle,
    forward,
    wakeBudget: wake_budget && {
      wakesPerHour: wake_budget.wakes_per_hour,
      awakePerDay: wake_budget.awake_per_day,
      minBattery: wake_budget.min_battery,
    },
  };
}

function daemonConfig(file: ConfigFile): DaemonConfig {
  const { api, rtsp, cameras, webhooks, mqtt, log, recorder } = file;
  return {
    api: {
      listen: api.listen,
      tokens: api.tokens.flatMap(({ name, token }): ApiToken[] => token ? [{ name, token }] : []),
      allowedHosts: api.allowed_hosts,
      allowedOrigins: api.allowed_origins.map(({ origin }) => origin),
    },
    rtsp: {
      listen: rtsp.listen,
      users: rtsp.users.flatMap(({ name, password }): RtspUser[] =>
        password ? [{ user: name, password }] : []
      ),
    },
    cameras: Object.entries(cameras).map(([name, settings]) => cameraConfig(name, settings)),
    webhooks: webhooks.map(({ url, secret, events }): WebhookConfig => ({ url, secret, events })),
    mqtt: mqtt && mqttConfig(mqtt),
    log: { level: log.level, format: log.format },
    recorder: recorder && { dir: recorder.dir, maxFiles: recorder.max_files },
  };
}

function mqttConfig(mqtt: NonNullable<ConfigFile["mqtt"]>): MqttConfig {
  const { server, ca, username, password, discovery_prefix, topic } = mqtt;
  return { server, ca, username, password, discoveryPrefix: discovery_prefix, topic };
}
