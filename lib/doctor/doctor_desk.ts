import { type CameraAddress, cameraIdOf, type HostPort } from "../config/camera_address.ts";
import type { BudgetSpent } from "../hub/hub.ts";
import type { World } from "../io/types.ts";
import type { Duration } from "../machine.ts";
import { examine } from "./doctor.ts";
import { type StepJson, stepJson, type VerdictJson, verdictJson } from "./doctor_json.ts";

/** Examinations at once, whoever asks for them. */
export const MAX_EXAMINATIONS = 4;

/** When somebody who had to be sent away may come back. */
export const RETRY_AFTER: Duration = 30_000;

export interface DoctorRequest {
  readonly address: CameraAddress;
  readonly mayWake: boolean;
  readonly clouds: readonly HostPort[];
  /**
   * Asked right before it begins, where it may wake the camera: why it must not, or what to call once
   * it is over.
   */
  readonly admit?: () => BudgetSpent | (() => void);
}

/** One line of an examination; the verdict is the last. */
export type DoctorLine = StepJson | VerdictJson;

/**
 * Where a daemon's examinations are asked for: a camera is examined by one doctor at a time, since it
 * bears one negotiation at a time, and so many at once.
 */
export class DoctorDesk {
  readonly #world: World;
  readonly #busy = new Set<string>();
  readonly #closing = new AbortController();

  constructor(world: World) {
    this.#world = world;
  }

  /** Examinations under way. */
  get size(): number {
    return this.#busy.size;
  }

  /**
   * Begins an examination, or says why not: `busy` when this camera is being examined, `full` when too
   * many are, and what `admit` says. What it resolves with is over by then; an abort ends it soon and without a verdict.
   */
  begin(
    { address, mayWake, clouds, admit = () => () => {} }: DoctorRequest,
    onLine: (line: DoctorLine) => void,
    signal: AbortSignal,
  ): Promise<void> | "busy" | "full" | BudgetSpent {
    const key = cameraIdOf(address);
    if (this.#busy.has(key)) return "busy";
    if (this.#busy.size >= MAX_EXAMINATIONS) return "full";
    const leave = admit();
    if (typeof leave !== "function") return leave;
    this.#busy.add(key);
    const onStep = (step: Parameters<typeof stepJson>[0]) => onLine(stepJson(step));
    const options = { world: this.#world, mayWake, clouds, onStep };
    const either = AbortSignal.any([signal, this.#closing.signal]);
    return examine(address, options, either).then(({ diagnosis }) => {
      if (!either.aborted) onLine(verdictJson(diagnosis));
    }).finally(() => {
      this.#busy.delete(key);
      leave();
    });
  }

  /** Ends all of them, and begins none any more that comes to a verdict. */
  close(): void {
    this.#closing.abort();
  }
}
