import assert from "node:assert/strict";
import { failureOf } from "../../lib/cli/exit_code.ts";
import { causeOf } from "../../lib/doctor/diagnose.ts";
import { replayExamination } from "../../lib/doctor/replay.ts";
import { readFlight } from "../../lib/recorder/flight_file.ts";
import type { Cause, CauseType, DoctorExitCode } from "../../lib/doctor/cause.ts";
import type { DoctorWorldOptions, Examined } from "./doctor_world.ts";

/** A fault, as a clause that follows "when"; how to bring it about; and what the doctor calls it. */
export type FaultRow = readonly [
  when: string,
  options: DoctorWorldOptions,
  cause: CauseType,
  exitCode: DoctorExitCode,
];

/** Fails unless the doctor names the fault so, in whole sentences, and leaves nothing behind. */
export function assertNamed(
  { diagnosis, findings, steps, openSockets }: Examined,
  row: FaultRow,
): void {
  const [, options, cause, exitCode] = row;
  const shown = steps.map(({ outcome, name, detail }) => `${outcome} ${name} ${detail}`).join("\n");
  assert.deepEqual([diagnosis.type, diagnosis.exitCode], [cause, exitCode], shown);
  for (const text of [diagnosis.cause, diagnosis.remedy]) {
    assert.match(text, /^[A-Z].{8,}[.?]$/);
    assert.doesNotMatch(text, /undefined|\[object|\.\.$/);
  }
  assertAsOpenWould(causeOf(findings), exitCode);
  assert.equal(openSockets, 0, "sockets are left open");
  const password = options.login?.split(":")[1];
  if (password !== undefined) assert.doesNotMatch(shown, new RegExp(password));
  for (const step of steps) assert.notEqual(step.detail, "", step.name);
}

/** `open` ends with the same code, for which a key frame that does not come is no tunnel's end. */
function assertAsOpenWould(cause: Cause, exitCode: DoctorExitCode): void {
  if (exitCode === 0 || cause.type === "no-keyframe" || !("end" in cause)) return;
  assert.equal(failureOf(cause.end)?.code, exitCode);
}

/** Fails unless a bundle brings the doctor to the same end again, by the same steps. */
export async function assertReplays({ bundle, steps, diagnosis }: Examined): Promise<void> {
  const again: string[] = [];
  const { now, differences } = await replayExamination(readFlight(bundle), (step) => {
    again.push(`${step.name} ${step.way ?? ""} ${step.outcome}`);
  });
  assert.deepEqual(differences, []);
  assert.equal(now?.exitCode, diagnosis.exitCode);
  const before = steps.map(({ name, way, outcome }) => `${name} ${way ?? ""} ${outcome}`);
  assert.deepEqual(again.sort(), before.sort());
}
