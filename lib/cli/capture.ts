import { ConfigError } from "../config/config_error.ts";
import { FileAppender } from "../io/file_appender.ts";
import type { World } from "../io/types.ts";
import { Capture, MIN_CAPTURE_BYTES } from "../recorder/capture.ts";
import { withTap } from "../recorder/tap.ts";
import { withTcpTap } from "../recorder/tcp_tap.ts";
import type { OptionSpec, ParsedArgs } from "./args.ts";
import type { CliContext } from "./context.ts";

const DEFAULT_BYTES = 100 << 20;

/** Options of every command that can capture. */
export const CAPTURE_OPTIONS = {
  values: ["capture", "capture-size"],
  flags: ["capture-secrets"],
} as const satisfies OptionSpec;

export const CAPTURE_HELP: readonly string[] = [
  "  --capture FILE.pcapng  write what goes between this machine, cameras and clouds, without",
  "                         credentials; for sightline dissect and Wireshark",
  "  --capture-size SIZE    of it and the part before it, FILE.1.pcapng, together; default 100M",
  "  --capture-secrets      with credentials: for your own eyes alone",
];

/** A world some of which may be captured. */
export interface CapturedWorld {
  readonly world: World;
  close(): Promise<void>;
}

/** The world for cameras, captured where the arguments ask for it. Rejects with `FileError`. */
export async function startCapture(
  { values, flags }: ParsedArgs,
  { world, log }: CliContext,
): Promise<CapturedWorld> {
  const path = values.get("capture");
  const size = values.get("capture-size");
  if (path === undefined) {
    if (size === undefined && !flags.has("capture-secrets")) {
      return { world, close: () => Promise.resolve() };
    }
    throw new ConfigError("Options --capture-size and --capture-secrets need --capture FILE");
  }
  const maxBytes = Math.floor((size === undefined ? DEFAULT_BYTES : parseSize(size)) / 2);
  const file = await FileAppender.create(path, (error) => {
    log.error("capture ended", { detail: error.message });
  });
  const capture = new Capture({
    sink: { append: (bytes) => file.append(bytes), rotate: () => file.rotate(earlier(path)) },
    wallClock: preciseClock(world),
    maxBytes,
    secrets: flags.has("capture-secrets"),
  });
  return {
    world: withTcpTap(withTap(world, capture.tap), capture.tcpTap),
    async close() {
      await file.close();
      const { packets, lost } = capture;
      log.info("capture written", { file: path, packets, ...(lost > 0 && { lost }) });
    },
  };
}

/** The time of day in finer steps than the wall clock has, as if nobody set that meanwhile. */
function preciseClock({ clock }: World): () => number {
  const offset = clock.wallClock() - clock.now();
  return () => clock.now() + offset;
}

/** The name of the part before the present one. */
function earlier(path: string): string {
  return /\.pcapng$/.test(path) ? path.replace(/\.pcapng$/, ".1.pcapng") : `${path}.1`;
}

const UNITS: Readonly<Record<string, number>> = { k: 1 << 10, M: 1 << 20, G: 1 << 30 };

function parseSize(text: string): number {
  const match = /^(\d{1,6})([kMG])$/.exec(text);
  const bytes = Number(match?.[1]) * (UNITS[match?.[2] ?? ""] ?? NaN);
  if (bytes >= 2 * MIN_CAPTURE_BYTES) return bytes;
  throw new ConfigError(
    `Option --capture-size must be 128k or more, e.g. 100M or 1G: is "${text}"`,
  );
}
