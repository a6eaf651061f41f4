import { DecodeError } from "../../bytes/decode_error.ts";
import { ConfigError } from "../../config/config_error.ts";
import { Dissector } from "../../dissect/dissector.ts";
import { stepJson } from "../../doctor/doctor_json.ts";
import { type RecordedVerdict, REPLAY_AFTER, replayExamination } from "../../doctor/replay.ts";
import type { Step } from "../../doctor/step.ts";
import { parseEndpoint } from "../../endpoint.ts";
import { DahuaLink } from "../../hub/dahua/link.ts";
import { LinkError } from "../../hub/link/link_error.ts";
import { startReolinkLink } from "../../hub/reolink/start_link.ts";
import { ReolinkSession } from "../../hub/reolink/session.ts";
import type { Duration } from "../../machine.ts";
import {
  type FlightCause,
  type FlightFile,
  MAX_FLIGHT_FILE,
  readFlight,
} from "../../recorder/flight_file.ts";
import type { Flight } from "../../recorder/flight_recorder.ts";
import { addressOf } from "../../recorder/flight_subject.ts";
import { ReplayWorld } from "../../recorder/replay_world.ts";
import { fromSparse } from "../../recorder/sparse.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { type OptionSpec, readArgs } from "../args.ts";
import type { CliContext, Command } from "../context.ts";
import { stepLine } from "./doctor.ts";
import { ExitCode, Failure } from "../exit_code.ts";

const OPTIONS: OptionSpec = {};

