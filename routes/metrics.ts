import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppOptions, ProcessStats } from "./app_options.ts";
import { cameraMetrics } from "./camera_metrics.ts";
import type { AppEnv, AppRoutes } from "./env.ts";
import type { EventStreams } from "./event_streams.ts";
import { formatMetrics, type Metric, METRICS_MEDIA_TYPE } from "./metrics_text.ts";
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

function single(name: string, help: string, value: number): Metric {
  return { name, type: "gauge", help, samples: [{ value }] };
}
