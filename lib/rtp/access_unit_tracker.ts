import { tryDecode } from "../bytes/try_decode.ts";
import type { MediaFormat } from "../sdp/parsed.ts";
import type { RtpPacket } from "./packet.ts";
import { ParameterSets, spropParameterSets } from "./parameter_sets.ts";
import {
  type LookAtPayload,
  nalTypeOf,
  parameterSetTypes,
  type PayloadLook,
  payloadLook,
} from "./payload_look.ts";
import { SequenceTracker, type SequenceVerdict } from "./sequence_tracker.ts";

/** Bytes and packets one access unit may hold. A longer one is left out. */
export interface UnitLimits {
  readonly bytes: number;
  readonly packets: number;
}

/** Key frames of 4K cameras are seldom larger than 2 MiB. */
export const DEFAULT_UNIT_LIMITS: UnitLimits = { bytes: 8 << 20, packets: 16_384 };

/** One picture, or some sound, in the payloads it came in. */
export interface PackedUnit {
  /** In units of the stream's clock; does not wrap around. */
  readonly timestamp: number;
  /** Whether decoding can start here. */
  readonly keyframe: boolean;
  /** As sent, without RTP headers; views on the packets. */
  readonly payloads: readonly Uint8Array[];
  /** Packets of it are missing, or may be. */
  readonly damaged: boolean;
  /** Packets missing between the unit before and this one, or in front of both. */
  readonly lostBefore: number;
  /** It brings parameter sets that differ from those known so far. */
  readonly newParameters: boolean;
  /** The sender began anew: sequence numbers and timestamps say nothing about what was before. */
  readonly restarted: boolean;
}

/** Packets read, and problems that reading survived. They only grow. */
export interface UnitCounters {
  packets: number;
  /** Packets that never came. */
  lost: number;
  /** Packets left out as they came again, or too late. */
  late: number;
  /** Packets left out as their payload cannot be read. */
  badPayloads: number;
  /** Access units left out as they exceed a limit. */
  oversized: number;
  /** Times the sender began anew. */
  restarts: number;
}

/** An access unit on its way. */
interface OpenUnit {
  timestamp: number;
  readonly payloads: Uint8Array[];
  bytes: number;
  hasMedia: boolean;
  keyframe: boolean;
  damaged: boolean;
  readonly lostBefore: number;
  readonly restarted: boolean;
  oversized: boolean;
}

/**
 * Finds access units in the RTP packets of one stream, which stay as they are.
 *
 * A unit ends with the packet that bears the marker, or where one with another timestamp or the
 * beginning of another picture comes. Some cameras put the marker on every slice or parameter set:
 * one on a packet without picture is ignored, and once a picture went on after its marker, markers
 * are ignored for good, at the price of one packet's delay.
 */
export class AccessUnitTracker {
  readonly #format: MediaFormat;
  readonly #lookAt: LookAtPayload;
  readonly #parameterSets: ParameterSets;
  readonly #limits: UnitLimits;
  readonly #sequence = new SequenceTracker();
  readonly counters: UnitCounters = {
    packets: 0,
    lost: 0,
    late: 0,
    badPayloads: 0,
    oversized: 0,
    restarts: 0,
  };
  #unit: OpenUnit | undefined;
  #markersLie = false;
  /** Timestamp of the unit that ended with a marker last, if no other has begun since. */
  #markedEnd: number | undefined;
  /** Timestamps of the last packet: as sent, and without wrapping around. */
  #clock: { readonly sent: number; readonly extended: number } | undefined;
  /** For the next unit to begin. */
  #lostBefore = 0;
  #restarted = false;
  #newParameters = false;

  constructor(kind: string, format: MediaFormat, limits: UnitLimits = DEFAULT_UNIT_LIMITS) {
    this.#format = format;
    this.#limits = limits;
    this.#lookAt = payloadLook(kind, format);
    this.#parameterSets = new ParameterSets(parameterSetTypes(format));
    this.#keepSets(spropParameterSets(format.parameters));
    this.#parameterSets.commit();
  }

  /** Parameter sets known so far, those of the description included, in a decoder's order. */
  get parameterSets(): Uint8Array[] {
    return this.#parameterSets.all;
  }

  /** Whether there is a parameter set of every kind the codec has. */
  get hasParameterSets(): boolean {
    return this.#parameterSets.isComplete;
  }

