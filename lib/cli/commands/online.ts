import { type CameraAddress, parseCameraAddress } from "../../config/camera_address.ts";
import { ConfigError } from "../../config/config_error.ts";
import { redactAddress } from "../../config/redact_address.ts";
import { findOnline, type OnlineFinding, type Presence } from "../../doctor/online.ts";
import { type OptionSpec, readArgs } from "../args.ts";
import type { CliContext, Command } from "../context.ts";
import { ExitCode, Failure } from "../exit_code.ts";
import { formatTable } from "../table.ts";

const OPTIONS: OptionSpec = { flags: ["csv"] };

/** Cameras asked for in one run: as many as a daemon may have. */
export const MAX_IDS = 256;

const MAX_INPUT_BYTES = 64 << 10;

/** Digits and letters of a UID; serial numbers of the Dahua family are shorter. */
const UID_LENGTH = 16;

/** A camera of the list. */
interface Listed {
  /** As it is shown: serial number or UID. */
  readonly id: string;
  readonly address: CameraAddress;
}

export const onlineCommand: Command = {
  name: "online",
  summary: "which of the cameras named on standard input are online",
  options: OPTIONS,
  help: [
    "Usage: sightline online [--json | --csv] < IDS",
    "",
    "Asks the vendors' clouds which of these cameras are online: one question each, a few at a time.",
    "No camera is reached or woken. IDS has one serial number or UID a line, or an address, whose",
    "server is asked then; empty lines and those that begin with # are left out.",
    "",
    "  echo 4K0123PAZ00001 | sightline online",
    "  echo 'dahua://4K0123PAZ00001?server=p2p.example:8800' | sightline online --json",
    "",
    `For cameras you own: ranges and patterns are refused, and more than ${MAX_IDS} ids, too. A name of`,
    `${UID_LENGTH} letters and digits is taken for a Reolink UID, any other one for a Dahua serial number.`,
    "",
    "  --json  one JSON object a camera, as soon as it is known",
    "  --csv   comma-separated values, the same way",
    "",
    "Exits with 0 when all are online, with 3 when some are offline or unknown, which clouds do not",
    "tell apart, and with 5 when a cloud did not answer.",
  ].join("\n"),
  async run(args, context) {
    const { flags, positionals } = readArgs(args, OPTIONS);
    if (positionals.length > 0) throw new ConfigError("online takes ids on standard input only");
    if (flags.has("json") && flags.has("csv")) {
      throw new ConfigError("online prints --json or --csv, not both");
    }
    const cameras = parseIds(await context.readStdin(MAX_INPUT_BYTES));
    const report = flags.has("json")
      ? reportJson(context)
      : flags.has("csv")
      ? reportCsv(context)
      : reportTable(context, cameras);
    await run(cameras, report, context);
  },
};

/** The cameras of a list, each once. Throws `ConfigError` before anybody is asked anything. */
export function parseIds(text: string): readonly Listed[] {
  const cameras = new Map<string, Listed>();
  text.split(/\r?\n/).forEach((line, index) => {
    const word = line.trim();
    if (word === "" || word.startsWith("#")) return;
    const address = parseId(word, index + 1);
    const id = address.vendor === "dahua" ? address.serial : nameOf(address, index + 1);
    cameras.set(`${address.vendor} ${id}`, { id, address });
    if (cameras.size <= MAX_IDS) return;
    throw new ConfigError(`Standard input must have at most ${MAX_IDS} ids: has more`);
  });
  if (cameras.size === 0) throw new ConfigError("Standard input must have ids, one a line");
  return [...cameras.values()];
}

function parseId(word: string, line: number): CameraAddress {
  try {
    if (/^[a-z]+:\/\//i.test(word)) return parseCameraAddress(word);
    if (!/^[A-Za-z0-9]{8,32}$/.test(word)) throw new ConfigError(notAnId(word));
    return parseCameraAddress(`${word.length === UID_LENGTH ? "reolink" : "dahua"}://${word}`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(`Line ${line} of standard input: ${error.message}`);
  }
}

function notAnId(word: string): string {
  const shown = redactAddress(word.slice(0, 64));
  return `"${shown}" must be one whole serial number or UID; ranges and patterns are not expanded`;
}

function nameOf(address: Extract<CameraAddress, { vendor: "reolink" }>, line: number): string {
  if (address.target.type === "uid") return address.target.uid;
  throw new ConfigError(
    `Line ${line} of standard input: a camera by address is known to no cloud; name its UID`,
  );
}

/** How findings are shown: each one as it comes, and all of them in the end. */
interface Report {
  readonly add: (camera: Listed, finding: OnlineFinding) => void;
  readonly finish: () => void;
}

async function run(
  cameras: readonly Listed[],
  report: Report,
  { world, stop }: CliContext,
): Promise<void> {
  const counts: Record<Presence, number> = { online: 0, offline: 0, unanswered: 0 };
  await findOnline({
    world,
    cameras,
    addressOf: ({ address }) => address,
    onFinding: (camera, finding) => {
      counts[finding.presence] += 1;
      report.add(camera, finding);
    },
  }, stop);
  report.finish();
  if (stop.aborted) throw new Failure(ExitCode.unexpected, "stopped before the end");
  const { offline, unanswered } = counts;
  const of = `of ${cameras.length}`;
  if (offline > 0) {
    throw new Failure(ExitCode.unknownCamera, `${offline} ${of} are offline or unknown`);
  }
  if (unanswered > 0) {
    throw new Failure(ExitCode.noPath, `for ${unanswered} ${of} the cloud did not answer`);
  }
}

const COLUMNS = ["id", "vendor", "state", "ms", "detail"] as const;

function cells({ id, address }: Listed, { presence, took, detail }: OnlineFinding): string[] {
  return [id, address.vendor, presence, String(Math.round(took)), detail];
}

function reportJson({ print }: CliContext): Report {
  return {
    add({ id, address: { vendor } }, { presence: state, took, detail }) {
      const shown = detail === "" ? {} : { detail };
      print(JSON.stringify({ id, vendor, state, ms: Math.round(took), ...shown }));
    },
    finish() {},
  };
}

function reportCsv({ print }: CliContext): Report {
  print(COLUMNS.join(","));
  return {
    add: (camera, finding) => print(cells(camera, finding).map(quoted).join(",")),
    finish() {},
  };
}

/** RFC 4180. */
function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** In the order of the list, once all are known. */
function reportTable({ print }: CliContext, cameras: readonly Listed[]): Report {
  const rows = new Map<Listed, string[]>();
  return {
    add: (camera, finding) => rows.set(camera, cells(camera, finding)),
    finish() {
      const ordered = cameras.map((camera) => rows.get(camera)).filter((row) => row !== undefined);
      for (const line of formatTable(COLUMNS, ordered)) print(line);
    },
  };
}
