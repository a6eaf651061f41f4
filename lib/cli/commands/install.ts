import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { buildInfo } from "../../build_info.ts";
import { ConfigError } from "../../config/config_error.ts";
import { loadConfig, MAX_CONFIG_BYTES } from "../../config/load_config.ts";
import { pathExists } from "../../io/files.ts";
import { runProgram } from "../../io/programs.ts";
import { installPlan, SERVICE_MANAGERS, type ServiceManager } from "../../service/install_plan.ts";
import { openSecrets } from "../../service/open_secrets.ts";
import { CONFIG_FILE, CONFIG_FOLDER, SECRETS_FOLDER } from "../../service/places.ts";
import { OLDEST_SYSTEMD } from "../../service/systemd_unit.ts";
import { type OptionSpec, type ParsedArgs, readArgs } from "../args.ts";
import type { CliContext, Command } from "../context.ts";
import { carryOut, rehearse } from "../install_steps.ts";

const OPTIONS: OptionSpec = {
  values: ["binary", "config", "init", "prefix", "root"],
  flags: ["dry-run", "low-memory"],
};

/** Where programs of the machine's owner go. OpenWrt has no /usr/local on its path. */
const PREFIXES: Readonly<Record<ServiceManager, string>> = { systemd: "/usr/local", procd: "/usr" };

/** Where systemd has what the unit hands to the service. */
const CREDENTIALS = "/run/credentials/sightline.service";

/** Where the service finds what is in the folder of secrets. */
const HANDED_OVER: Readonly<Record<ServiceManager, string>> = {
  systemd: "${CREDENTIALS_DIRECTORY}/secrets_NAME",
  procd: "secrets/NAME",
};

/** What shows that a package manager has the service. */
const PACKAGED = [
  "/lib/systemd/system/sightline.service",
  "/usr/lib/systemd/system/sightline.service",
];

export const installCommand: Command = {
  name: "install",
  summary: "this program as a service of this machine: systemd, or procd on OpenWrt",
  options: OPTIONS,
  help: [
    "Usage: sightline install [--config FILE] [--low-memory] [--dry-run]",
    "",
    "Copies this program, makes it a service that is started now and at each start of the machine,",
    `and writes ${CONFIG_FILE} where there is none. Run by a newer program it upgrades:`,
    "configuration and secrets stay. Needs root. sightline uninstall takes all of it back.",
    "",
    "  --dry-run      say what would be done, and show what would be written; needs no root",
    "  --config FILE  the configuration of a first installation, without passwords in it; files",
    `                 of passwords it names must be in ${SECRETS_FOLDER} already`,
    "  --low-memory   for a machine with little memory; see sightline serve --help",
    "  --init NAME    systemd or procd; what runs here unless given",
    "  --prefix DIR   the program becomes DIR/bin/sightline; default /usr/local, on OpenWrt /usr",
    "  --root DIR     install into an image below DIR; its service manager is not called",
    "  --binary FILE  install that program instead of this one",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, OPTIONS);
    const [unexpected] = parsed.positionals;
    if (unexpected !== undefined) {
      throw new ConfigError(`install takes no argument "${unexpected}"`);
    }
    const place = await findPlace(parsed);
    const steps = installPlan({
      manager: place.manager,
      binary: place.binary,
      lowMemory: parsed.flags.has("low-memory"),
      from: sourceBinary(parsed),
      config: await readConfig(parsed.values.get("config"), place, context),
    });
    const options = { root: place.root, print: context.print };
    if (parsed.flags.has("dry-run")) return await rehearse(steps, options);
    await checkMachine(place);
    await carryOut(steps, options);
  },
};

/** Where something is installed, and what runs it there. */
export interface Place {
  readonly manager: ServiceManager;
  readonly root: string;
  readonly binary: string;
}

export async function findPlace({ values }: ParsedArgs): Promise<Place> {
  const root = values.get("root") ?? "/";
  const manager = await findManager(values.get("init"), root);
  const prefix = values.get("prefix") ?? PREFIXES[manager];
  if (!prefix.startsWith("/")) {
    throw new ConfigError(`Option --prefix must be a path from / on: is "${prefix}"`);
  }
  // It becomes part of a unit and of a shell script, where anything else would need quoting.
  if (!/^[\w./+-]+$/.test(prefix)) {
    throw new ConfigError(
      `Option --prefix must be of letters, digits and . / _ + -: is "${prefix}"`,
    );
  }
  return { manager, root, binary: join(prefix, "bin", "sightline") };
}

