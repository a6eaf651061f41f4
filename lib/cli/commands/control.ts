import type { CameraJson } from "../../../routes/camera_json.ts";
import { ConfigError } from "../../config/config_error.ts";
import { formatPath } from "../../config/config_mistakes.ts";
import { CONTROL_TYPES, controlOrder, PTZ_DIRECTIONS } from "../../config/control_order.ts";
import { DURATION_RULE } from "../../config/duration.ts";
import { findingsOf } from "../../config/schema_mistakes.ts";
import { closest } from "../../config/suggest.ts";
import { type OptionSpec, type ParsedArgs, readArgs } from "../args.ts";
import type { Command } from "../context.ts";
import { DAEMON_HELP, DAEMON_OPTIONS, DaemonClient } from "../daemon_client.ts";
import { printable } from "../daemon_failure.ts";

const OPTIONS: OptionSpec = { values: [...DAEMON_OPTIONS.values ?? [], "for", "speed"] };

export const controlCommand: Command = {
  name: "control",
  summary: "have an open camera move, light up, sound its siren or restart",
  options: OPTIONS,
  completes: "camera",
  help: [
    "Usage: sightline control NAME [ORDER] [--for 2s] [--speed 32] [--json]",
    "",
    "Asks a running sightline serve to have a camera do something, and returns once it is done. A",
    "camera that is not open is neither reached nor woken: start it first. Without an ORDER it lists",
    "what the camera says it can be told. Quiet on success; exit 6 where the camera is not open or has",
    "no such control, 5 where it refuses the order itself or does not answer.",
    "",
    "  light on|off       its floodlight, which goes off by itself after --for, default 3m, up to 1h",
    "  siren [on|off]     sounds its siren once, or silences it",
    "  led on|off         the light that shows its state",
    "  pir on|off         the sensor that wakes it and tells of motion",
    "  ptz DIRECTION      moves it for --for, default 1s, up to 10s, at --speed 1 to 64, default 32; it",
    `                     always stops. ${PTZ_DIRECTIONS.slice(0, 6).join(", ")},`,
    `                     ${PTZ_DIRECTIONS.slice(6).join(", ")}`,
    "  preset ID          goes to a place that it was told to remember",
    "  zoom POSITION      in the camera's own steps",
    "  reboot             restarts it",
    "",
    `  --for DURATION     ${DURATION_RULE}`,
    "  --speed NUMBER     1 to 64",
    ...DAEMON_HELP,
    "  --json             the camera, as the API has it",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, OPTIONS);
    const [name, ...words] = parsed.positionals;
    if (name === undefined) throw new ConfigError("control needs the NAME of a camera; see --help");
    const order = readOrder(words, parsed);
    const client = new DaemonClient(parsed, context);
    const camera = order === undefined
      ? await client.camera(name)
      : await client.control(name, order.body, order.lasts);
    if (parsed.flags.has("json")) context.print(JSON.stringify(camera));
    else if (order === undefined) { for (const line of describe(camera)) context.print(line); }
  },
};

/** An order as the API takes it, and how long it lasts. Mistakes are found without a daemon, too. */
function readOrder(words: readonly string[], { values }: ParsedArgs) {
  const [type, what, extra] = words;
  if (type === undefined) {
    const option = ["for", "speed"].find((name) => values.has(name));
    if (option !== undefined) {
      throw new ConfigError(`Option --${option} needs an order; see --help`);
    }
    return undefined;
  }
  if (extra !== undefined) throw new ConfigError(`control takes one order; "${extra}" is too much`);
  const speed = values.get("speed");
  const body = {
    type,
    ...whatOf(type, what),
    ...(values.has("for") && { for: values.get("for") }),
    ...(speed !== undefined && { speed: numberOf(speed) }),
  };
  const { data, error } = controlOrder.safeParse(body);
  if (data !== undefined) return { body, lasts: data.type === "ptz" ? data.for : 0 };
  const [finding] = findingsOf(error.issues, {
    jsonSchema: {},
    inputOf: ([key]) => key === undefined ? body : Reflect.get(body, key),
  });
  const place = finding === undefined ? "" : formatPath(finding.path);
  throw new ConfigError(`control ${words.join(" ")}: ${complaint(type, place, finding?.text)}`);
}

/** What stands behind the kind of an order, by the name the API has for it. */
function whatOf(type: string, what: string | undefined): Readonly<Record<string, unknown>> {
  if (what === undefined) return {};
  switch (type) {
    case "ptz":
      return { direction: what };
    case "preset":
      return { id: numberOf(what) };
    case "zoom":
      return { position: numberOf(what) };
    default:
      return { on: what === "on" ? true : what === "off" ? false : what };
  }
}

/** A number where it is one; else what was said, to be complained of. */
function numberOf(text: string): number | string {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function complaint(type: string, place: string, text = "is not understood"): string {
  if (place === "type") {
    const meant = closest(type, CONTROL_TYPES);
    const hint = meant === undefined
      ? `there are ${CONTROL_TYPES.join(", ")}`
      : `did you mean ${meant}?`;
    return `there is no order "${type}"; ${hint}`;
  }
  if (text.startsWith("is no setting")) {
    return place === "on" ? `${type} takes no more words` : `${type} takes no --${place}`;
  }
  if (place !== "on") return `${place} ${text}`;
  return text === "is missing"
    ? "it must be on or off"
    : text.replace("true or false", "on or off");
}

/** What it can be told, an order a line. */
function describe({ controls }: CameraJson): readonly string[] {
  if (controls === undefined) return ["it has not said yet what it can be told; start it first"];
  const lines = controls.flatMap((control): readonly string[] => {
    switch (control.type) {
      case "ptz":
        return [`ptz ${control.directions.join("|")}`];
      case "preset":
        if (control.presets.length === 0) return ["preset ID  (there is none yet)"];
        return control.presets.map(({ id, name }) =>
          `preset ${id}${name === "" ? "" : `  ${name}`}`
        );
      case "zoom":
        return [`zoom ${control.min} to ${control.max}`];
      case "reboot":
        return ["reboot"];
      default:
        return [`${control.type} on|off`];
    }
  });
  return lines.length === 0 ? ["there is nothing that it can be told"] : lines.map(printable);
}