  /** Takes the next packet in, and gives the access units that are complete with it. */
  push(packet: RtpPacket): PackedUnit[] {
    this.counters.packets++;
    const done: PackedUnit[] = [];
    const verdict = this.#sequence.track(packet.ssrc, packet.sequenceNumber);
    if (verdict.type === "late") {
      this.counters.late++;
      return done;
    }
    if (verdict.type === "restart") this.#restart(done);
    const look = tryDecode(() => this.#lookAt(packet.payload));
    if (look === undefined) this.#countBad(verdict);
    else this.#take(packet, look, verdict, done);
    return done;
  }

  /** What is on its way, when nothing more comes. */
  flush(): PackedUnit[] {
    const done: PackedUnit[] = [];
    this.#finish(done);
    return done;
  }

  #take(
    packet: RtpPacket,
    look: PayloadLook,
    verdict: SequenceVerdict,
    done: PackedUnit[],
  ): void {
    const timestamp = this.#extend(packet.timestamp);
    this.#markersLie ||= this.#markedEnd === timestamp && look.continues && verdict.type === "next";
    this.#countLoss(verdict);
    const open = this.#unit;
    const isOver = open !== undefined && (open.timestamp !== timestamp || look.begins);
    if (isOver && open.hasMedia) this.#finish(done);
    const unit = this.#unit ??= this.#begin(timestamp, look);
    // Parameter sets may come with the timestamp of the picture before theirs.
    unit.timestamp = timestamp;
    this.#add(unit, packet.payload, look);
    const isMarked = packet.marker && unit.hasMedia && !this.#markersLie;
    if (!isMarked && !look.isWhole) return;
    this.#finish(done);
    if (isMarked) this.#markedEnd = timestamp;
  }

  #begin(timestamp: number, look: PayloadLook): OpenUnit {
    const isFirst = this.#lostBefore > 0 || this.#restarted || this.counters.packets === 1;
    const unit = {
      timestamp,
      payloads: [],
      bytes: 0,
      hasMedia: false,
      keyframe: false,
      // Behind a hole, what does not begin with a beginning has lost it.
      damaged: isFirst && look.continues && !look.isWhole,
      lostBefore: this.#lostBefore,
      restarted: this.#restarted,
      oversized: false,
    };
    this.#lostBefore = 0;
    this.#restarted = false;
    this.#markedEnd = undefined;
    return unit;
  }

  #add(unit: OpenUnit, payload: Uint8Array, look: PayloadLook): void {
    this.#keepSets(look.parameterSets);
    unit.hasMedia ||= look.hasMedia;
    unit.keyframe ||= look.keyframe;
    unit.bytes += payload.byteLength;
    const { bytes, packets } = this.#limits;
    if (unit.bytes > bytes || unit.payloads.length >= packets) unit.oversized = true;
    // What is left out anyway need not be held.
    if (unit.oversized) unit.payloads.length = 0;
    else unit.payloads.push(payload);
  }

  #finish(done: PackedUnit[]): void {
    const unit = this.#unit;
    this.#unit = undefined;
    if (unit === undefined) return;
    this.#newParameters = this.#parameterSets.commit() || this.#newParameters;
    const { timestamp, keyframe, payloads, damaged, lostBefore, restarted } = unit;
    if (unit.oversized || !unit.hasMedia) {
      if (unit.oversized) this.counters.oversized++;
      this.#lostBefore += lostBefore + 1;
      this.#restarted ||= restarted;
      return;
    }
    const newParameters = this.#newParameters;
    this.#newParameters = false;
    done.push({ timestamp, keyframe, payloads, damaged, lostBefore, newParameters, restarted });
  }

  #restart(done: PackedUnit[]): void {
    this.counters.restarts++;
    if (this.#unit !== undefined) this.#unit.damaged = true;
    this.#finish(done);
    this.#clock = undefined;
    this.#markedEnd = undefined;
    this.#restarted = true;
  }

  #countLoss(verdict: SequenceVerdict): void {
    if (verdict.type !== "gap") return;
    this.counters.lost += verdict.lost;
    if (this.#unit !== undefined) this.#unit.damaged = true;
    this.#lostBefore += verdict.lost;
  }

  /** A packet that cannot be read is as good as lost. */
  #countBad(verdict: SequenceVerdict): void {
    this.counters.badPayloads++;
    this.#countLoss(verdict);
    if (this.#unit !== undefined) this.#unit.damaged = true;
    this.#lostBefore++;
  }

  #keepSets(units: readonly Uint8Array[]): void {
    for (const unit of units) this.#parameterSets.add(nalTypeOf(this.#format, unit), unit);
  }

  #extend(sent: number): number {
    const last = this.#clock;
    const extended = last === undefined ? sent : last.extended + ((sent - last.sent) | 0);
    this.#clock = { sent, extended };
    return extended;
  }
}
