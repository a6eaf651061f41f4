import { DecodeError } from "../../bytes/decode_error.ts";
import type { Endpoint, Instant } from "../../machine.ts";
import { decodeSignaling } from "../../reolink/signaling/datagram.ts";
import type { MessageOf } from "../../reolink/signaling/message.ts";
import { encodeProbeAnswer, isLanProbe, type ProbeAnswer } from "./lan_probe.ts";

/** What a camera tells a client of its timers, in milliseconds [observed]. */
const TIMERS = { def: 3_000, hb: 20_000, hbt: 60_000 };

/** Clients whose calls are counted while the camera sleeps; the oldest is forgotten. */
const MAX_CALLERS = 32;

export interface LanResponderOptions {
  /** As printed. */
  readonly uid: string;
  /** The port probes are answered to, wherever they come from. */
  readonly probeAnswerPort: number;
  /** Asleep, the camera wakes once a client has called this often. */
  readonly wakesAfter: number | undefined;
  /** Whether the camera has anything to do with clients now. */
  readonly isUp: () => boolean;
  readonly describe: () => ProbeAnswer;
  /** The id of a client's connection, or `undefined` when there is no room for one more. */
  readonly admit: (now: Instant, client: Endpoint, cid: number) => number | undefined;
  /** Answers, from the socket on which the session will be. */
  readonly answer: (to: Endpoint, tid: number, message: MessageOf<"D2C_C_R">) => void;
  readonly answerProbe: (to: Endpoint, bytes: Uint8Array) => void;
  readonly wake: (now: Instant) => void;
}

/** Lets clients on the LAN find the camera, and begin a session with it. */
export class LanResponder {
  readonly #options: LanResponderOptions;
  /** By client, how often it has called while the camera slept. */
  readonly #callers = new Map<string, number>();

  constructor(options: LanResponderOptions) {
    this.#options = options;
  }

  /** Four bytes, answered with many. Throws `DecodeError`. */
  handleProbe(from: Endpoint, bytes: Uint8Array): void {
    if (!isLanProbe(bytes)) throw new DecodeError("Cannot decode probe as it must be one");
    this.#answerProbe(from.address, this.#options.probeAnswerPort);
  }

  /** A client calls by UID, or wants to know who is there. Throws `DecodeError`. */
  handleDatagram(now: Instant, from: Endpoint, bytes: Uint8Array): void {
    const { tid, message } = decodeSignaling(bytes);
    if (message.type === "C2D_S") return this.#answerProbe(from.address, message.to.port);
    // A camera whose UID differs stays silent [observed].
    if (message.type === "C2D_C" && message.uid === this.#options.uid) {
      this.#handleCall(now, from.address, tid, message);
    }
  }

  /** Whoever has called so far counts no more. */
  forget(): void {
    this.#callers.clear();
  }

  #handleCall(now: Instant, address: string, tid: number, { cid, cli }: MessageOf<"C2D_C">): void {
    const { wakesAfter = Infinity, isUp, admit, answer, wake } = this.#options;
    const client = { address, port: cli.port };
    if (!isUp()) {
      if (this.#countCall(`${cid} ${address}`) >= wakesAfter) wake(now);
      return;
    }
    const did = admit(now, client, cid);
    if (did === undefined) return;
    answer(client, tid, { type: "D2C_C_R", timer: TIMERS, rsp: 0, cid, did });
  }

  #countCall(caller: string): number {
    const calls = (this.#callers.get(caller) ?? 0) + 1;
    this.#callers.set(caller, calls);
    const [oldest] = this.#callers.keys();
    if (this.#callers.size > MAX_CALLERS && oldest !== undefined) this.#callers.delete(oldest);
    return calls;
  }

  #answerProbe(address: string, port: number): void {
    const { isUp, describe, answerProbe } = this.#options;
    if (isUp()) answerProbe({ address, port }, encodeProbeAnswer(describe()));
  }
}
