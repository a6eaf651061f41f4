import assert from "node:assert/strict";
import { test } from "node:test";
import { objection, roomOf } from "./rooms.ts";

const EDGES: readonly [from: string, to: string, allowed: boolean, typeOnly?: boolean][] = [
  ["lib/bytes/reader.ts", "lib/bytes/decode_error.ts", true],
  ["lib/stun/message.ts", "lib/bytes/reader.ts", true],
  ["lib/stun/message.ts", "lib/machine.ts", true],
  ["lib/endpoint.ts", "lib/bytes/decode_error.ts", true],
  ["lib/dahua/ptcp/connection.ts", "lib/timers.ts", true],
  ["lib/nat/checks.ts", "lib/stun/message.ts", true],
  ["lib/hub/path.ts", "lib/dahua/tunnel.ts", true],
  ["routes/cameras.ts", "lib/hub/hub.ts", true],
  ["main.ts", "lib/io/clock.ts", true],
  ["lib/cli/commands/forward.ts", "lib/sim/simulation.ts", true],
  ["lib/sim/cloud.ts", "lib/dahua/signaling/message.ts", true],
  ["lib/sim/simulation.ts", "lib/io/drive.ts", true],
  ["lib/hub/dahua/link.ts", "lib/io/drive.ts", true],
  ["lib/cli/commands/version.ts", "package.json", true],
  ["lib/io/drive.ts", "lib/machine.ts", true],
  ["lib/dahua/tunnel.ts", "lib/io/types.ts", true, true],
  ["lib/stun/message_test.ts", "lib/hub/hub.ts", true],
  ["tests/e2e/demo_test.ts", "main.ts", true],
  ["scripts/ok.ts", "lib/io/clock.ts", true],

  ["lib/machine.ts", "lib/bytes/reader.ts", false],
  ["lib/bytes/reader.ts", "lib/endpoint.ts", false],
  ["lib/stun/message.ts", "lib/nat/checks.ts", false],
  ["lib/media/track.ts", "lib/sdp/sdp.ts", false],
  ["lib/rtp/packet.ts", "lib/dahua/tunnel.ts", false],
  ["lib/dahua/tunnel.ts", "lib/reolink/tunnel.ts", false],
  ["lib/reolink/tunnel.ts", "lib/dahua/tunnel.ts", false],
  ["lib/dahua/tunnel.ts", "lib/io/types.ts", false],
  ["lib/dahua/tunnel.ts", "lib/io/udp_socket.ts", false, true],
  ["lib/io/drive.ts", "lib/dahua/tunnel.ts", false],
  ["lib/sim/cloud.ts", "lib/io/drive.ts", false],
  ["lib/sim/cloud.ts", "lib/hub/hub.ts", false],
  ["lib/hub/hub.ts", "routes/cameras.ts", false],
  ["lib/hub/hub.ts", "lib/io/udp_socket.ts", false],
  ["lib/hub/hub.ts", "package.json", false],
  ["lib/hub/hub.ts", "tests/support/rng.ts", false],
  ["lib/cli/commands/forward.ts", "scripts/ok.ts", false],
  ["lib/unheard/of.ts", "lib/machine.ts", false],
];

for (const [from, to, allowed, typeOnly = false] of EDGES) {
  const verdict = allowed ? "allows" : "forbids";
  const what = typeOnly ? " for its types" : "";
  test(`objection() ${verdict} ${from} to import ${to}${what}`, () => {
    assert.equal(objection({ from, to, typeOnly }) === undefined, allowed);
  });
}

test("roomOf() knows folders, single files, routes and main", () => {
  assert.equal(roomOf("lib/dahua/ptcp/segment.ts"), "dahua");
  assert.equal(roomOf("lib/timers.ts"), "timers");
  assert.equal(roomOf("routes/app.ts"), "routes");
  assert.equal(roomOf("main.ts"), "main");
  assert.equal(roomOf("lib/nowhere.ts"), undefined);
});
