import { dirname, resolve } from "node:path";
import type { DaemonConfig } from "../config/daemon_config.ts";
import { loadConfig, MAX_CONFIG_BYTES } from "../config/load_config.ts";
import type { CliContext } from "./context.ts";

/**
 * Reads a configuration file, and the secrets it keeps in files of their own, which it names relative
 * to itself. Rejects with `ConfigMistakes` for what is wrong in it, with `FileError` when it cannot be
 * read.
 */
export async function readConfigFile(
  file: string,
  { readTextFile, env }: Pick<CliContext, "readTextFile" | "env">,
): Promise<DaemonConfig> {
  return await loadConfig({
    file,
    text: await readTextFile(file, MAX_CONFIG_BYTES),
    env,
    readSecretFile: (path, maxBytes) => readTextFile(resolve(dirname(file), path), maxBytes),
  });
}
