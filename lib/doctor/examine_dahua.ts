/**
 * A Dahua device, step by step: its cloud's servers, the device, each way on its own, a stream.
 *
 * Each way is a tunnel of its own, one after the other: devices take one negotiation at a time. What
 * stands in the way of all of them ends it with the first, and a password that was refused is never
 * sent again.
 *
 * @module
 */

import type { DahuaAddress } from "../config/camera_address.ts";
import type { DahuaTunnelEvent } from "../dahua/tunnel_event.ts";
import { dahuaCredentials, dahuaStreamUrl, RTSP_PORT } from "../hub/dahua/camera.ts";
import { DahuaLink } from "../hub/dahua/link.ts";
import { LinkError } from "../hub/link/link_error.ts";
import { startRtspPull } from "../hub/media/rtsp_pull.ts";
import { settleOrAbort } from "../hub/settle_or_abort.ts";
import type { Duration, Instant } from "../machine.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import { askOtherClouds } from "./ask_other_clouds.ts";
import { NO_FIGURES } from "./chart.ts";
import { delay } from "./delay.ts";
import type { ExamineOptions } from "./examine_options.ts";
import type { StreamFinding } from "./findings.ts";
import { resolveServers } from "./resolve_servers.ts";
import type { StepName } from "./step.ts";
import { tryPull } from "./try_pull.ts";
import { watchedStream } from "./watched_stream.ts";

/** In the order in which they are preferred. */
const WAYS = ["lan", "direct", "relay"] as const;

type DahuaWay = typeof WAYS[number];

/** Examines a device; what is found is in the chart. */
export async function examineDahua(address: DahuaAddress, options: ExamineOptions): Promise<void> {
  const { world, chart, signal } = options;
  const servers = await resolveServers([address.server], world, chart, signal);
  if (servers.length === 0 || signal.aborted) return;
  let obstacle: TunnelEnd | undefined;
  for (const way of WAYS) {
    if (signal.aborted) return;
    if (obstacle === undefined) obstacle = await new WayTrial(address, way, options).run();
    else chart.skipWay(way, "not tried, as the same would stand in its way");
  }
  if (obstacle !== undefined && isAboutCloud(obstacle)) await askOtherClouds(address, options);
}

/** Whether another cloud, asked the same, could shed light on it. */
function isAboutCloud({ stage }: TunnelEnd): boolean {
  return stage === "main-probe" || stage === "locate";
}

/** The step that a failure of the signaling is about. */
const STEP_OF_STAGE: Readonly<Record<string, StepName>> = {
  "locate": "id",
  "device-info": "salt",
  "channel": "camera",
  "relay-channel": "camera",
  "authenticate": "account",
};

/** Stages of a tunnel that concern the way it was to take, and no other. */
const OWN_STAGES: ReadonlySet<string> = new Set(["punching", "authenticating", "open"]);

/** The end of a tunnel is told right behind the ends of its streams. */
const SETTLING: Duration = 50;

/** How much longer than a silent stream a silent tunnel may take to be given up. */
const DEATH_WITHIN: Duration = 5_000;

/** One tunnel that may take one way only. */
class WayTrial {
  readonly #address: DahuaAddress;
  readonly #way: DahuaWay;
  readonly #options: ExamineOptions;
  readonly #began: Instant;
  #end: TunnelEnd | undefined;
  #linkEnded: Promise<unknown> = Promise.resolve();

  constructor(address: DahuaAddress, way: DahuaWay, options: ExamineOptions) {
    this.#address = { ...address, way };
    this.#way = way;
    this.#options = options;
    this.#began = options.world.clock.now();
  }

  /** Returns what would stand in every other way as well. */
  async run(): Promise<TunnelEnd | undefined> {
    const { world, signal } = this.#options;
    try {
      const link = await DahuaLink.start({
        address: this.#address,
        world,
        onEvent: (event) => this.#handle(event),
      }, signal);
      const linkEnded = link.ended.then((end) => this.#end = end);
      this.#linkEnded = linkEnded;
      try {
        const opened = await settleOrAbort(link.opened, signal);
        if (opened === undefined && signal.aborted) return undefined;
        if (opened === undefined) return this.#noteFailure(await linkEnded);
        return await this.#use(link);
      } finally {
        link.close();
        await linkEnded;
      }
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      return this.#noteFailure(error.end);
    }
  }

  get #took(): number {
    return this.#options.world.clock.now() - this.#began;
  }

