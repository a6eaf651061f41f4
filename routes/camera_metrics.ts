import { CAMERA_STATES, type CameraCounters, type CameraStatus } from "../lib/hub/camera_status.ts";
import type { Metric, Sample } from "./metrics_text.ts";

/** What one camera says to a metric: a number, several with labels, or nothing. */
type PerCamera = (camera: CameraStatus, now: number) => number | readonly Sample[] | undefined;

interface CameraMetric extends Omit<Metric, "samples"> {
  readonly samples: PerCamera;
}

const CAMERA_METRICS: readonly CameraMetric[] = [
  gauge(
    "state",
    "1 for the state the camera is in, 0 for the others",
    ({ state }) =>
      CAMERA_STATES.map((one) => ({ labels: { state: one }, value: Number(one === state) })),
  ),
  gauge(
    "state_since_seconds",
    "How long it has been in that state",
    ({ since }, now) => Math.max(0, now - since) / 1_000,
  ),
  gauge(
    "way",
    "1 for the way the camera is reached by, while it is",
    ({ way }) => way && [{ labels: { way }, value: 1 }],
  ),
  gauge("viewers", "Viewers of all its streams", ({ viewers }) => viewers),
  gauge("lease", "1 while a start keeps it open", ({ lease }) => Number(lease !== undefined)),
  counter(
    "received_bytes",
    "Bytes from the camera, by the way they took",
    ({ bytes }) =>
      Object.entries(bytes.received).map(([way, value]) => ({ labels: { way }, value })),
  ),
  counter("sent_bytes", "Bytes of media handed to viewers", ({ bytes }) => bytes.sent),
  gauge("rtt_seconds", "Round trip to the camera", ({ rtt }) => rtt && rtt / 1_000),
  gauge(
    "loss_ratio",
    "Share of what is sent to it that has to be sent again, 0 to 1",
    ({ loss }) => loss,
  ),
  count("retransmits", "Segments sent to it again"),
  count("pulls", "Streams asked of it"),
  count("stalls", "Times an open stream froze and was replaced"),
  count("reconnects", "Times it was lost while it was wanted"),
  count("failures", "Attempts to connect to it that failed"),
  count("wakes", "Connections made to it, each of which wakes a battery camera"),
  gauge(
    "battery_ratio",
    "Charge of its battery, 0 to 1",
    ({ battery }) => battery && battery.percent / 100,
  ),
  gauge(
    "battery_charging",
    "1 while its battery is being charged",
    ({ battery }) => battery && Number(battery.charging),
  ),
  gauge(
    "keyframe_age_seconds",
    "Age of its latest key frame",
    ({ keyframeAge }) => keyframeAge && keyframeAge / 1_000,
  ),
  gauge(
    "handshake_seconds",
    "How long each step of the latest handshake took",
    ({ handshake }) => stages(handshake),
  ),
];

/**
 * The metrics of all cameras, labelled with their names.
 *
 * @param now Milliseconds since 1970.
 */
export function cameraMetrics(cameras: readonly CameraStatus[], now: number): readonly Metric[] {
  return CAMERA_METRICS.map((metric) => ({
    ...metric,
    samples: cameras.flatMap((camera) => labelled(camera, metric.samples(camera, now))),
  }));
}

function gauge(name: string, help: string, samples: PerCamera): CameraMetric {
  return { name: `sightline_camera_${name}`, type: "gauge", help, samples };
}

function counter(name: string, help: string, samples: PerCamera): CameraMetric {
  return { name: `sightline_camera_${name}_total`, type: "counter", help, samples };
}

function count(name: keyof CameraCounters, help: string): CameraMetric {
  return counter(name, help, ({ counters }) => counters[name]);
}

function labelled(camera: CameraStatus, own: ReturnType<PerCamera>): readonly Sample[] {
  const all: readonly Sample[] = typeof own === "number" ? [{ value: own }] : own ?? [];
  return all.map(({ labels, value }) => ({ labels: { camera: camera.name, ...labels }, value }));
}

/** A step that was taken twice counts with both times. */
function stages(handshake: CameraStatus["handshake"]): readonly Sample[] {
  const total = new Map<string, number>();
  for (const { stage, duration } of handshake) {
    if (duration !== undefined) total.set(stage, (total.get(stage) ?? 0) + duration / 1_000);
  }
  return [...total].map(([stage, value]) => ({ labels: { stage }, value }));
}
