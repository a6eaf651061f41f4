import assert from "node:assert/strict";
import { test } from "node:test";
import { apiWorld } from "../tests/support/api_world.ts";
import { openStatus } from "../tests/support/fake_hub.ts";
import { formatMetrics } from "./metrics_text.ts";

test("GET /metrics shows a camera's state, way and figures in base units", async () => {
  const { request, hub } = apiWorld();
  hub.cameras.set("front", openStatus("front"));
  const response = await request("/metrics");
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const lines = (await response.text()).split("\n");
  for (
    const line of [
      'sightline_build_info{version="0.1.0",runtime="Deno 2"} 1',
      "sightline_cameras 2",
      'sightline_camera_state{camera="front",state="open"} 1',
      'sightline_camera_state{camera="front",state="idle"} 0',
      'sightline_camera_state{camera="yard",state="idle"} 1',
      'sightline_camera_way{camera="front",way="relay"} 1',
      'sightline_camera_received_bytes_total{camera="front",way="relay"} 1234567',
      'sightline_camera_received_bytes_total{camera="front",way="lan"} 89',
      'sightline_camera_sent_bytes_total{camera="front"} 2000000',
      'sightline_camera_rtt_seconds{camera="front"} 0.0615',
      'sightline_camera_loss_ratio{camera="front"} 0.01',
      'sightline_camera_retransmits_total{camera="front"} 6',
      'sightline_camera_stalls_total{camera="front"} 2',
      'sightline_camera_reconnects_total{camera="front"} 3',
      'sightline_camera_wakes_total{camera="front"} 4',
      'sightline_camera_failures_total{camera="front"} 5',
      'sightline_camera_viewers{camera="front"} 2',
      'sightline_camera_battery_ratio{camera="front"} 0.8',
      'sightline_camera_handshake_seconds{camera="front",stage="locating"} 0.12',
      'sightline_camera_lease{camera="front"} 1',
      "sightline_process_resident_memory_bytes 50000000",
      "sightline_process_cpu_seconds_total 1.5",
    ]
  ) assert.ok(lines.includes(line), line);
  assert.ok(!lines.some((line) => /camera_(rtt|battery|way).*yard/.test(line)));
});

test("GET /metrics shows webhooks by number, and whether MQTT is connected", async () => {
  const figures = { delivered: 3, failed: 2, dropped: 1, queued: 4 };
  const { request } = apiWorld({ webhooks: () => [figures], isMqttConnected: () => true });
  const lines = (await (await request("/metrics")).text()).split("\n");
  for (
    const line of [
      'sightline_webhook_events_total{webhook="1",outcome="delivered"} 3',
      'sightline_webhook_events_total{webhook="1",outcome="failed"} 2',
      'sightline_webhook_events_total{webhook="1",outcome="dropped"} 1',
      'sightline_webhook_queued_events{webhook="1"} 4',
      "sightline_mqtt_connected 1",
    ]
  ) assert.ok(lines.includes(line), line);
});

test("GET /metrics gives every metric its help and type, once and together", async () => {
  const { request, hub } = apiWorld();
  hub.cameras.set("front", openStatus("front"));
  const lines = (await (await request("/metrics")).text()).trimEnd().split("\n");
  const seen = new Set<string>();
  let current = "";
  for (const line of lines) {
    const [, kind, name = ""] = /^# (HELP|TYPE) (\S+) \S/.exec(line) ?? [];
    if (kind === "HELP") {
      assert.ok(!seen.has(name), name);
      seen.add(name);
      current = name;
    } else if (kind === "TYPE") assert.equal(name, current);
    else assert.equal(/^([a-z_]+)[{ ]/.exec(line)?.[1], current, line);
  }
  for (const name of seen) assert.match(name, /^sightline_[a-z_]+$/);
});

test("GET /metrics knows no serial number, address or token", async () => {
  const { request } = apiWorld({ tokens: ["t0ken"] });
  const text = await (await request("/metrics", { headers: { Authorization: "Bearer t0ken" } }))
    .text();
  assert.doesNotMatch(text, /4K0123|127\.0\.0\.1|t0ken/);
});

test("formatMetrics() escapes what labels and help may have", () => {
  const text = formatMetrics([{
    name: "sightline_x",
    type: "gauge",
    help: "a \\ b\nc",
    samples: [{ labels: { camera: 'a"b\\c\nd' }, value: 1e21 }, { value: 0.5 }],
  }, { name: "sightline_none", type: "gauge", help: "", samples: [] }]);
  assert.equal(
    text,
    '# HELP sightline_x a \\\\ b\\nc\n# TYPE sightline_x gauge\nsightline_x{camera="a\\"b\\\\c\\nd"} 1e+21\nsightline_x 0.5\n',
  );
});
