import type { Clock } from "../../io/types.ts";
import type { Instant } from "../../machine.ts";
import type { HandshakeStep } from "../camera_status.ts";

/** Steps kept of one handshake; with every relay tried it has about thirty. */
const MAX_STEPS = 64;

interface Step {
  readonly stage: string;
  readonly at: number;
  readonly began: Instant;
  ended: Instant | undefined;
  outcome: HandshakeStep["outcome"];
}

/** The steps from nothing to a picture, each with its time. */
export class Handshake {
  readonly #clock: Clock;
  #steps: Step[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get steps(): readonly HandshakeStep[] {
    return this.#steps.map(({ stage, at, began, ended, outcome }) => {
      return { stage, at, duration: ended === undefined ? undefined : ended - began, outcome };
    });
  }

  /** The step that began last of those that still last. */
  get current(): string | undefined {
    return this.#steps.findLast(({ outcome }) => outcome === "running")?.stage;
  }

  /** Forgets the steps of the handshake before. */
  restart(): void {
    this.#steps = [];
  }

  begin(stage: string): void {
    if (this.#steps.length >= MAX_STEPS) return;
    const at = this.#clock.wallClock();
    const began = this.#clock.now();
    this.#steps.push({ stage, at, began, ended: undefined, outcome: "running" });
  }

  /** Whether there was a step of that name. */
  has(stage: string): boolean {
    return this.#steps.some((step) => step.stage === stage);
  }

  /** Ends the latest step of that name, if it lasts. */
  end(stage: string, outcome: "ok" | "failed"): void {
    this.#finish(this.#steps.findLast((step) => step.stage === stage), outcome);
  }

  /** Ends every step that lasts. */
  endAll(outcome: "ok" | "failed"): void {
    for (const step of this.#steps) this.#finish(step, outcome);
  }

  #finish(step: Step | undefined, outcome: "ok" | "failed"): void {
    if (step?.outcome !== "running") return;
    step.outcome = outcome;
    step.ended = this.#clock.now();
  }
}
