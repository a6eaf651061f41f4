/** For whom something is done. @module */

/** What had somebody act on a camera: for the ledger and the log. */
export interface Cause {
  /**
   * - `viewer`: somebody watches, over RTSP or in the console
   * - `api`, `mqtt`, `cli`: a call
   * - `mode`: it is configured to be open always
   * - `forward`: a connection to one of its forwarded ports
   * - `camera`: nobody here; the camera woke by itself
   */
  readonly by: "viewer" | "api" | "mqtt" | "cli" | "mode" | "forward" | "camera";
  /** Name of a token, or address of a viewer. Shown in the ledger, never in metrics. */
  readonly who?: string;
}
