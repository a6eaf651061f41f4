/** Completions as each shell wants them, from the table of commands. @module */

import { LOG_LEVELS } from "../log/log.ts";
import { COMMON_OPTIONS } from "./args.ts";
import type { Command } from "./context.ts";
import { LOG_FORMATS } from "./log_sink.ts";

/** Options whose value is one of a few words. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  "log-level": LOG_LEVELS,
  "log-format": LOG_FORMATS,
  "wait": ["frame"],
};

/** Options whose value is a file. */
const FILES: ReadonlySet<string> = new Set(["config", "scenario", "bundle", "capture"]);

/** Prints the names of a running daemon's cameras; with none running, nothing. */
const LIST_CAMERAS =
  `sightline list --json 2>/dev/null | sed -n 's/^{"name":"\\([^"]*\\)".*/\\1/p'`;

interface Option {
  readonly name: string;
  readonly takesValue: boolean;
}

function optionsOf({ options = {} }: Command): readonly Option[] {
  const values = [...options.values ?? [], ...COMMON_OPTIONS.values ?? []];
  const flags = [...options.flags ?? [], ...COMMON_OPTIONS.flags ?? []];
  return [
    ...values.map((name) => ({ name, takesValue: true })),
    ...flags.map((name) => ({ name, takesValue: false })),
  ];
}

export function bashCompletions(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  return `# bash completion for sightline
_sightline() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "${names}" -- "$cur"))
    return
  fi
  case \${COMP_WORDS[1]} in
${commands.map(bashCommand).join("\n")}
  esac
}
complete -F _sightline sightline
`;
}

function bashCommand(command: Command): string {
  const options = optionsOf(command);
  const values = options.filter(({ takesValue }) => takesValue).map(({ name }) =>
    `        --${name}) ${bashValue(name)}; return ;;`
  );
  const own = options.map(({ name }) => `--${name}`).join(" ");
  return `    ${command.name})
      case $prev in
${values.join("\n")}
      esac
      if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "${own}" -- "$cur"))
      else
        ${bashArgument(command)}
      fi
      ;;`;
}

function bashValue(option: string): string {
  const words = WORDS[option];
  if (words !== undefined) return `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$cur"))`;
  return FILES.has(option) ? 'COMPREPLY=($(compgen -f -- "$cur"))' : ":";
}

function bashArgument({ completes }: Command): string {
  if (completes === undefined) return ":";
  if (completes === "file") return 'COMPREPLY=($(compgen -f -- "$cur"))';
  const words = completes === "camera" ? `$(${LIST_CAMERAS})` : completes.join(" ");
  return `COMPREPLY=($(compgen -W "${words}" -- "$cur"))`;
}

export function zshCompletions(commands: readonly Command[]): string {
  const described = commands.map(({ name, summary }) => `    ${zshQuoted(`${name}:${summary}`)}`);
  return `#compdef sightline
_sightline_cameras() {
  local -a names
  names=(\${(f)"$(${LIST_CAMERAS})"})
  compadd -a names
}
_sightline() {
  local -a commands
  commands=(
${described.join("\n")}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${commands.map(zshCommand).join("\n")}
  esac
}
compdef _sightline sightline
`;
}

function zshCommand(command: Command): string {
  const specs = optionsOf(command).map(({ name, takesValue }) =>
    zshQuoted(takesValue ? `--${name}=:${name}:${zshValue(name)}` : `--${name}`)
  );
  const argument = zshArgument(command);
  if (argument !== undefined) specs.push(zshQuoted(`*:argument:${argument}`));
  return `    ${command.name}) _arguments ${specs.join(" ")} ;;`;
}

function zshValue(option: string): string {
  const words = WORDS[option];
  if (words !== undefined) return `(${words.join(" ")})`;
  return FILES.has(option) ? "_files" : "";
}

function zshArgument({ completes }: Command): string | undefined {
  if (completes === undefined) return undefined;
  if (completes === "camera") return "_sightline_cameras";
  return completes === "file" ? "_files" : `(${completes.join(" ")})`;
}

/** In single quotes, which a shell takes as they are. */
function zshQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function fishCompletions(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c sightline -n __fish_use_subcommand -a ${command.name} -d ${
      fishQuoted(command.summary)
    }`,
    ...optionsOf(command).map((option) => fishOption(command, option)),
    ...fishArgument(command),
  ]);
  return `# fish completion for sightline
complete -c sightline -f
${lines.join("\n")}
`;
}

function fishOption({ name }: Command, option: Option): string {
  const head = `complete -c sightline -n '__fish_seen_subcommand_from ${name}' -l ${option.name}`;
  if (!option.takesValue) return head;
  const words = WORDS[option.name];
  if (words !== undefined) return `${head} -x -a ${fishQuoted(words.join(" "))}`;
  return FILES.has(option.name) ? `${head} -r -F` : `${head} -x`;
}

function fishArgument({ name, completes }: Command): readonly string[] {
  if (completes === undefined) return [];
  const head = `complete -c sightline -n '__fish_seen_subcommand_from ${name}'`;
  if (completes === "file") return [`${head} -F`];
  const words = completes === "camera" ? `(${LIST_CAMERAS})` : completes.join(" ");
  return [`${head} -a ${fishQuoted(words)}`];
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
