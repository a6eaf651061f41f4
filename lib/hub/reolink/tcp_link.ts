import type { ByteStream, World } from "../../io/types.ts";
import { formatEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint } from "../../machine.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import type { LinkFigures, OpenWay } from "../link/link.ts";
import { LinkError } from "../link/link_error.ts";
import type { ReolinkLink, ReolinkLinkOptions } from "./link.ts";

/** A camera in the same network answers at once, or not at all. */
const CONNECT_WITHIN: Duration = 4_000;

/** How long a camera may take to end its half once we have ended ours. */
const CLOSE_GRACE: Duration = 1_000;

/** Connects to a camera at a known address. Rejects with `LinkError` when it cannot be had. */
export async function dialReolinkTcp(
  peer: Endpoint,
  { world, onEvent }: Pick<ReolinkLinkOptions, "world" | "onEvent">,
  signal: AbortSignal,
): Promise<ReolinkLink> {
  onEvent({ type: "state", state: "locating" });
  const link = new ReolinkTcpLink(await connect(peer, world, signal), peer, world, onEvent);
  onEvent({ type: "state", state: "open" });
  onEvent({ type: "open", way: "tcp", peer });
  return link;
}

async function connect(peer: Endpoint, world: World, signal: AbortSignal): Promise<ByteStream> {
  const tooLate = new AbortController();
  const cancel = world.clock.setTimer(CONNECT_WITHIN, () => tooLate.abort());
  try {
    return await world.dialTcp(peer, AbortSignal.any([signal, tooLate.signal]));
  } catch (error) {
    const isLate = tooLate.signal.aborted;
    throw new LinkError({
      reason: signal.aborted ? "local" : isLate ? "timeout" : "unreachable",
      stage: "connecting",
      detail: isLate
        ? `the camera at ${formatEndpoint(peer)} did not answer`
        : error instanceof Error
        ? error.message
        : String(error),
      advice: "Check the address, and that the camera is on, awake and in reach of this machine.",
    }, error);
  } finally {
    cancel();
  }
}

/** The connection, watched: it is over when its reader or its writer finds it so, or we close it. */
class ReolinkTcpLink implements ReolinkLink {
  readonly stream: ByteStream;
  readonly opened: Promise<OpenWay>;
  readonly #inner: ByteStream;
  readonly #world: World;
  readonly #onEvent: ReolinkLinkOptions["onEvent"];
  readonly #ended = Promise.withResolvers<TunnelEnd>();
  #received = 0;
  /** We have ended our half: the end of the other one is no surprise. */
  #isLeaving = false;
  #isOver = false;

  constructor(
    inner: ByteStream,
    peer: Endpoint,
    world: World,
    onEvent: ReolinkLinkOptions["onEvent"],
  ) {
    this.#inner = inner;
    this.#world = world;
    this.#onEvent = onEvent;
    this.opened = Promise.resolve({ way: "tcp", peer });
    this.stream = {
      local: inner.local,
      remote: inner.remote,
      read: () => this.#watch(inner.read().then((bytes) => this.#count(bytes))),
      write: (bytes) => this.#watch(inner.write(bytes)),
      end: () => {
        this.#isLeaving = true;
        return this.#watch(inner.end());
      },
      abort: () => {
        inner.abort();
        this.#finish("local");
      },
    };
  }

  get ended(): Promise<TunnelEnd> {
    return this.#ended.promise;
  }

  get isOpen(): boolean {
    return !this.#isOver;
  }

  get figures(): LinkFigures {
    return {
      rtt: undefined,
      loss: undefined,
      retransmits: 0,
      received: { tcp: this.#received },
    };
  }

  close(): void {
    if (this.#isOver) return;
    this.#finish("local");
    // It was our wish: what still goes wrong is of no interest.
    this.#inner.end().catch(() => {});
    this.#world.clock.setTimer(CLOSE_GRACE, () => this.#inner.abort());
  }

  #count(bytes: Uint8Array | undefined): Uint8Array | undefined {
    this.#received += bytes?.byteLength ?? 0;
    if (bytes === undefined) {
      this.#finish("peer", "the camera closed the connection");
      this.#inner.abort();
    }
    return bytes;
  }

  async #watch<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#finish("peer", error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  #finish(by: "local" | "peer", detail = "closed"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const advice = "The camera may be restarting: try again.";
    const end: TunnelEnd = by === "local" || this.#isLeaving
      ? { reason: "local", stage: "open", detail, advice: "" }
      : { reason: "peer", stage: "open", detail, advice };
    this.#onEvent({ type: "state", state: "closed" });
    this.#onEvent({ type: "closed", ...end });
    this.#ended.resolve(end);
  }
}
