import { DecodeError } from "../bytes/decode_error.ts";
import { parseCameraAddress } from "../config/camera_address.ts";
import { ConfigError } from "../config/config_error.ts";
import { Secret } from "../config/secret.ts";
import { Dissector } from "../dissect/dissector.ts";
import { parseEndpoint } from "../endpoint.ts";
import { DahuaLink } from "../hub/dahua_link.ts";
import { LinkError } from "../hub/link_error.ts";
import { startReolinkLink } from "../hub/reolink_link.ts";
import type { Instant } from "../machine.ts";
import { type FlightFile, MAX_FLIGHT_FILE, readFlight } from "../recorder/flight_file.ts";
import { bytesOf } from "../recorder/redactor.ts";
import { ReplayWorld } from "../recorder/replay_world.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import { type OptionSpec, readArgs } from "./args.ts";
import type { CliContext, Command } from "./context.ts";
import { ExitCode, Failure } from "./exit_code.ts";

const OPTIONS: OptionSpec = {};

/** How long our code may wait on for what never came, behind the end of a recording. */
const AFTER = 60_000;

/** Stands in for an account nobody told: what it proves is not checked again. */
const ACCOUNT = { user: "replay", password: new Secret("replay") };

export const replayCommand: Command = {
  name: "replay",
  summary: "what a recorded failure does to this program again",
  options: OPTIONS,
  completes: "file",
  help: [
    "Usage: sightline replay FILE [--json]",
    "",
    "Runs what the flight recorder wrote, or a bundle of the doctor, through the program once more,",
    "in its own time and without a network: the way to a camera, from its beginning to its end.",
    "Prints what happens, how it ended then, how it ends now, and how many datagrams went out as",
    "then. Ends with 0 when it ends the same way, else with 1.",
    "",
    "Content of streams is not recorded, so that a replay ends where they would begin to matter.",
    "",
    "  --json  one JSON object a line: event, result",
  ].join("\n"),
  async run(args, context) {
    const { positionals, flags } = readArgs(args, OPTIONS);
    const [path, ...rest] = positionals;
    if (path === undefined || rest.length > 0) {
      throw new ConfigError("replay needs one FILE; see --help");
    }
    const file = read(await context.readTextFile(path, MAX_FLIGHT_FILE));
    if (file.flight.lines.every(({ type }) => type !== "socket")) {
      throw new ConfigError("the recording has no datagrams: a camera by address has TCP alone");
    }
    await replay(file, flags.has("json"), context);
  },
};

function read(text: string): FlightFile {
  try {
    return readFlight(text);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new ConfigError(error.message);
  }
}

async function replay(
  { flight, cause }: FlightFile,
  json: boolean,
  { print }: CliContext,
): Promise<void> {
  const again = new ReplayWorld(flight);
  const start = again.now;
  const tell = (at: Instant, event: { readonly type: string }) => {
    if (json) return print(JSON.stringify({ event: event.type, at: at - start, ...event }));
    const { type, ...rest } = event;
    print(`${((at - start) / 1000).toFixed(3)}  ${type} ${JSON.stringify(rest)}`);
  };
  const end = await run(flight, again, (event) => {
    if (!QUIET.has(event.type)) tell(again.now, event);
  });
  const sent = compareSent(flight, again);
  // A picture that freezes ends nothing: there is no way it must end.
  const isSame = cause.type !== "failure" ||
    end?.reason === cause.reason && end?.stage === cause.stage;
  const result = { same: isSame, then: cause, now: end ?? "still open", sent };
  if (json) print(JSON.stringify({ event: "result", ...result }));
  else {
    print(`then  ${cause.type === "failure" ? wordsOf(cause) : THEN[cause.type]}`);
    print(`now   ${end === undefined ? "still open" : wordsOf(end)}`);
    print(`      ${sent.same} of ${sent.recorded} datagrams went out as then`);
  }
  if (!isSame) {
    throw new Failure(ExitCode.unexpected, "the replay ends in another way than the recording");
  }
}

/** Of recordings that were not made as a way ended. */
const THEN = { stall: "the picture froze", request: "recorded on request" } as const;

/** Too many to be told. */
const QUIET: ReadonlySet<string> = new Set(["readable", "writable"]);

/** Runs the vendor's link to its end; `undefined` where it has none. */
async function run(
  { subject }: FlightFile["flight"],
  again: ReplayWorld,
  onEvent: (event: { readonly type: string }) => void,
): Promise<TunnelEnd | undefined> {
  const parsed = parseCameraAddress(subject.address);
  const address = subject.hasAccount ? { ...parsed, credentials: ACCOUNT } : parsed;
  const { world } = again;
  const abort = new AbortController();
  let end: TunnelEnd | undefined;
  const started = address.vendor === "dahua"
    ? DahuaLink.start({ address, world, onEvent }, abort.signal)
    : startReolinkLink({ address, world, onEvent }, abort.signal);
  const over = started.then((link) => link.ended).then((ended) => {
    end = ended;
  }, (error) => {
    if (!(error instanceof LinkError)) throw error;
    end = error.end;
  });
  await again.run(AFTER, () => end !== undefined);
  if (end !== undefined) await over;
  return end;
}

/** How many datagrams of the recording went out again, to the same end and saying the same. */
function compareSent(flight: FlightFile["flight"], again: ReplayWorld) {
  const waiting = new Map<string, number>();
  for (const { to, bytes } of again.sent) add(waiting, gistOf(to, bytes), 1);
  let recorded = 0;
  let same = 0;
  for (const line of flight.lines) {
    if (line.type !== "out") continue;
    recorded += 1;
    const gist = gistOf(line.remote, bytesOf(line.head));
    if ((waiting.get(gist) ?? 0) === 0) continue;
    add(waiting, gist, -1);
    same += 1;
  }
  return { same, recorded };
}

/** What a datagram says, but for numbers that proofs and clocks change. */
function gistOf(to: string, payload: Uint8Array): string {
  const remote = parseEndpoint(to);
  const datagram = { frame: 1, time: undefined, from: remote, to: remote, payload };
  const { protocol, summary } = new Dissector().dissect(datagram);
  const isSignaling = protocol === "dhhttp" || protocol === "rls" || protocol === "istun";
  return `${to} ${protocol} ${isSignaling ? summary : ""}`;
}

function add(counts: Map<string, number>, key: string, change: number): void {
  counts.set(key, (counts.get(key) ?? 0) + change);
}

function wordsOf(end: { reason?: string; stage?: string; detail?: string }): string {
  const { reason = "", stage = "", detail = "" } = end;
  return `${reason} at ${stage}: ${detail}`;
}
