import type { CameraAddress, HostPort } from "../config/camera_address.ts";
import type { World } from "../io/types.ts";
import { writeFlight } from "./flight_file.ts";
import { FlightRecorder } from "./flight_recorder.ts";
import { identitiesOf, subjectOf } from "./flight_subject.ts";

/** What the doctor was asked. */
export interface BundleRequest {
  readonly address: CameraAddress;
  readonly mayWake: boolean;
  readonly clouds: readonly HostPort[];
}

/**
 * Everything that is said while a camera is examined, and what is found, as one file that may be
 * shown to anybody: serial numbers, addresses, keys and secrets are replaced, the same always by the
 * same, and there is no content. `sightline replay` reads it.
 */
export class Bundle {
  /** The world to examine the camera in. */
  readonly world: World;
  readonly #request: BundleRequest;
  readonly #recorder: FlightRecorder;
  readonly #findings: object[] = [];

  constructor(request: BundleRequest, world: World) {
    this.#request = request;
    this.#recorder = new FlightRecorder(subjectOf(request.address), world, "everything");
    this.world = this.#recorder.world;
  }

  /** Something was found. */
  add(finding: object): void {
    this.#findings.push(finding);
  }

  /** The text of the file. */
  write(): string {
    const { address, mayWake, clouds } = this.#request;
    const identities = identitiesOf(address);
    return writeFlight({
      flight: this.#recorder.take(),
      cause: { type: "request" },
      examination: { mayWake, clouds, findings: this.#findings },
    }, {
      ...identities,
      hosts: [...identities.hosts ?? [], ...clouds.map(({ host }) => host)],
    });
  }
}
