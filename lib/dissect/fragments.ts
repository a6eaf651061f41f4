import type { Instant } from "../machine.ts";
import { BoundedMap } from "./bounded_map.ts";
import type { Fragment, IpPacket } from "./ip_packet.ts";

/** Packets put together at a time; of what is begun and never completed, the oldest goes. */
export const MAX_FRAGMENTED = 64;

/** Fragments of one packet: 64 KiB in pieces far smaller than any network's. */
export const MAX_FRAGMENTS = 256;

const MAX_LENGTH = 0xffff;

/** Bytes held of one packet, with what came twice. */
const MAX_HELD = 2 * MAX_LENGTH;

/** How long hosts wait for the rest (RFC 8200 section 4.5): behind that, the number is used anew. */
const LIFETIME = 60_000;

/** What became of a fragment. */
export type FragmentResult =
  | { readonly type: "whole"; readonly packet: IpPacket }
  | { readonly type: "part"; readonly held: number }
  | { readonly type: "refused"; readonly rule: string };

interface Partial {
  since: Instant | undefined;
  held: number;
  parts: { readonly at: number; readonly bytes: Uint8Array }[];
  /** Known once the last one is there. */
  length: number | undefined;
  /** Of the first fragment, which says what the whole is. */
  protocol: number | undefined;
}

/** Puts fragments of IP packets together. */
export class Fragments {
  readonly #partials = new BoundedMap<Partial>(MAX_FRAGMENTED);

  /** Packets begun. */
  get size(): number {
    return this.#partials.size;
  }

  /** Takes in the next fragment. Where two overlap, the bytes that came first stay. */
  add(packet: IpPacket, fragment: Fragment, time: Instant | undefined): FragmentResult {
    const { from, to, payload, missing, protocol } = packet;
    const key = `${from} ${to} ${fragment.id}`;
    const partial = this.#find(key, time);
    const end = fragment.at + payload.byteLength;
    if (missing > 0) return { type: "refused", rule: `${missing} bytes of a fragment are missing` };
    if (end > MAX_LENGTH) {
      return { type: "refused", rule: `a packet must end within ${MAX_LENGTH} bytes: ${end}` };
    }
    if (partial.parts.length >= MAX_FRAGMENTS) {
      return { type: "refused", rule: `a packet may have ${MAX_FRAGMENTS} fragments` };
    }
    partial.held += payload.byteLength;
    if (partial.held > MAX_HELD) {
      return { type: "refused", rule: `fragments of a packet may have ${MAX_HELD} bytes together` };
    }
    partial.since ??= time;
    if (fragment.at === 0) partial.protocol = protocol;
    if (!fragment.more) partial.length ??= end;
    partial.parts.push({ at: fragment.at, bytes: payload.slice() });
    const whole = wholeOf(partial);
    if (whole === undefined || partial.protocol === undefined) {
      return { type: "part", held: partial.parts.length };
    }
    this.#partials.delete(key);
    const { fragment: _, ...rest } = packet;
    return { type: "whole", packet: { ...rest, protocol: partial.protocol, payload: whole } };
  }

  #find(key: string, time: Instant | undefined): Partial {
    const make = () => ({
      since: time,
      held: 0,
      parts: [],
      length: undefined,
      protocol: undefined,
    });
    const partial = this.#partials.obtain(key, make);
    if (time === undefined || partial.since === undefined || time - partial.since < LIFETIME) {
      return partial;
    }
    this.#partials.delete(key);
    return this.#partials.obtain(key, make);
  }
}

/** The payload without a hole, or `undefined`. */
function wholeOf({ parts, length }: Partial): Uint8Array | undefined {
  if (length === undefined) return undefined;
  const whole = new Uint8Array(length);
  let filled = 0;
  for (const { at, bytes } of parts.toSorted((a, b) => a.at - b.at)) {
    if (at > filled) return undefined;
    const fresh = bytes.subarray(filled - at, length - at);
    whole.set(fresh, filled);
    filled += fresh.byteLength;
  }
  return filled === length ? whole : undefined;
}
