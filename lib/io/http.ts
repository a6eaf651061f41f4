/**
 * An HTTP server, whichever runtime this is.
 *
 * @module
 */

import type { Duration, Endpoint } from "../machine.ts";
import { systemClock } from "./clock.ts";
import { checkListenEndpoint, listenError } from "./errors.ts";

/**
 * Answers one request. `request.signal` fires when whoever asked goes away. What it throws is a bug
 * of ours: it is told to `onBug`, and whoever asked gets a 500 without a word of it.
 */
export type HttpHandler = (request: Request, peer: Endpoint) => Promise<Response>;

export interface HttpServer {
  readonly local: Endpoint;
  /** Accepts no more, lets what is being answered end, for a while, then ends it. */
  close(): Promise<void>;
}

/** How long requests may go on once the server is to close. */
const GRACE: Duration = 2_000;

/** The longest a connection may be silent on Bun, in seconds. Streams of events are never so long. */
const IDLE_SECONDS = 255;

/** What a request may carry at most, in bytes; who answers it may be stricter. */
const MAX_BODY_BYTES = 1 << 20;

/** Serves HTTP on `at`; port 0 takes any free one. Rejects with `ListenError`. */
export async function serveHttp(
  at: Endpoint,
  handler: HttpHandler,
  onBug: (error: unknown) => void,
): Promise<HttpServer> {
  checkListenEndpoint("TCP", at);
  const onError = (error: unknown): Response => {
    onBug(error);
    return new Response(null, { status: 500 });
  };
  const serve = "Deno" in globalThis ? serveOnDeno : serveOnBun;
  try {
    // Runtimes throw when the port cannot be had.
    return await Promise.resolve(serve(at, handler, onError));
  } catch (error) {
    throw listenError("TCP", at, error);
  }
}

interface DenoServer {
  readonly addr: { readonly hostname: string; readonly port: number };
  shutdown(): Promise<void>;
}

interface DenoRuntime {
  serve(
    options: {
      readonly hostname: string;
      readonly port: number;
      readonly signal: AbortSignal;
      onListen(): void;
      onError(error: unknown): Response;
    },
    handler: (
      request: Request,
      info: { readonly remoteAddr: { readonly hostname: string; readonly port: number } },
    ) => Promise<Response>,
  ): DenoServer;
}

function serveOnDeno(
  { address: hostname, port }: Endpoint,
  handler: HttpHandler,
  onError: (error: unknown) => Response,
): HttpServer {
  const { Deno } = globalThis as unknown as { readonly Deno: DenoRuntime };
  const ending = new AbortController();
  const { signal } = ending;
  const server = Deno.serve(
    { hostname, port, signal, onListen() {}, onError },
    (request, { remoteAddr }) =>
      handler(request, { address: remoteAddr.hostname, port: remoteAddr.port }),
  );
  return {
    local: { address: server.addr.hostname, port: server.addr.port },
    close: () => within(GRACE, server.shutdown(), () => ending.abort()),
  };
}

interface BunServer {
  readonly hostname: string;
  readonly port: number;
  requestIP(request: Request): { readonly address: string; readonly port: number } | null;
  stop(closeActiveConnections?: boolean): Promise<void>;
}

interface BunRuntime {
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    readonly idleTimeout: number;
    readonly maxRequestBodySize: number;
    readonly development: false;
    readonly reusePort: false;
    fetch(request: Request): Promise<Response>;
    error(error: unknown): Response;
  }): BunServer;
}

function serveOnBun(
  at: Endpoint,
  handler: HttpHandler,
  onError: (error: unknown) => Response,
): HttpServer {
  const { Bun } = globalThis as unknown as { readonly Bun: BunRuntime };
  const server = Bun.serve({
    hostname: at.address,
    port: at.port,
    idleTimeout: IDLE_SECONDS,
    maxRequestBodySize: MAX_BODY_BYTES,
    development: false,
    // Otherwise two programs would share the port, and each get some of the requests.
    reusePort: false,
    fetch(request) {
      // It is gone already when its connection is.
      const { address, port } = server.requestIP(request) ?? { address: "0.0.0.0", port: 0 };
      return handler(request, { address, port });
    },
    error: onError,
  });
  return {
    local: { address: at.address, port: server.port },
    close: () => within(GRACE, server.stop(), () => void server.stop(true)),
  };
}

/** Resolves with `done`, which `hurry` brings about when it takes longer than that. */
async function within(grace: Duration, done: Promise<void>, hurry: () => void): Promise<void> {
  const late = Promise.withResolvers<void>();
  const cancel = systemClock.setTimer(grace, () => {
    hurry();
    late.resolve();
  });
  await Promise.race([done, late.promise]);
  cancel();
}
