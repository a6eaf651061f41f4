import type { CameraAddress } from "../config/camera_address.ts";
import { FileAppender } from "../io/file_appender.ts";
import type { World } from "../io/types.ts";
import { writeBundle } from "../recorder/bundle.ts";
import { FlightRecorder } from "../recorder/flight_recorder.ts";
import { formatAddress } from "./flight_address.ts";
import { identitiesOf } from "./flight_log.ts";

/** What is being written down while a camera is examined. */
export interface Bundle {
  /** The world to examine it in. */
  readonly world: World;
  /** Something was found. */
  add(finding: object): void;
  /** Writes the file. Rejects with `FileError`. */
  write(): Promise<void>;
}

/** Begins a bundle; nothing is recorded and written without a `path`. Rejects with `FileError`. */
export async function startBundle(
  path: string | undefined,
  address: CameraAddress,
  world: World,
): Promise<Bundle> {
  if (path === undefined) return { world, add: () => {}, write: () => Promise.resolve() };
  // Before anything is examined: a file that cannot be had is known at once.
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const file = await FileAppender.create(path, failed.reject);
  const recorder = new FlightRecorder({
    vendor: address.vendor,
    address: formatAddress(address),
    hasAccount: address.credentials?.password !== undefined,
  }, world);
  const findings: object[] = [];
  return {
    world: recorder.world,
    add: (finding) => void findings.push(finding),
    async write() {
      const flight = recorder.take();
      const identities = identitiesOf(address);
      const text = writeBundle({ flight, cause: { type: "request" }, identities, findings });
      file.append(new TextEncoder().encode(text));
      await Promise.race([file.close(), failed.promise]);
    },
  };
}
