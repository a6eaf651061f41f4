import type { CameraError, CameraState, Way } from "./camera_status.ts";
import type { ConnectionState } from "./connection_view.ts";
import type { MediaPathState } from "./media/media_path.ts";

/** What a camera's state follows from. */
export interface CameraParts {
  readonly connection: ConnectionState;
  readonly paths: readonly {
    readonly state: MediaPathState;
    /** Of one that has failed. */
    readonly error: CameraError | undefined;
    readonly retryAt: number | undefined;
  }[];
  /** Connections to its ports. */
  readonly ports: number;
  /** Whether it rests asleep. */
  readonly sleeps: boolean;
}

/** A camera's state in the contract's words, and what goes with it. */
export interface DerivedState {
  readonly state: CameraState;
  readonly way: Way | undefined;
  /** Of `failed`. */
  readonly error: CameraError | undefined;
  readonly retryAt: number | undefined;
}

/** The one state a camera with several streams and connections is in: the best of them. */
export function deriveState({ connection, paths, ports, sleeps }: CameraParts): DerivedState {
  const way = connection.type === "connected" ? connection.way : undefined;
  const be = (state: CameraState): DerivedState => {
    return { state, way, error: undefined, retryAt: undefined };
  };
  const isWanted = ports > 0 || paths.some(({ state }) => state === "starting");
  if (paths.some(({ state }) => state === "open")) return be("open");
  if (connection.type === "connecting") return be(connection.state);
  if (connection.type === "connected" && ports > 0) return be("open");
  if (connection.type === "connected" && isWanted) return be("starting");
  if (connection.type === "lost" && isWanted) {
    const { error, retryAt } = connection;
    return { state: "failed", way, error, retryAt };
  }
  if (isWanted) return be("locating");
  const failed = paths.filter(({ state, error, retryAt }) => {
    // Where nobody waits for it, a camera that must not be woken rests.
    return state === "failed" && (error?.stage !== "budget" || retryAt !== undefined);
  });
  const latest = failed.toSorted((a, b) => (a.error?.at ?? 0) - (b.error?.at ?? 0)).at(-1);
  if (latest !== undefined) {
    return { state: "failed", way, error: latest.error, retryAt: latest.retryAt };
  }
  const wentToSleep = sleeps && connection.type === "lost" && connection.wasConnected;
  if (connection.type === "lost" && !wentToSleep) {
    return { state: "failed", way, error: connection.error, retryAt: undefined };
  }
  return be(sleeps ? "sleeping" : "idle");
}
