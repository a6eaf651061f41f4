import { LinkError } from "../hub/link/link_error.ts";
import type { Pull } from "../hub/media/media_path.ts";
import type { Clock } from "../io/types.ts";
import type { Duration, Instant } from "../machine.ts";
import type { AccessUnit } from "../media/track.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import { seconds } from "./cause.ts";
import { delay } from "./delay.ts";

/** Begins a pull; `onUnit` hears every access unit. Rejects with `LinkError`. */
export type BeginPull = (
  onUnit: (unit: AccessUnit) => void,
  signal: AbortSignal,
) => Promise<Pull>;

export interface PullTrial {
  readonly clock: Clock;
  readonly begin: BeginPull;
  /** Hears of the first key frame of a picture. */
  readonly onKeyframe: () => void;
}

export interface PullResult {
  readonly hasKeyframe: boolean;
  /** Why there was no key frame; or why there was nothing more soon after it. */
  readonly end: TunnelEnd | undefined;
}

/** How long a stream may take from the request to its first key frame. */
export const PULL_WITHIN: Duration = 20_000;

/** How long a stream is watched after that, to see what is lost. */
export const WATCH_FOR: Duration = 1_500;

/** A stream that shows nothing for so long has stopped. */
export const STALL_AFTER: Duration = 3_000;

/** Cameras send at least one picture a second. */
const USUAL_GAP: Duration = 1_100;

/** Pulls a stream until its first key frame and a little longer, then lets it go. */
export async function tryPull(trial: PullTrial, signal: AbortSignal): Promise<PullResult> {
  const { clock } = trial;
  const attempt = new AbortController();
  const isOver = new AbortController();
  const cancel = clock.setTimer(PULL_WITHIN, () => attempt.abort());
  const units = new Units(trial);
  try {
    const both = AbortSignal.any([signal, attempt.signal]);
    const pull = await trial.begin((unit) => units.handle(unit), both);
    units.learn(pull);
    const isLate = delay(clock, PULL_WITHIN, AbortSignal.any([both, isOver.signal]));
    const early = await Promise.race([units.first, pull.ended, isLate]);
    cancel();
    const later = units.hasKeyframe
      ? await watch(pull, units, clock, AbortSignal.any([signal, isOver.signal]))
      : undefined;
    pull.close();
    const last = await pull.ended;
    if (units.hasKeyframe) return { hasKeyframe: true, end: later };
    return { hasKeyframe: false, end: early ?? silence(last) };
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    const end = attempt.signal.aborted ? silence(error.end) : error.end;
    return { hasKeyframe: false, end };
  } finally {
    cancel();
    isOver.abort();
  }
}

/** Why nothing more came, if so. */
async function watch(
  pull: Pull,
  units: Units,
  clock: Clock,
  signal: AbortSignal,
): Promise<TunnelEnd | undefined> {
  const began = clock.now();
  const ended = await Promise.race([pull.ended, delay(clock, WATCH_FOR, signal)]);
  if (ended !== undefined || units.idle < USUAL_GAP) return ended;
  const isMore = Promise.race([
    units.next().then(() => true),
    delay(clock, STALL_AFTER - units.idle, signal).then(() => signal.aborted),
  ]);
  const end = await Promise.race([pull.ended, isMore]);
  if (end === true) return undefined;
  if (end !== false) return end;
  const after = seconds(Math.max(0, clock.now() - units.idle - began));
  const detail = `nothing came any more ${after} after the first key frame`;
  return { reason: "timeout", stage: "open", detail, advice: "" };
}

/** We ended it, since nothing came. */
function silence(end: TunnelEnd): TunnelEnd {
  if (end.reason !== "local") return end;
  const detail = `the camera sent no key frame within ${PULL_WITHIN / 1_000} s`;
  return { reason: "timeout", stage: "starting", detail, advice: "" };
}

/** What comes of a stream; waits for the first key frame of a picture: every unit of sound is one. */
class Units {
  readonly #trial: PullTrial;
  readonly #first = Promise.withResolvers<undefined>();
  readonly #seen = new Set<number>();
  #video: ReadonlySet<number> | undefined;
  #hasKeyframe = false;
  #lastAt: Instant = -Infinity;
  #wake = () => {};

  constructor(trial: PullTrial) {
    this.#trial = trial;
  }

  /** Resolves with the first key frame. */
  get first(): Promise<undefined> {
    return this.#first.promise;
  }

  get hasKeyframe(): boolean {
    return this.#hasKeyframe;
  }

  /** How long nothing has come. */
  get idle(): Duration {
    return this.#trial.clock.now() - this.#lastAt;
  }

  /** Resolves with the next unit. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  handle({ trackId, keyframe }: AccessUnit): void {
    this.#lastAt = this.#trial.clock.now();
    this.#wake();
    if (!keyframe || this.#hasKeyframe) return;
    this.#seen.add(trackId);
    this.#check();
  }

  /** Which of the tracks are pictures is known now. */
  learn({ tracks }: Pull): void {
    this.#video = new Set(tracks.filter(({ kind }) => kind === "video").map(({ id }) => id));
    this.#check();
  }

  #check(): void {
    if (this.#hasKeyframe || !this.#video?.size) return;
    if (![...this.#seen].some((id) => this.#video?.has(id))) return;
    this.#hasKeyframe = true;
    this.#trial.onKeyframe();
    this.#first.resolve(undefined);
  }
}
