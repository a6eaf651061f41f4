/**
 * A Reolink camera, step by step: the lookup servers, the camera, each way on its own, a stream.
 *
 * A camera may run on a battery, which its UID does not tell, and a call through the cloud wakes it.
 * So unless that is allowed, the cloud is only asked where it is, and it is looked for on the LAN,
 * where one that sleeps does not answer; one found there that has no battery is examined to the end.
 *
 * @module
 */

import type { ReolinkAddress } from "../config/camera_address.ts";
import type { CameraEvent } from "../hub/camera.ts";
import { LinkError } from "../hub/link/link_error.ts";
import { startPreviewPull } from "../hub/media/preview_pull.ts";
import { ReolinkSession, type SessionUse } from "../hub/reolink/session.ts";
import { settleOrAbort } from "../hub/settle_or_abort.ts";
import type { Duration, Instant } from "../machine.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import { askCloud, serversOf } from "./ask_cloud.ts";
import { askOtherClouds } from "./ask_other_clouds.ts";
import { type Chart, NO_FIGURES } from "./chart.ts";
import { delay } from "./delay.ts";
import type { ExamineOptions } from "./examine_options.ts";
import type { StreamFinding, WayFinding } from "./findings.ts";
import { resolveServers } from "./resolve_servers.ts";
import { tryPull } from "./try_pull.ts";

/** Of a camera by its UID, in the order in which they are preferred. */
const WAYS = ["lan", "map", "relay"] as const;

type ReolinkWay = typeof WAYS[number] | "tcp";

export interface ExamineReolinkOptions extends ExamineOptions {
  /** Whether the camera may be called, which wakes one that sleeps. */
  readonly mayWake: boolean;
}

/** How long the other lookup servers are listened to once one of them knows the camera. */
const LOOKUP_PATIENCE: Duration = 2_000;

/**
 * How long a camera is looked for on the LAN where it must not be woken: one that is awake answers at
 * once, and of those that sleep some are said to wake when they are called again and again [observed].
 */
const LAN_SEARCH: Duration = 1_500;

/** How long a camera may take to tell what it runs on. */
const POWER_WITHIN: Duration = 3_000;

/** Examines a camera; what is found is in the chart. */
export async function examineReolink(
  address: ReolinkAddress,
  options: ExamineReolinkOptions,
): Promise<void> {
  if (address.target.type === "host") {
    await new WayTrial(address, "tcp", options, {}).run();
    return;
  }
  await lookUp(address, options);
  const { chart, mayWake } = options;
  const isUnknown = chart.findings.lookupEnd !== undefined;
  const isQuiet = isUnknown || !mayWake;
  const first = new WayTrial(address, "lan", options, isQuiet ? { onLanFor: LAN_SEARCH } : {});
  const obstacle = await first.run();
  if (options.signal.aborted) return;
  const mayCall = !isUnknown && (mayWake || first.runsOnBattery === false);
  if (!isUnknown && !mayCall) chart.noteSpared();
  const why = whyNot(obstacle, isUnknown, first.runsOnBattery);
  await tryRest(address, options, mayCall && obstacle === undefined ? undefined : why);
}

function whyNot(
  obstacle: TunnelEnd | undefined,
  isUnknown: boolean,
  runsOnBattery: boolean | undefined,
): string {
  if (obstacle !== undefined) return "not tried, as the same would stand in its way";
  if (isUnknown) return "not tried, as it leads through the cloud";
  return runsOnBattery === true
    ? "not tried, as a call wakes the camera, which runs on a battery: --wake allows it"
    : "not tried, as a call wakes a camera that runs on a battery: --wake allows it";
}

/** @param why Not to try them at all. */
async function tryRest(
  address: ReolinkAddress,
  options: ExamineReolinkOptions,
  why: string | undefined,
): Promise<void> {
  const { chart, signal } = options;
  let reason = why;
  for (const way of WAYS.slice(1)) {
    if (signal.aborted) return;
    if (reason !== undefined) {
      chart.skipWay(way, reason);
      continue;
    }
    const obstacle = await new WayTrial(address, way, options, {}).run();
    if (obstacle !== undefined) reason = "not tried, as the same would stand in its way";
  }
  if (why === undefined) await lookAgain(address, options);
}

/**
 * Where the last way failed and one before did not, either that way or the camera is to blame: it is
 * visited once more.
 */
