/**
 * What a Dahua device can be told to do, through its own web server [the vendor's published HTTP
 * API]: it moves until it is told to stop, so every movement has its stop.
 *
 * @module
 */

import { type ControlOrder, MAX_SPEED, type PtzDirection } from "../../config/control_order.ts";
import type { ByteStream, Clock } from "../../io/types.ts";
import type { Duration, Entropy } from "../../machine.ts";
import type { Credentials } from "../../rtsp/credentials.ts";
import { type Control, type Preset, tidyPresets } from "../controls.ts";
import { askDahuaWeb, webFailure } from "./web.ts";
import type { HttpAnswer } from "./http_get.ts";
import { LinkError } from "../link/link_error.ts";
import { settleOrAbort } from "../settle_or_abort.ts";

/** Longest answer; a list of 300 presets has some 15 KiB. */
const MAX_ANSWER_BYTES = 64 << 10;

/** How often, and for how long each time, a stop is tried: nobody else stops the camera. */
const STOP_TRIES = 6;
const STOP_PATIENCE: Duration = 2_500;

/** How long a camera that is being closed is kept for the stop. */
const CLOSE_PATIENCE: Duration = 5_000;

/** Speeds go from 1 to 8. */
const FASTEST = 8;

/** Statuses that say that there is no such thing. */
const NOT_THERE: ReadonlySet<number> = new Set([400, 404, 501]);

export interface DahuaControlOptions {
  /** Opens a connection to port 80 of the device. Rejects with `LinkError`. */
  readonly openStream: () => Promise<ByteStream>;
  /** From 1. */
  readonly channel: number;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

interface Movement {
  /** Fires when it is to end before its time. */
  readonly ending: AbortController;
  /** Settles once the camera stands still, as far as can be known. */
  readonly over: Promise<unknown>;
}

export class DahuaControl {
  readonly #options: DahuaControlOptions;
  #movement: Movement | undefined;
  #isClosed = false;

  constructor(options: DahuaControlOptions) {
    this.#options = options;
  }

  /** What the device says that it can be told. Rejects with `LinkError` where it says nothing. */
  async readControls(signal: AbortSignal): Promise<readonly Control[]> {
    const caps = await this.#readTable(ptzPath("getCurrentProtocolCaps", this.#channel), signal);
    const directions = directionsOf(caps);
    const isMovable = directions.length > 0;
    const presets = isMovable
      ? await this.#readTable(ptzPath("getPresets", this.#channel), signal)
      : undefined;
    return [
      ...(isMovable ? [{ type: "ptz", directions } as const] : []),
      ...(presets === undefined ? [] : [{ type: "preset", presets: presetsOf(presets) } as const]),
      // Every device has it, and this account has come as far as its web server.
      { type: "reboot" },
    ];
  }

  /** Has the device do something; false where it cannot be told that. Rejects with `LinkError`. */
  async give(order: ControlOrder, signal: AbortSignal): Promise<boolean> {
    switch (order.type) {
      case "ptz":
        await this.#move(order, signal);
        return true;
      case "preset":
        await this.#tell(presetPath(this.#channel, order.id), signal);
        return true;
      case "reboot":
        await this.#tell("/cgi-bin/magicBox.cgi?action=reboot", signal);
        return true;
      default:
        return false;
    }
  }

  /** Ends a movement that goes on, and takes no other. Resolves once it has stopped, or soon. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const movement = this.#movement;
    if (movement === undefined) return;
    movement.ending.abort();
    const late = new AbortController();
    const cancel = this.#options.clock.setTimer(CLOSE_PATIENCE, () => late.abort());
    await settleOrAbort(movement.over, late.signal);
    cancel();
  }

  get #channel(): number {
    return this.#options.channel;
  }

  /** One movement at a time: the one that comes last. */
  async #move(order: Extract<ControlOrder, { type: "ptz" }>, signal: AbortSignal): Promise<void> {
    // Whoever else waits here finds this one's movement, and ends it.
    for (let one = this.#movement; one !== undefined; one = this.#movement) {
      one.ending.abort();
      await one.over;
      if (this.#movement === one) this.#movement = undefined;
    }
    if (this.#isClosed) throw new LinkError(CLOSED);
    const ending = new AbortController();
    const over = this.#moveUntil(order, AbortSignal.any([signal, ending.signal]));
    const movement = { ending, over: over.catch(() => {}) };
    this.#movement = movement;
    try {
      await over;
    } catch (error) {
      // It moves for somebody else now.
      if (!ending.signal.aborted || this.#isClosed || !(error instanceof LinkError)) throw error;
    } finally {
      if (this.#movement === movement) this.#movement = undefined;
    }
  }

  async #moveUntil(
    order: Extract<ControlOrder, { type: "ptz" }>,
    signal: AbortSignal,
  ): Promise<void> {
    // The way for the stop is there before the movement begins.
    const spare = await this.#open(signal);
    try {
      await this.#tell(movePath("start", this.#channel, order), signal);
      await this.#wait(order.for, signal);
    } catch (error) {
      // One that says no does not move; one that says nothing may.
      if (!(error instanceof LinkError) || isRefusal(error)) spare.abort();
      else await this.#stop(order, spare);
      throw error;
    }
    await this.#stop(order, spare);
  }

  async #stop(order: Extract<ControlOrder, { type: "ptz" }>, spare: ByteStream): Promise<void> {
    const path = movePath("stop", this.#channel, order);
    let stream: ByteStream | undefined = spare;
    for (let left = STOP_TRIES;; left--) {
      const late = new AbortController();
      const cancel = this.#options.clock.setTimer(STOP_PATIENCE, () => late.abort());
      try {
        return await this.#tell(path, late.signal, stream);
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
        if (left <= 1 || isRefusal(error)) {
          throw new LinkError({ ...error.end, advice: MAY_MOVE }, error);
        }
      } finally {
        cancel();
      }
      stream = undefined;
    }
  }

  /** Resolves after so long, or as soon as the signal fires. */
  #wait(duration: Duration, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = () => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#options.clock.setTimer(duration, end);
      signal.addEventListener("abort", end);
    });
  }

