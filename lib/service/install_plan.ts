/**
 * What installing and removing a service does, step by step, for a service manager.
 *
 * @module
 */
import { CONFIG_FILE, CONFIG_FOLDER, SECRETS_FOLDER } from "./places.ts";
import { KEEP_LIST, procdScript } from "./procd_script.ts";
import { SAMPLE_CONFIG } from "./sample_config.ts";
import type { ServiceOptions } from "./service_options.ts";
import { systemdUnit } from "./systemd_unit.ts";

export const SERVICE_MANAGERS = ["systemd", "procd"] as const;

export type ServiceManager = typeof SERVICE_MANAGERS[number];

/** One change of the machine, or one order to its service manager. */
export type Step =
  | { readonly type: "folder"; readonly path: string; readonly mode: number }
  | {
    readonly type: "file";
    readonly path: string;
    readonly mode: number;
    readonly text: string;
    /** What is there stays as it is. */
    readonly keep?: boolean;
  }
  | { readonly type: "copy"; readonly from: string; readonly path: string; readonly mode: number }
  | { readonly type: "remove"; readonly path: string }
  | {
    readonly type: "run";
    readonly command: readonly string[];
    /** Whether it may fail, as when there is nothing to stop. */
    readonly optional?: boolean;
  };

export interface InstallOptions extends ServiceOptions {
  readonly manager: ServiceManager;
  /** The program to be copied to `binary`. */
  readonly from: string;
  /** The configuration where there is none yet; a sample unless given. */
  readonly config?: string | undefined;
}

interface Service {
  /** Files that make the service known. */
  files(options: ServiceOptions): readonly Step[];
  readonly start: readonly (readonly string[])[];
  readonly stop: readonly (readonly string[])[];
}

/** Where `install` has the unit; a package has it elsewhere. */
export const UNIT = "/etc/systemd/system/sightline.service";
const SCRIPT = "/etc/init.d/sightline";
const KEEP = "/lib/upgrade/keep.d/sightline";

const SERVICES: Readonly<Record<ServiceManager, Service>> = {
  systemd: {
    files: (options) => [{ type: "file", path: UNIT, mode: 0o644, text: systemdUnit(options) }],
    start: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "sightline.service"],
      ["systemctl", "restart", "sightline.service"],
    ],
    stop: [["systemctl", "disable", "--now", "sightline.service"]],
  },
  procd: {
    files: (options) => [
      { type: "file", path: SCRIPT, mode: 0o755, text: procdScript(options) },
      { type: "folder", path: "/lib/upgrade/keep.d", mode: 0o755 },
      { type: "file", path: KEEP, mode: 0o644, text: KEEP_LIST },
    ],
    start: [[SCRIPT, "enable"], [SCRIPT, "restart"]],
    stop: [[SCRIPT, "stop"], [SCRIPT, "disable"]],
  },
};

/** Installs or upgrades: the same steps, but what the administrator wrote stays. */
export function installPlan(options: InstallOptions): readonly Step[] {
  const { manager, from, binary, config = SAMPLE_CONFIG } = options;
  const { files, start } = SERVICES[manager];
  return [
    { type: "folder", path: binary.slice(0, binary.lastIndexOf("/")), mode: 0o755 },
    { type: "copy", from, path: binary, mode: 0o755 },
    { type: "folder", path: CONFIG_FOLDER, mode: 0o755 },
    { type: "folder", path: SECRETS_FOLDER, mode: 0o700 },
    { type: "file", path: CONFIG_FILE, mode: 0o644, text: config, keep: true },
    ...files(options),
    ...start.map((command): Step => ({ type: "run", command })),
  ];
}

/** Stops and removes the service and its program; with `purge`, also what the administrator wrote. */
export function uninstallPlan(
  { manager, binary, purge }: {
    readonly manager: ServiceManager;
    readonly binary: string;
    readonly purge: boolean;
  },
): readonly Step[] {
  const { files, stop } = SERVICES[manager];
  const written = files({ binary, lowMemory: false }).filter((step) => step.type === "file");
  const owned = purge ? [CONFIG_FOLDER, "/var/lib/private/sightline", "/var/lib/sightline"] : [];
  return [
    ...stop.map((command): Step => ({ type: "run", command, optional: true })),
    ...[...written.map(({ path }) => path), binary, ...owned].map(remove),
    ...(manager === "systemd"
      ? [{ type: "run", command: ["systemctl", "daemon-reload"] } as const]
      : []),
  ];
}

function remove(path: string): Step {
  return { type: "remove", path };
}