async function lookAgain(address: ReolinkAddress, options: ExamineReolinkOptions): Promise<void> {
  const { chart, signal } = options;
  const { ways } = chart.findings;
  const open = ways.findLast(({ outcome }) => outcome === "open")?.way;
  const way = WAYS.find((one) => one === open);
  if (way === undefined || ways.at(-1)?.outcome !== "failed" || signal.aborted) return;
  const end = await new WayTrial(address, way, options, {}).visit();
  if (end !== undefined) chart.noteGone(end);
}

/** Which of the lookup servers knows the camera. */
async function lookUp(address: ReolinkAddress, options: ExamineReolinkOptions): Promise<void> {
  const { world, chart, signal } = options;
  const servers = await resolveServers(serversOf(address), world, chart, signal);
  if (servers.length === 0 || signal.aborted) return chart.noteLookup(NO_NAMES);
  const began = world.clock.now();
  const outcome = await askCloud(address, { world, servers, patience: LOOKUP_PATIENCE }, signal);
  if (outcome === undefined) return;
  const took = world.clock.now() - began;
  if (outcome.type === "online") {
    return chart.step("id", "ok", "the cloud knows the camera", { took });
  }
  chart.noteLookup(outcome.end);
  chart.step("id", "failed", outcome.end.detail, { took });
  await askOtherClouds(address, options);
}

/** The end of a session is told right behind the ends of its streams. */
const SETTLING: Duration = 50;

/** Stages of a link that concern the way it was to take, and no other. */
const OWN_STAGES: ReadonlySet<string> = new Set(["discover", "punching", "open"]);

/** One session over one way only. */
class WayTrial {
  readonly #address: ReolinkAddress;
  readonly #way: ReolinkWay;
  readonly #options: ExamineReolinkOptions;
  readonly #search: { readonly onLanFor?: Duration };
  readonly #began: Instant;
  readonly #power = Promise.withResolvers<boolean>();
  #runsOnBattery: boolean | undefined;
  /** When the camera was reached, and the login began. */
  #reachedAt: Instant | undefined;
  #end: TunnelEnd | undefined;
  /** It is only to be seen whether the camera is there. */
  #isVisit = false;

  constructor(
    address: ReolinkAddress,
    way: ReolinkWay,
    options: ExamineReolinkOptions,
    search: { readonly onLanFor?: Duration },
  ) {
    this.#address = way === "tcp" ? address : { ...address, way };
    this.#way = way;
    this.#options = options;
    this.#search = search;
    this.#began = options.world.clock.now();
  }

  /** What the camera runs on, as far as it has told. */
  get runsOnBattery(): boolean | undefined {
    return this.#runsOnBattery;
  }

  /** Reaches the camera and leaves it again; returns why it could not be reached. */
  async visit(): Promise<TunnelEnd | undefined> {
    this.#isVisit = true;
    return await this.run();
  }

  /** Returns what would stand in every other way as well. */
  async run(): Promise<TunnelEnd | undefined> {
    const { world, signal } = this.#options;
    try {
      const session = await ReolinkSession.start(
        {
          ...{ address: this.#address, world, calls: 1, ...this.#search },
          onEvent: (event) => this.#handle(event),
          onCalled: () => {},
        },
        signal,
        () => {},
      );
      const ended = session.ended.then((end) => this.#end = end);
      try {
        const opened = await settleOrAbort(session.opened, signal);
        if (opened === undefined && signal.aborted) return undefined;
        if (opened === undefined) return this.#noteFailure(await ended);
        return await this.#use(session);
      } finally {
        session.close();
        await ended;
      }
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      return this.#noteFailure(error.end);
    }
  }

  get #chart(): Chart {
    return this.#options.chart;
  }

  get #now(): Instant {
    return this.#options.world.clock.now();
  }