/** Throws `ConfigError` unless files of the system can be changed. */
export function checkRoot({ root }: Place, action: string): void {
  if (root !== "/" || process.getuid === undefined || process.getuid() === 0) return;
  throw new ConfigError(
    `Cannot ${action} as only root may: is user ${process.getuid()}; see --dry-run`,
  );
}

async function findManager(wanted: string | undefined, root: string): Promise<ServiceManager> {
  const known = SERVICE_MANAGERS.find((name) => name === wanted);
  if (known !== undefined) return known;
  if (wanted !== undefined) {
    throw new ConfigError(
      `Option --init must be one of ${SERVICE_MANAGERS.join(", ")}: is "${wanted}"`,
    );
  }
  if (await pathExists(join(root, "sbin/procd"))) return "procd";
  if (await pathExists(root === "/" ? "/run/systemd/system" : join(root, "lib/systemd"))) {
    return "systemd";
  }
  throw new ConfigError("Neither systemd nor procd is here; --init says which one to install for");
}

/** The program that runs, unless told otherwise. */
function sourceBinary({ values }: ParsedArgs): string {
  const given = values.get("binary");
  if (given !== undefined) return given;
  if (buildInfo !== undefined) return process.execPath;
  throw new ConfigError(
    "This program runs from its sources: deno task build makes one that can be installed",
  );
}

/**
 * Refuses one that the service could not start with, or that tells passwords to everybody, as the
 * installed one can be read by all.
 */
async function readConfig(
  file: string | undefined,
  { manager, root }: Place,
  { readTextFile }: CliContext,
): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = await readTextFile(file, MAX_CONFIG_BYTES);
  const [line] = openSecrets(text);
  if (line !== undefined) {
    throw new ConfigError(
      `${file}:${line}: a secret is in it, and everybody on the machine could read it; put it ` +
        `alone into ${SECRETS_FOLDER}/NAME and say password_file: ${HANDED_OVER[manager]}`,
    );
  }
  await loadConfig({
    file,
    text,
    env: manager === "systemd" ? { CREDENTIALS_DIRECTORY: CREDENTIALS } : {},
    readSecretFile: (path, maxBytes) => readTextFile(join(root, secretPlace(path)), maxBytes),
  });
  return text;
}

/** Where a file lies that the installed configuration names. */
function secretPlace(path: string): string {
  const credential = `${CREDENTIALS}/secrets_`;
  return path.startsWith(credential)
    ? join(SECRETS_FOLDER, path.slice(credential.length))
    : resolve(CONFIG_FOLDER, path);
}

async function checkMachine(place: Place): Promise<void> {
  checkRoot(place, "install");
  const { root, manager, binary } = place;
  await checkNotPackaged(place, "upgrades");
  if (manager === "systemd" && root === "/") await checkSystemd();
  const prefix = dirname(dirname(binary));
  // A disk that is not mounted must not be made up for by a folder of its name.
  if (root === "/" && !(await pathExists(prefix))) {
    throw new ConfigError(`Option --prefix must be a folder: there is no "${prefix}"`);
  }
}

/** Throws `ConfigError` when the service is of a package. */
export async function checkNotPackaged(
  { root }: Place,
  verb: "upgrades" | "removes",
): Promise<void> {
  for (const path of PACKAGED) {
    if (!await pathExists(join(root, path))) continue;
    throw new ConfigError(`${path} belongs to a package, which its package manager ${verb}`);
  }
}

async function checkSystemd(): Promise<void> {
  const { code, stdout, stderr } = await runProgram(["systemctl", "--version"], 10_000);
  const version = Number(/^systemd (\d+)/.exec(stdout)?.[1]);
  if (code !== 0) throw new ConfigError(`systemctl must work here: ${stderr.trim()}`);
  if (version >= OLDEST_SYSTEMD) return;
  throw new ConfigError(`systemd must be ${OLDEST_SYSTEMD} or newer: is ${version}`);
}
