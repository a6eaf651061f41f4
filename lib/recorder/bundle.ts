import type { Flight } from "./flight_recorder.ts";
import { type FlightCause, writeFlight } from "./flight_file.ts";
import type { Identities } from "./redactor.ts";

export interface BundleOptions {
  readonly flight: Flight;
  readonly cause: FlightCause;
  readonly identities: Identities;
  /** What the doctor said, line by line, as objects. */
  readonly findings: readonly object[];
}

/**
 * One file that may be shown to anybody: what was recorded while a camera was examined, and what was
 * found. Serial numbers, addresses, keys and secrets are replaced, the same always by the same.
 * `sightline replay` reads it.
 */
export function writeBundle({ flight, cause, identities, findings }: BundleOptions): string {
  return writeFlight(
    { flight, cause },
    identities,
    findings.map((finding) => ({ type: "finding", finding })),
  );
}