  #noteFailure(end: TunnelEnd): TunnelEnd | undefined {
    if (this.#options.signal.aborted) return undefined;
    if (this.#isVisit) return end;
    if (this.#reachedAt !== undefined && end.stage === "login") return this.#noteLogin(end);
    if (end.stage === "register") {
      this.#chart.stepOnce("camera", "failed", end.detail, { took: this.#now - this.#began });
    }
    this.#noteFailed(end);
    return OWN_STAGES.has(end.stage) || this.#search.onLanFor !== undefined ? undefined : end;
  }

  /** The way is there, but the camera does not let us in. */
  #noteLogin(end: TunnelEnd): TunnelEnd {
    const reached = this.#reachedAt ?? this.#now;
    this.#noteOpen(NO_FIGURES);
    this.#chart.step("account", "failed", end.detail, { took: this.#now - reached });
    this.#chart.noteStream({
      way: this.#way,
      hasAnswered: true,
      hasKeyframe: false,
      end,
      isWayLost: false,
    });
    return end;
  }

  #noteFailed(end: TunnelEnd): void {
    const finding = { ...NO_FIGURES, way: this.#way, outcome: "failed", end } as const;
    this.#chart.noteWay(finding, this.#now - this.#began);
  }

  #noteOpen(figures: Pick<WayFinding, "rtt" | "loss" | "breach">): void {
    const took = (this.#reachedAt ?? this.#now) - this.#began;
    const finding = { ...figures, way: this.#way, outcome: "open", end: undefined } as const;
    this.#chart.noteWay(finding, took);
  }

  /** Logged in: a stream shows what the way is worth. */
  async #use(session: ReolinkSession): Promise<TunnelEnd | undefined> {
    if (this.#isVisit) return undefined;
    const { stream, breach } = await this.#pull(session);
    await this.#waitForPower();
    if (this.#options.signal.aborted) return undefined;
    if (stream.isWayLost && stream.end !== undefined) {
      this.#noteFailed(stream.end);
      return undefined;
    }
    const { rtt, loss } = session.figures;
    this.#noteOpen({ rtt, loss, breach });
    this.#chart.noteStream(stream);
    return stream.end;
  }

  async #waitForPower(): Promise<void> {
    const { signal, world: { clock } } = this.#options;
    const late = new AbortController();
    const either = AbortSignal.any([signal, late.signal]);
    await Promise.race([this.#power.promise, delay(clock, POWER_WITHIN, either)]);
    late.abort();
  }

  async #pull(
    session: ReolinkSession,
  ): Promise<{ readonly stream: StreamFinding; readonly breach: TunnelEnd | undefined }> {
    const { world: { clock }, signal } = this.#options;
    const asked = this.#now;
    const kind = this.#address.stream;
    let hasAnswered = false;
    const use = session.openStream();
    const watched = watchedUse(use, () => {
      hasAnswered = true;
      this.#tell("stream", `the camera grants its ${kind} stream`, this.#now - asked);
    });
    const { hasKeyframe, end } = await tryPull({
      clock,
      begin: (onUnit, both) => {
        const options = { session: watched, kind, sound: undefined, clock, onUnit };
        return startPreviewPull({ ...options, signal: both });
      },
      onKeyframe: () => this.#tell("frame", "the first key frame", this.#now - asked),
    }, signal);
    if (!hasKeyframe) await delay(clock, SETTLING, signal);
    use.release();
    const finding = { way: this.#way, hasAnswered, hasKeyframe };
    if (hasKeyframe) {
      return { stream: { ...finding, end: undefined, isWayLost: false }, breach: end };
    }
    const why = this.#end ?? end;
    const step = hasAnswered ? "frame" : "stream";
    this.#chart.step(step, "failed", why?.detail ?? "", { way: this.#way });
    return {
      stream: { ...finding, end: why, isWayLost: this.#end !== undefined },
      breach: undefined,
    };
  }

  #tell(step: "stream" | "frame" | "account", detail: string, took: Duration): void {
    this.#chart.stepOnce(step, "ok", detail, { took, way: this.#way });
  }

  #handle(event: CameraEvent): void {
    switch (event.type) {
      case "connecting":
        if (event.state === "authenticating") this.#handleReached();
        return;
      case "connected":
        return this.#tell(
          "account",
          "the camera takes user name and password",
          this.#now - (this.#reachedAt ?? this.#now),
        );
      case "power":
        return this.#handlePower(event.runsOnBattery);
      default:
        return;
    }
  }

  #handleReached(): void {
    this.#reachedAt = this.#now;
    const took = this.#now - this.#began;
    this.#chart.noteCamera(took);
  }

  #handlePower(runsOnBattery: boolean): void {
    this.#runsOnBattery = runsOnBattery;
    this.#power.resolve(runsOnBattery);
    const detail = runsOnBattery ? "the camera runs on a battery" : "the camera runs on mains";
    this.#chart.stepOnce("power", "note", detail);
  }
}

/** The same session; `onGranted` hears when the camera has granted a stream. */
function watchedUse({ client, ended }: SessionUse, onGranted: () => void) {
  return {
    ended,
    client: {
      get isOpen() {
        return client.isOpen;
      },
      startPreview: async (...args: Parameters<typeof client.startPreview>) => {
        const preview = await client.startPreview(...args);
        onGranted();
        return preview;
      },
    },
  };
}

const NO_NAMES: TunnelEnd = {
  reason: "unreachable",
  stage: "lookup",
  detail: "the address of no lookup server is known",
  advice: "Check this machine's name resolution, and the names of the servers.",
};
