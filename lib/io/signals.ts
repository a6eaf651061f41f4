import process from "node:process";

/** What to listen to and how to leave; the process itself unless a test says otherwise. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  exit(code: number): void;
}

type StopSignal = "SIGINT" | "SIGTERM";

/**
 * Calls `listener` on each SIGHUP, until the returned function is called. While nobody listens,
 * SIGHUP ends the process. Does not keep the process alive.
 */
export function onHangup(listener: () => void): () => void {
  process.on("SIGHUP", listener);
  return () => process.off("SIGHUP", listener);
}

/** Exit code by convention of the shells: 128 and the number of the signal. */
const EXIT_CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/**
 * A signal that fires on the first SIGINT or SIGTERM, for an orderly end. The second one exits at
 * once, for whoever does not want to wait for it. Does not keep the process alive.
 */
export function stopSignal(source: SignalSource = process): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    source.on(signal, () => {
      if (controller.signal.aborted) return source.exit(EXIT_CODES[signal]);
      controller.abort(new DOMException(`Stopped by ${signal}`, "AbortError"));
    });
  }
  return controller.signal;
}