  /** Has the device do something, which it answers with OK. */
  async #tell(path: string, signal: AbortSignal, stream?: ByteStream): Promise<void> {
    const { status, body } = await this.#ask(path, signal, stream);
    if (NOT_THERE.has(status)) throw new RefusalError(NO_CONTROL(status));
    if (status !== 200) throw webFailure(PURPOSE, `it answers ${status}`);
    // Some answer 200 and say Error.
    if (!/^\s*ok\b/i.test(textOf(body))) throw new RefusalError(NO_CONTROL(status));
  }

  /** A table of names and values; empty where there is no such thing. */
  async #readTable(path: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { status, body } = await this.#ask(path, signal);
    if (NOT_THERE.has(status)) return new Map();
    if (status !== 200) throw webFailure(PURPOSE, `it answers ${status}`);
    return new Map(
      textOf(body).split(/\r?\n/).flatMap((line): [string, string][] => {
        const [, name, value] = /^\s*([\w.[\]]{1,128})=(.*)$/.exec(line) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value.trim()]];
      }),
    );
  }

  /** A connection to its web server; one that comes too late is dropped. */
  async #open(signal: AbortSignal): Promise<ByteStream> {
    const opening = this.#options.openStream();
    const stream = await settleOrAbort(opening, signal);
    if (stream !== undefined) return stream;
    void opening.then((late) => late.abort(), () => {});
    throw new LinkError(TOO_LATE);
  }

  async #ask(path: string, signal: AbortSignal, stream?: ByteStream): Promise<HttpAnswer> {
    const { credentials, entropy } = this.#options;
    return await askDahuaWeb({
      ...PURPOSE,
      stream: stream ?? await this.#open(signal),
      path,
      credentials,
      entropy,
      maxBytes: MAX_ANSWER_BYTES,
      signal,
    });
  }
}

/** The device has said that it does not do it. */
class RefusalError extends LinkError {}

/** Whether the same again would be refused again; devices lock accounts after a few wrong passwords. */
function isRefusal(error: LinkError): boolean {
  return error instanceof RefusalError || error.end.reason === "auth";
}

const PURPOSE = { stage: "control", failure: "did not take the order" } as const;

const MAY_MOVE = "The camera may still be moving: have it moved again, for a short time.";

const NO_CONTROL = (status: number) => ({
  ...{ reason: "peer", stage: "control" } as const,
  detail: `the device refuses the order with ${status}`,
  advice: "It has no such control, or not for this account.",
});

const TOO_LATE = {
  ...{ reason: "timeout", stage: "control" } as const,
  detail: "no connection to the device's web server could be had in time",
  advice: "",
};

const CLOSED = {
  ...{ reason: "local", stage: "control" } as const,
  detail: "the connection is being closed",
  advice: "",
};

function textOf(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

function ptzPath(action: string, channel: number): string {
  return `/cgi-bin/ptz.cgi?action=${action}&channel=${channel}`;
}

function presetPath(channel: number, id: number): string {
  return `${ptzPath("start", channel)}&code=GotoPreset&arg1=0&arg2=${id}&arg3=0`;
}

/** `arg2` is the speed; diagonals have a vertical one, `arg1`, and a horizontal one, `arg2`. */
function movePath(
  action: "start" | "stop",
  channel: number,
  { direction, speed }: Extract<ControlOrder, { type: "ptz" }>,
): string {
  const own = Math.ceil(speed * FASTEST / MAX_SPEED);
  const first = direction.includes("-") ? own : 0;
  return `${ptzPath(action, channel)}&code=${CODES[direction]}&arg1=${first}&arg2=${own}&arg3=0`;
}

const CODES: Readonly<Record<PtzDirection, string>> = {
  left: "Left",
  right: "Right",
  up: "Up",
  down: "Down",
  "left-up": "LeftUp",
  "left-down": "LeftDown",
  "right-up": "RightUp",
  "right-down": "RightDown",
  in: "ZoomTele",
  out: "ZoomWide",
};

/** Tilting is spelled so. */
function directionsOf(caps: ReadonlyMap<string, string>): readonly PtzDirection[] {
  const can = (name: string) => caps.get(`caps.${name}`)?.toLowerCase() === "true";
  const [pans, tilts] = [can("Pan"), can("Tile")];
  return [
    ...(pans ? ["left", "right"] as const : []),
    ...(tilts ? ["up", "down"] as const : []),
    ...(pans && tilts ? ["left-up", "left-down", "right-up", "right-down"] as const : []),
    ...(can("Zoom") ? ["in", "out"] as const : []),
  ];
}

function presetsOf(table: ReadonlyMap<string, string>): readonly Preset[] {
  const presets = [...table].flatMap(([key, value]): Preset[] => {
    const index = /^presets\[(\d{1,4})\]\.Index$/.exec(key)?.[1];
    if (index === undefined || !/^\d{1,5}$/.test(value)) return [];
    return [{ id: Number(value), name: table.get(`presets[${index}].Name`) ?? "" }];
  });
  return tidyPresets(presets);
}
