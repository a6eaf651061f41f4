/** An examination once more, in a world that is made of what was recorded of it. @module */

import type { Duration, Instant } from "../machine.ts";
import type { FlightFile } from "../recorder/flight_file.ts";
import { addressOf } from "../recorder/flight_subject.ts";
import { ReplayWorld } from "../recorder/replay_world.ts";
import type { Diagnosis } from "./diagnose.ts";
import { examine } from "./doctor.ts";
import type { Step } from "./step.ts";

/** How long our code may wait on for what never came, behind the end of a recording. */
export const REPLAY_AFTER: Duration = 60_000;

/** What the doctor said then. */
export type RecordedVerdict = Pick<Diagnosis, "type" | "cause" | "remedy" | "exitCode">;

export interface ReplayedExamination {
  /** None where the examination was called off. */
  readonly then: RecordedVerdict | undefined;
  /** None where it does not come to an end. */
  readonly now: Diagnosis | undefined;
  /** What differs, as clauses; none when it is the same failure. */
  readonly differences: readonly string[];
  readonly world: ReplayWorld;
}

/**
 * Has the doctor examine the camera of a bundle again. Every datagram it heard then it hears again,
 * and nothing goes out. Throws `ConfigError` when the bundle names no camera.
 */
export async function replayExamination(
  { flight, examination }: FlightFile,
  onStep: (step: Step, at: Instant) => void,
): Promise<ReplayedExamination> {
  const world = new ReplayWorld(flight);
  const { mayWake = false, clouds = [], findings = [] } = examination ?? {};
  const stop = new AbortController();
  let now: Diagnosis | undefined;
  const examined = examine(addressOf(flight.subject), {
    world: world.world,
    mayWake,
    clouds,
    onStep: (step) => onStep(step, world.now),
  }, stop.signal).then(({ diagnosis }) => {
    if (!stop.signal.aborted) now = diagnosis;
  });
  let isOver = false;
  const over = examined.finally(() => isOver = true);
  await world.run(REPLAY_AFTER, () => isOver);
  stop.abort();
  if (!isOver) await world.run(REPLAY_AFTER, () => isOver);
  if (isOver) await over;
  const then = verdictIn(findings);
  return { then, now, differences: compare(then, now), world };
}

function verdictIn(findings: readonly object[]): RecordedVerdict | undefined {
  const verdict = findings.find((one): one is RecordedVerdict & { event: string } =>
    "event" in one && one.event === "verdict" && "type" in one && "remedy" in one
  );
  if (verdict === undefined) return undefined;
  const { type, cause, remedy, exitCode } = verdict;
  return { type, cause, remedy, exitCode };
}

function compare(
  then: RecordedVerdict | undefined,
  now: Diagnosis | undefined,
): readonly string[] {
  if (then === undefined) return ["the recording has no verdict"];
  if (now === undefined) return ["the replay comes to no verdict"];
  const differs = (what: "type" | "exitCode" | "remedy", name: string) =>
    then[what] === now[what] ? [] : [`${name} was ${then[what]}, is ${now[what]}`];
  return [
    ...differs("type", "the cause"),
    ...differs("exitCode", "the exit code"),
    ...differs("remedy", "the remedy"),
  ];
}
