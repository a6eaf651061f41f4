import { join } from "node:path";
import { ConfigError } from "../../config/config_error.ts";
import { pathExists } from "../../io/files.ts";
import { uninstallPlan, UNIT } from "../../service/install_plan.ts";
import { CONFIG_FOLDER } from "../../service/places.ts";
import { type OptionSpec, readArgs } from "../args.ts";
import type { Command } from "../context.ts";
import { checkNotPackaged, checkRoot, findPlace } from "./install.ts";
import { carryOut, rehearse } from "../install_steps.ts";

const OPTIONS: OptionSpec = { values: ["init", "prefix", "root"], flags: ["dry-run", "purge"] };

export const uninstallCommand: Command = {
  name: "uninstall",
  summary: "takes back what install did",
  options: OPTIONS,
  help: [
    "Usage: sightline uninstall [--purge] [--dry-run]",
    "",
    `Stops the service and removes it and the program. What is in ${CONFIG_FOLDER} stays, unless`,
    "told otherwise. Needs root.",
    "",
    "  --purge        also configuration, secrets and state",
    "  --dry-run      say what would be done; needs no root",
    "  --init NAME    as it was given to install",
    "  --prefix DIR   as it was given to install",
    "  --root DIR     as it was given to install",
  ].join("\n"),
  async run(args, { print }) {
    const parsed = readArgs(args, OPTIONS);
    const [unexpected] = parsed.positionals;
    if (unexpected !== undefined) {
      throw new ConfigError(`uninstall takes no argument "${unexpected}"`);
    }
    const place = await findPlace(parsed);
    const { manager, binary, root } = place;
    const steps = uninstallPlan({ manager, binary, purge: parsed.flags.has("purge") });
    if (parsed.flags.has("dry-run")) return await rehearse(steps, { root, print });
    checkRoot(place, "uninstall");
    // What install did before the package came can still be taken back.
    if (!await pathExists(join(root, UNIT))) await checkNotPackaged(place, "removes");
    await carryOut(steps, { root, print });
  },
};
