import { sameEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint, Entropy, Instant } from "../../machine.ts";
import { randomId } from "./own_tid.ts";

/** How long a camera may be silent before it counts as gone [observed]. */
export const OFFLINE_AFTER: Duration = 80_000;

/** Characters that cameras report behind the UID printed on them [observed]. */
const LONG_UID_EXTRA = 4;

/** What the cloud knows of a camera. */
export interface RegisteredCamera {
  readonly uid: string;
  readonly token: bigint;
  readonly ac: number;
  /** Where its NAT lets it appear, as its heartbeats show. */
  mapped: Endpoint | undefined;
  /** Its own address, as it says. */
  local: Endpoint | undefined;
  /** The last heartbeat. */
  seenAt: Instant;
}

/** The cameras of a cloud: those that may register, and those that have. */
export class Registry {
  readonly #uids: readonly string[];
  readonly #entropy: Entropy;
  /** By the printed UID, so never more than there are. */
  readonly #cameras = new Map<string, RegisteredCamera>();

  /** @param uids UIDs as printed, of all cameras that exist. */
  constructor(uids: readonly string[], entropy: Entropy) {
    this.#uids = uids;
    this.#entropy = entropy;
  }

  /** A camera begins to register, or does so again; `undefined` when there is no such camera. */
  admit(longUid: string): RegisteredCamera | undefined {
    const uid = this.#uids.find((known) => isLongFormOf(longUid, known));
    if (uid === undefined) return undefined;
    const known = this.#cameras.get(uid);
    if (known !== undefined) return known;
    const camera: RegisteredCamera = {
      uid,
      token: BigInt(randomId(this.#entropy)),
      ac: randomId(this.#entropy),
      mapped: undefined,
      local: undefined,
      seenAt: -Infinity,
    };
    this.#cameras.set(uid, camera);
    return camera;
  }

  /** The camera that was given this token. */
  byToken(token: bigint): RegisteredCamera | undefined {
    return this.#find((camera) => camera.token === token);
  }

  /** The camera that sends from there. */
  bySource(source: Endpoint): RegisteredCamera | undefined {
    return this.#find(({ mapped }) => mapped !== undefined && sameEndpoint(mapped, source));
  }

  /** The camera of this printed UID, if it was heard of lately. */
  online(now: Instant, uid: string): RegisteredCamera | undefined {
    const camera = this.#cameras.get(uid);
    const isFresh = camera?.mapped !== undefined && now - camera.seenAt < OFFLINE_AFTER;
    return isFresh ? camera : undefined;
  }

  #find(matches: (camera: RegisteredCamera) => boolean): RegisteredCamera | undefined {
    for (const camera of this.#cameras.values()) if (matches(camera)) return camera;
    return undefined;
  }
}

/** Whether a camera that calls itself `long` is the one with `uid` printed on it. */
function isLongFormOf(long: string, uid: string): boolean {
  return long.startsWith(uid) && long.length - uid.length <= LONG_UID_EXTRA;
}
