/** The manual page, made of what `--help` says. @module */
import { allCommands } from "../../lib/cli/commands.ts";
import { EXIT_CODES_HELP } from "../../lib/cli/exit_code.ts";

/** In the language of man(7). `date` is `2026-01-31T…`. */
export async function manPage(version: string, date: string): Promise<string> {
  const commands = await allCommands();
  return [
    `.TH SIGHTLINE 1 ${date.slice(0, 10)} "sightline ${version}" "User Commands"`,
    ".SH NAME",
    "sightline \\- cameras behind NAT as RTSP on this machine",
    ".SH SYNOPSIS",
    ".B sightline",
    ".I COMMAND",
    "[\\fIARGUMENTS\\fR]",
    ".SH DESCRIPTION",
    "Reaches cameras of the Dahua family by serial number and Reolink cameras by UID, and offers them",
    "on this machine.",
    ".SH COMMANDS",
    ...commands.flatMap(({ name, help }) => [`.SS ${name}`, ".nf", escape(help), ".fi"]),
    ".SH EXIT STATUS",
    ".nf",
    escape(EXIT_CODES_HELP.join("\n")),
    ".fi",
    ".SH FILES",
    ".TP",
    ".I /etc/sightline/sightline.yaml",
    "Cameras and settings of the service; sightline check \\-\\-schema tells all there are.",
    ".TP",
    ".I /etc/sightline/secrets",
    "Files with one password each, for the service.",
    "",
  ].join("\n");
}

/** A line that begins with a dot or an apostrophe would be an order. */
function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/gm, "\\&$1");
}
