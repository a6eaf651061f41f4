import { decodeBase64 } from "../bytes/base64.ts";
import { equalBytes } from "../bytes/bytes.ts";
import { tryDecode } from "../bytes/try_decode.ts";

/** Parameter sets of one kind that are kept, and bytes of each. Others are left out. */
export const PARAMETER_SET_LIMITS = { sets: 16, bytes: 4_096 } as const;

/**
 * The parameter sets of a video stream. Those of one access unit replace all earlier ones of their
 * kind, since a stream may have several picture parameter sets.
 */
export class ParameterSets {
  readonly #kept: Map<number, readonly Uint8Array[]>;
  readonly #coming = new Map<number, Uint8Array[]>();

  /** @param kinds NAL unit types in the order decoders want them. */
  constructor(kinds: readonly number[]) {
    this.#kept = new Map(kinds.map((kind) => [kind, []]));
  }

  /** All sets kept, copied from where they came. */
  get all(): Uint8Array[] {
    return [...this.#kept.values()].flat();
  }

  /** Whether NAL units of this type are parameter sets. */
  has(kind: number): boolean {
    return this.#kept.has(kind);
  }

  /** Whether there is one of every kind. */
  get isComplete(): boolean {
    return [...this.#kept.values()].every((sets) => sets.length > 0);
  }

  /** A set came in the present access unit. */
  add(kind: number, unit: Uint8Array): void {
    const sets = this.#coming.get(kind) ?? [];
    if (!this.#kept.has(kind) || unit.byteLength > PARAMETER_SET_LIMITS.bytes) return;
    if (sets.length >= PARAMETER_SET_LIMITS.sets || sets.some((set) => equalBytes(set, unit))) {
      return;
    }
    this.#coming.set(kind, [...sets, unit.slice()]);
  }

  /** The access unit is over. Whether it brought anything but what was known already. */
  commit(): boolean {
    let changed = false;
    for (const [kind, sets] of this.#coming) {
      const kept = this.#kept.get(kind) ?? [];
      const isSame = kept.length === sets.length &&
        kept.every((set, i) => equalBytes(set, sets[i] ?? new Uint8Array(0)));
      if (!isSame) this.#kept.set(kind, sets);
      changed ||= !isSame;
    }
    this.#coming.clear();
    return changed;
  }
}

/**
 * The parameter sets that `fmtp` brings, as NAL units; what is no base64 is left out. Some cameras
 * put the start codes of a byte stream in front, which belong to no NAL unit.
 */
export function spropParameterSets(parameters: ReadonlyMap<string, string>): Uint8Array[] {
  const names = ["sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets"];
  const texts = names.flatMap((name) => (parameters.get(name) ?? "").split(","));
  return texts.slice(0, 3 * PARAMETER_SET_LIMITS.sets)
    .map((text) => tryDecode(() => decodeBase64(text, "parameter set")))
    .filter((unit) => unit !== undefined)
    .map(withoutStartCode)
    .filter((unit) => unit.byteLength > 0);
}

function withoutStartCode(unit: Uint8Array): Uint8Array {
  const one = unit.indexOf(1);
  const isStartCode = (one === 2 || one === 3) && unit.subarray(0, one).every((byte) => byte === 0);
  return isStartCode ? unit.subarray(one + 1) : unit;
}
