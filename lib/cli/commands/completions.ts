import { ConfigError } from "../../config/config_error.ts";
import { closest } from "../../config/suggest.ts";
import { readArgs } from "../args.ts";
import { bashCompletions, fishCompletions, zshCompletions } from "../completion_scripts.ts";
import type { Command } from "../context.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

const SCRIPTS: Readonly<Record<typeof SHELLS[number], (commands: readonly Command[]) => string>> = {
  bash: bashCompletions,
  zsh: zshCompletions,
  fish: fishCompletions,
};

/** The command that prints completions of all `commands`, which are asked for once it runs. */
export function completionsCommand(commands: () => Promise<readonly Command[]>): Command {
  return {
    name: "completions",
    summary: "completions for bash, zsh or fish",
    options: {},
    completes: SHELLS,
    help: [
      "Usage: sightline completions bash|zsh|fish",
      "",
      "Prints what has a shell complete commands, options and the names of a running daemon's cameras:",
      "",
      "  sightline completions bash > ~/.local/share/bash-completion/completions/sightline",
      "  sightline completions zsh  > /usr/local/share/zsh/site-functions/_sightline",
      "  sightline completions fish > ~/.config/fish/completions/sightline.fish",
    ].join("\n"),
    async run(args, { print }) {
      const { positionals: [name, ...rest] } = readArgs(args, {});
      const shell = SHELLS.find((one) => one === name);
      if (shell === undefined || rest.length > 0) {
        const meant = name === undefined ? undefined : closest(name, SHELLS);
        const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
        throw new ConfigError(`completions needs one of ${SHELLS.join(", ")}${hint}`);
      }
      print(SCRIPTS[shell](await commands()).trimEnd());
    },
  };
}
