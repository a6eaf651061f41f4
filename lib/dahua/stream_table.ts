import type { Instant } from "../machine.ts";
import type { Leg, LegEvent } from "./leg.ts";
import type { DahuaTunnelEvent } from "./tunnel_event.ts";

/** A stream, and where it runs. */
interface Stream {
  readonly leg: Leg;
  readonly realm: number;
}

/** What a leg says of one realm. */
export type RealmEvent = Exclude<LegEvent, { readonly type: "open" | "sign" | "closed" }>;

/** The streams of a tunnel by number, whichever leg each of them runs on. */
export class StreamTable {
  readonly #streams = new Map<number, Stream>();
  #next = 1;

  open(now: Instant, leg: Leg, port: number): number {
    const stream = this.#next++;
    this.#streams.set(stream, { leg, realm: leg.session.openRealm(now, port) });
    return stream;
  }

  space(stream: number): number {
    const found = this.#streams.get(stream);
    return found?.leg.session.realmSpace(found.realm) ?? 0;
  }

  write(now: Instant, stream: number, bytes: Uint8Array): void {
    const found = this.#streams.get(stream);
    found?.leg.session.writeRealm(now, found.realm, bytes);
  }

  read(now: Instant, stream: number): Uint8Array | undefined {
    const found = this.#streams.get(stream);
    return found?.leg.session.readRealm(now, found.realm);
  }

  close(now: Instant, stream: number): void {
    const found = this.#streams.get(stream);
    found?.leg.session.closeRealm(now, found.realm);
  }

  /** A realm's event as the stream's; a stream that closed is forgotten. */
  translate(leg: Leg, event: RealmEvent): DahuaTunnelEvent | undefined {
    for (const [stream, found] of this.#streams) {
      if (found.leg !== leg || found.realm !== event.realm) continue;
      if (event.type === "realmClosed") this.#streams.delete(stream);
      return toStreamEvent(stream, event);
    }
    return undefined;
  }
}

function toStreamEvent(stream: number, event: RealmEvent): DahuaTunnelEvent {
  switch (event.type) {
    case "realmOpen":
      return { type: "streamOpen", stream };
    case "realmReadable":
      return { type: "streamReadable", stream };
    case "realmWritable":
      return { type: "streamWritable", stream };
    case "realmClosed":
      return { type: "streamClosed", stream, reason: event.reason, detail: event.detail };
  }
}
