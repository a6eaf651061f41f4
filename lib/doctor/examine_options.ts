import type { HostPort } from "../config/camera_address.ts";
import type { World } from "../io/types.ts";
import type { Chart } from "./chart.ts";

/** What the examination of a camera is done with. */
export interface ExamineOptions {
  /** Whose sockets the chart's book watches. */
  readonly world: World;
  readonly chart: Chart;
  /** Further clouds to ask when the camera's own does not know it. */
  readonly clouds: readonly HostPort[];
  readonly signal: AbortSignal;
}