export const replayCommand: Command = {
  name: "replay",
  summary: "what a recorded failure does to this program again",
  options: OPTIONS,
  completes: "file",
  help: [
    "Usage: sightline replay FILE [--json]",
    "",
    "Runs a bundle of the doctor, or what the flight recorder wrote, through the program once more,",
    "in its own time and without a network. Of a bundle, that is the whole examination: every cloud",
    "that was asked, every way, login and stream. Of a flight, it is the latest way to the camera,",
    "and the login of a Reolink camera where it failed.",
    "",
    "Prints what happens, how it ended then, how it ends now, and how many datagrams went out as",
    "then. Ends with 0 when it ends the same way, else with 1. Pictures and sound are in neither.",
    "",
    "  --json  one JSON object a line: step or event, result",
  ].join("\n"),
  async run(args, context) {
    const { positionals, flags } = readArgs(args, OPTIONS);
    const [path, ...rest] = positionals;
    if (path === undefined || rest.length > 0) {
      throw new ConfigError("replay needs one FILE; see --help");
    }
    const file = read(await context.readTextFile(path, MAX_FLIGHT_FILE));
    const isEmpty = file.flight.lines.every(({ type }) => type !== "socket" && type !== "dial");
    if (isEmpty && file.examination === undefined) {
      throw new ConfigError("the recording has no connection");
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

/** Tells what happens, so long after the beginning. */
type Tell = (at: Duration, event: { readonly type: string }) => void;

async function replay(file: FlightFile, json: boolean, { print }: CliContext): Promise<void> {
  const tell: Tell = (at, event) => {
    if (json) return print(JSON.stringify({ event: event.type, at, ...event }));
    const { type, ...rest } = event;
    print(`${(at / 1000).toFixed(3)}  ${type} ${JSON.stringify(rest)}`);
  };
  const result = file.examination === undefined
    ? await replayLink(file, tell)
    : await replayDoctor(file, tell, json ? undefined : print);
  const { then, now, differences, again } = result;
  const sent = compareSent(file.flight, again);
  const same = differences.length === 0;
  if (json) {
    const { then, now } = result.data;
    print(JSON.stringify({ event: "result", same, differences, then, now, sent }));
  } else {
    print("");
    print(`then  ${then}`);
    print(`now   ${now}`);
    print(`      ${sent.same} of ${sent.recorded} datagrams went out as then`);
    print(same ? SAME[result.kind] : `Differs: ${differences.join("; ")}.`);
  }
  if (!same) {
    throw new Failure(ExitCode.unexpected, "the replay ends in another way than the recording");
  }
}

/** What a recording has come to, then and now. */
interface Replayed {
  readonly kind: keyof typeof SAME;
  readonly then: string;
  readonly now: string;
  /** As clauses. */
  readonly differences: readonly string[];
  /** The same for programs. */
  readonly data: { readonly then: unknown; readonly now: unknown };
  readonly again: ReplayWorld;
}

const SAME = {
  failure: "Same failure.",
  success: "Same result: nothing is wrong.",
  open: "Nothing ended, so that there is nothing to compare.",
} as const;

/** A bundle: the doctor itself once more. */
async function replayDoctor(
  file: FlightFile,
  tell: Tell,
  print: ((line: string) => void) | undefined,
): Promise<Replayed> {
  const onStep = (step: Step) => {
    if (print === undefined) tell(step.at, { type: "step", ...stepJson(step) });
    else print(stepLine(step));
  };
  const { then, now, differences, world } = await replayExamination(file, onStep);
  return {
    kind: now?.exitCode === ExitCode.done ? "success" : "failure",
    then: then === undefined ? "the examination was called off" : verdictWords(then),
    now: now === undefined ? "no verdict" : verdictWords(now),
    differences,
    data: { then, now },
    again: world,
  };
}

function verdictWords({ type, exitCode, cause, remedy }: RecordedVerdict): string {
  return `${type}, exit code ${exitCode}: ${cause} ${remedy}`;
}

/** A flight: the way to the camera once more, and the login where it was that which failed. */
async function replayLink({ flight, cause }: FlightFile, tell: Tell): Promise<Replayed> {
  const again = new ReplayWorld(flight);
  const start = again.now;
  const end = await run(flight, cause, again, (event) => {
    if (!QUIET.has(event.type)) tell(again.now - start, event);
  });
  // A picture that freezes ends nothing: there is no way it must end.
  const differs = (what: "reason" | "stage") =>
    cause.type !== "failure" || end?.[what] === cause[what]
      ? []
      : [`the ${what} was ${cause[what]}, is ${end?.[what] ?? "none"}`];
  return {
    kind: cause.type === "failure" ? "failure" : "open",
    then: cause.type === "failure" ? wordsOf(cause) : THEN[cause.type],
    now: end === undefined ? "still open" : wordsOf(end),
    differences: [...differs("reason"), ...differs("stage")],
    data: { then: cause, now: end ?? "still open" },
    again,
  };
}

/** Of recordings that were not made as a way ended. */
const THEN = { stall: "the picture froze", request: "recorded on request" } as const;

/** Too many to be told. */
const QUIET: ReadonlySet<string> = new Set(["readable", "writable"]);

/** Runs the vendor's link to its end; `undefined` where it has none. */
async function run(
  { subject }: Flight,
  { stage }: FlightCause,
  again: ReplayWorld,
  onEvent: (event: { readonly type: string }) => void,
): Promise<TunnelEnd | undefined> {
  const address = addressOf(subject);
  const { world } = again;
  const { signal } = new AbortController();
  let end: TunnelEnd | undefined;
  const started: Promise<{ readonly ended: Promise<TunnelEnd> }> = address.vendor === "dahua"
    ? DahuaLink.start({ address, world, onEvent }, signal)
    : stage === "login"
    ? ReolinkSession.start({ address, world, onEvent, onCalled: () => {} }, signal, () => {})
    : startReolinkLink({ address, world, onEvent }, signal);
  const over = started.then((link) => link.ended).then((ended) => {
    end = ended;
  }, (error) => {
    if (!(error instanceof LinkError)) throw error;
    end = error.end;
  });
  await again.run(REPLAY_AFTER, () => end !== undefined);
  if (end !== undefined) await over;
  return end;
}

/** How many datagrams of the recording went out again, to the same end and saying the same. */
function compareSent({ lines }: Flight, again: ReplayWorld) {
  const waiting = new Map<string, number>();
  const dialed = new Map<number, string>();
  for (const { to, bytes } of again.sent) add(waiting, gistOf(to, bytes), 1);
  let recorded = 0;
  let same = 0;
  for (const line of lines) {
    if (line.type === "dial") dialed.set(line.stream, line.remote);
    if (line.type !== "out" && line.type !== "wrote") continue;
    recorded += 1;
    const to = "stream" in line ? dialed.get(line.stream) : line.remote;
    const gist = gistOf(to ?? "0.0.0.0:0", fromSparse(line, line.length));
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
