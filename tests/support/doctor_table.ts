import assert from "node:assert/strict";
import type { CauseType, DoctorExitCode } from "../../lib/doctor/cause.ts";
import type { DoctorWorldOptions, Examined } from "./doctor_world.ts";

/** A fault, as a clause that follows "when"; how to bring it about; and what the doctor calls it. */
export type FaultRow = readonly [
  when: string,
  options: DoctorWorldOptions,
  cause: CauseType,
  exitCode: DoctorExitCode,
];

/** Fails unless the doctor names the fault so, in whole sentences, and leaves nothing behind. */
export function assertNamed({ diagnosis, steps, openSockets }: Examined, row: FaultRow): void {
  const [, options, cause, exitCode] = row;
  const shown = steps.map(({ outcome, name, detail }) => `${outcome} ${name} ${detail}`).join("\n");
  assert.deepEqual([diagnosis.type, diagnosis.exitCode], [cause, exitCode], shown);
  for (const text of [diagnosis.cause, diagnosis.remedy]) {
    assert.match(text, /^[A-Z].{8,}[.?]$/);
    assert.doesNotMatch(text, /undefined|\[object|\.\.$/);
  }
  assert.equal(openSockets, 0, "sockets are left open");
  const password = options.login?.split(":")[1];
  if (password !== undefined) assert.doesNotMatch(shown, new RegExp(password));
  for (const step of steps) assert.notEqual(step.detail, "", step.name);
}