  #noteFailure(end: TunnelEnd): TunnelEnd | undefined {
    const { chart, signal } = this.#options;
    if (signal.aborted) return undefined;
    const step = STEP_OF_STAGE[end.stage];
    if (step !== undefined) chart.step(step, "failed", end.detail, { took: this.#took });
    chart.noteWay({ ...NO_FIGURES, way: this.#way, outcome: "failed", end }, this.#took);
    return OWN_STAGES.has(end.stage) ? undefined : end;
  }

  /** The tunnel is open: a stream shows what it is worth. */
  async #use(link: DahuaLink): Promise<TunnelEnd | undefined> {
    const { chart, signal } = this.#options;
    const took = this.#took;
    const { stream, breach } = await this.#pull(link);
    if (signal.aborted) return undefined;
    if (stream.isWayLost && stream.end !== undefined) {
      // A way that was lost says nothing about the others.
      return this.#noteFailure(stream.end);
    }
    const { rtt, loss } = link.figures;
    const finding = { way: this.#way, outcome: "open", end: undefined, rtt, loss, breach } as const;
    chart.noteWay(finding, took);
    chart.noteStream(stream);
    return stream.end;
  }

  async #pull(
    link: DahuaLink,
  ): Promise<{ readonly stream: StreamFinding; readonly breach: TunnelEnd | undefined }> {
    const { world: { clock, entropy }, signal } = this.#options;
    const credentials = dahuaCredentials(this.#address);
    const url = dahuaStreamUrl(this.#address);
    const asked = clock.now();
    const inner = link.openStream(RTSP_PORT);
    let hasAnswered = false;
    const stream = watchedStream(inner, () => {
      hasAnswered = true;
      this.#tell("stream", "the camera answers on its RTSP port", clock.now() - asked);
    });
    const { hasKeyframe, end } = await tryPull({
      clock,
      begin: (onUnit, both) =>
        startRtspPull({ stream, url, credentials, clock, entropy, onUnit, signal: both }),
      onKeyframe: () => this.#tell("frame", "the first key frame", clock.now() - asked),
    }, signal);
    if (hasKeyframe) {
      const finding = { way: this.#way, hasAnswered, hasKeyframe, end: undefined };
      return { stream: { ...finding, isWayLost: false }, breach: end };
    }
    await this.#awaitVerdict(end);
    // A connection that was refused says why.
    const refusal = inner.failure?.reason === "peer" && !hasAnswered ? inner.failure : undefined;
    const own = end && refusal !== undefined ? { ...end, detail: refusal.message } : end;
    const finding = {
      way: this.#way,
      hasAnswered,
      hasKeyframe,
      end: this.#end ?? own,
      isWayLost: this.#end !== undefined,
    };
    this.#tellFailure(finding);
    return { stream: finding, breach: undefined };
  }

  /** Silence may be the tunnel's, which takes a while to be sure of that. */
  async #awaitVerdict(end: TunnelEnd | undefined): Promise<void> {
    const { world: { clock }, signal } = this.#options;
    if (end?.reason !== "timeout") return await delay(clock, SETTLING, signal);
    const isSure = new AbortController();
    const late = delay(clock, DEATH_WITHIN, AbortSignal.any([signal, isSure.signal]));
    await Promise.race([this.#linkEnded, late]);
    isSure.abort();
  }

  #tell(step: StepName, detail: string, took: number): void {
    this.#options.chart.stepOnce(step, "ok", detail, { took, way: this.#way });
  }

  #tellFailure({ end, hasAnswered }: StreamFinding): void {
    const { chart } = this.#options;
    const isPassword = end?.reason === "auth";
    const step = isPassword ? "account" : hasAnswered ? "frame" : "stream";
    chart.step(step, "failed", end?.detail ?? "", { way: this.#way });
  }

  /** What the first tunnel tells of servers and device is true of the others. */
  #handle(event: DahuaTunnelEvent): void {
    if (event.type !== "stage" || event.status === "started") return;
    const { chart } = this.#options;
    const { stage, elapsed: took, status } = event;
    const isAnswered = status === "answered";
    switch (stage) {
      case "locate":
        if (isAnswered) chart.stepOnce("id", "ok", "the cloud knows the camera, online", { took });
        return;
      case "device-info":
        return this.#tellSalt(took);
      case "channel":
        if (isAnswered) chart.noteCamera(took);
        return;
      case "authenticate":
        if (!isAnswered) return;
        return chart.stepOnce("account", "ok", "the camera takes user name and password", { took });
      default:
        return;
    }
  }

  #tellSalt(took: number): void {
    const { chart } = this.#options;
    const isTold = chart.book.hasSalt;
    const detail = isTold
      ? "the cloud names the salt of the camera's passwords"
      : "the cloud names no salt of the camera's passwords: the usual one is taken";
    chart.stepOnce("salt", isTold ? "ok" : "note", detail, { took });
  }
}
