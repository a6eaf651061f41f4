import type { Instant } from "../../machine.ts";
import type { ReolinkSignalingEvent, ReolinkStage } from "./signaling_event.ts";

type StageEvent = Extract<ReolinkSignalingEvent, { readonly type: "stage" }>;

interface Running {
  readonly startedAt: Instant;
  readonly attempt: number;
  sends: number;
}

/** The stages under way: turns their beginnings and ends into events, each end told once. */
export class Stages {
  readonly #report: (event: StageEvent) => void;
  readonly #running = new Map<ReolinkStage, Running>();

  constructor(report: (event: StageEvent) => void) {
    this.#report = report;
  }

  /** Ignored for a stage that is under way. */
  begin(now: Instant, stage: ReolinkStage, attempt: number): void {
    if (this.#running.has(stage)) return;
    const running = { startedAt: now, attempt, sends: 0 };
    this.#running.set(stage, running);
    this.#tell(now, stage, "started", running, "");
  }

  countSend(stage: ReolinkStage): void {
    const running = this.#running.get(stage);
    if (running !== undefined) running.sends += 1;
  }

  /** Ignored for a stage that is not under way. */
  end(
    now: Instant,
    stage: ReolinkStage,
    status: Exclude<StageEvent["status"], "started">,
    detail = "",
  ): void {
    const running = this.#running.get(stage);
    if (running === undefined) return;
    this.#running.delete(stage);
    this.#tell(now, stage, status, running, detail);
  }

  /** Drops the stages named, or all that are under way. */
  drop(now: Instant, stages: Iterable<ReolinkStage> = [...this.#running.keys()]): void {
    for (const stage of stages) this.end(now, stage, "dropped");
  }

  #tell(
    now: Instant,
    stage: ReolinkStage,
    status: StageEvent["status"],
    { startedAt, attempt, sends }: Running,
    detail: string,
  ): void {
    const elapsed = now - startedAt;
    this.#report({ type: "stage", stage, status, attempt, elapsed, sends, detail });
  }
}
