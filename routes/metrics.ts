import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { CAMERA_STATES, type CameraCounters, type CameraStatus } from "../lib/hub/control.ts";
import type { AppOptions, ProcessStats } from "./app_options.ts";
import type { AppEnv, AppRoutes } from "./env.ts";
import type { EventStreams } from "./event_streams.ts";
import { formatMetrics, type Metric, METRICS_MEDIA_TYPE, type Sample } from "./metrics_text.ts";
import { failures } from "./request_schemas.ts";

const metrics = createRoute({
  method: "get",
  path: "/metrics",
  tags: ["health"],
  summary: "Figures for Prometheus",
  description:
    "Labels are names of cameras, ways, states and steps; never a serial number, a UID " +
    "or the address of a client.",
  responses: {
    200: {
      description: "Prometheus' text format",
      content: { "text/plain": { schema: z.string() } },
    },
    ...failures(),
  },
});

/** Figures for Prometheus. */
export function metricRoutes(options: AppOptions, streams: EventStreams): AppRoutes {
  return new OpenAPIHono<AppEnv>().openapi(metrics, (c) => {
    const text = formatMetrics([
      ...programMetrics(options, streams),
      ...processMetrics(options.processStats()),
      ...outletMetrics(options),
      ...cameraMetrics(options.hub.list(), options.clock.wallClock()),
    ]);
    return c.text(text, 200, { "Content-Type": METRICS_MEDIA_TYPE });
  });
}

function programMetrics({ version, hub }: AppOptions, streams: EventStreams): readonly Metric[] {
  return [
    {
      name: "sightline_build_info",
      type: "gauge",
      help: "The version of the program and of its runtime; always 1",
      samples: [{ labels: version, value: 1 }],
    },
    single("sightline_event_streams", "Clients that follow the events", streams.size),
    single("sightline_cameras", "Cameras there are", hub.list().length),
  ];
}

function processMetrics(stats: ProcessStats): readonly Metric[] {
  const { residentBytes, heapBytes, cpuSeconds, uptimeSeconds } = stats;
  const prefix = "sightline_process";
  return [
    single(`${prefix}_resident_memory_bytes`, "Memory the process occupies", residentBytes),
    single(`${prefix}_heap_bytes`, "Memory in use on the heap of the runtime", heapBytes),
    {
      ...single(
        `${prefix}_cpu_seconds_total`,
        "CPU time of the process, user and kernel",
        cpuSeconds,
      ),
      type: "counter",
    },
    single(`${prefix}_uptime_seconds`, "How long the process has been running", uptimeSeconds),
  ];
}

/** Webhooks go by their number, from 1, as there are secrets in URLs. */
function outletMetrics({ webhooks, isMqttConnected }: AppOptions): readonly Metric[] {
  const hooks = webhooks?.() ?? [];
  const connected = isMqttConnected?.();
  return [
    {
      name: "sightline_webhook_events_total",
      type: "counter",
      help: "Events for each webhook, by what became of them",
      samples: hooks.flatMap(({ delivered, failed, dropped }, i) =>
        Object.entries({ delivered, failed, dropped })
          .map(([outcome, value]) => ({ labels: { webhook: String(i + 1), outcome }, value }))
      ),
    },
    {
      name: "sightline_webhook_queued_events",
      type: "gauge",
      help: "Events that wait for their webhook to take them",
      samples: hooks.map(({ queued }, i) => ({
        labels: { webhook: String(i + 1) },
        value: queued,
      })),
    },
    {
      name: "sightline_mqtt_connected",
      type: "gauge",
      help: "1 while there is a connection to the MQTT broker",
      samples: connected === undefined ? [] : [{ value: Number(connected) }],
    },
  ];
}

function cameraMetrics(cameras: readonly CameraStatus[], now: number): readonly Metric[] {
  const gauge = (name: string, help: string, samples: PerCamera): Metric => ({
    name: `sightline_camera_${name}`,
    type: "gauge",
    help,
    samples: cameras.flatMap((camera) => labelled(camera, samples)),
  });
  const counter = (name: string, help: string, samples: PerCamera): Metric => ({
    ...gauge(name, help, samples),
    type: "counter",
  });
  const count = (name: keyof CameraCounters, help: string) =>
    counter(`${name}_total`, help, ({ counters }) => counters[name]);
  return [
    gauge(
      "state",
      "1 for the state the camera is in, 0 for the others",
      ({ state }) =>
        CAMERA_STATES.map((one) => ({ labels: { state: one }, value: Number(one === state) })),
    ),
    gauge(
      "state_since_seconds",
      "How long it has been in that state",
      ({ since }) => Math.max(0, now - since) / 1_000,
    ),
    gauge(
      "way",
      "1 for the way the camera is reached by, while it is",
      ({ way }) => way && [{ labels: { way }, value: 1 }],
    ),
    gauge("viewers", "Viewers of all its streams", ({ viewers }) => viewers),
    gauge("lease", "1 while a start keeps it open", ({ lease }) => Number(lease !== undefined)),
    counter(
      "received_bytes_total",
      "Bytes from the camera, by the way they took",
      ({ bytes }) =>
        Object.entries(bytes.received).map(([way, value]) => ({ labels: { way }, value })),
    ),
    counter("sent_bytes_total", "Bytes of media handed to viewers", ({ bytes }) => bytes.sent),
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
}

/** What one camera has to say to a metric: a number, several with labels, or nothing. */
type PerCamera = (camera: CameraStatus) => number | readonly Sample[] | undefined;

function labelled(camera: CameraStatus, samples: PerCamera): readonly Sample[] {
  const own = samples(camera) ?? [];
  const all: readonly Sample[] = typeof own === "number" ? [{ value: own }] : own;
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

function single(name: string, help: string, value: number): Metric {
  return { name, type: "gauge", help, samples: [{ value }] };
}
