/**
 * Time from start to the first byte of RTSP, on a clean link with a round trip of 40 ms to everybody,
 * as a multiple of the round trips that must follow one another:
 *
 * 1. probe the main server
 * 2. ask it where the serial number is looked after
 * 3. ask there for the device, and the main server for a relay server
 * 4. ask the device for a channel, and the relay server for an agent
 * 5. start the agent; prove an account, where one is wanted; punch
 * 6. have the device come to the agent
 * 7. connect to the agent
 * 8. direct: ask it for the sign
 * 9. direct: connect to the device
 * 10. direct: show it the sign
 * 11. ask for a TCP connection to the camera's RTSP port
 * 12. ask for the first thing there
 *
 * The relay does without 8 to 10. In mode `auto`, a direct way that is found gives the LAN 200 ms to
 * answer, too, before it is taken.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "../../lib/config/secret.ts";
import { TunnelWorld } from "../support/tunnel_world.ts";

const ROUND_TRIP = 40;

const DIRECT = 12;
const RELAY = 9;

/** Way wanted, camera's NAT, round trips needed, and how much of their time it may take. */
const CASES = [
  { way: "lan", nat: "none", needed: DIRECT, most: 1 },
  { way: "direct", nat: "full-cone", needed: DIRECT, most: 1 },
  { way: "relay", nat: "symmetric", needed: RELAY, most: 1 },
  { way: "auto", nat: "none", needed: DIRECT, most: 1 },
  { way: "auto", nat: "full-cone", needed: DIRECT, most: 1.25 },
] as const;

for (const { way, nat, needed, most } of CASES) {
  for (const auth of ["none", "required"] as const) {
    const name = `way ${way}, a camera behind ${nat}, auth ${auth}`;
    test(`DahuaTunnel has the first byte after ${needed} round trips, ${name}`, () => {
      const ms = firstByte(
        new TunnelWorld({
          link: { delay: ROUND_TRIP / 2 },
          camera: { nat, auth, password: "s3cret" },
          tunnel: { way, credentials: { user: "admin", password: new Secret("s3cret") } },
        }),
      );
      const multiple = ms / (needed * ROUND_TRIP);
      console.log(`${name}: ${ms} ms, ${multiple.toFixed(2)} × ${needed} round trips`);
      assert.ok(multiple <= most, `took ${ms} ms`);
      assert.ok(multiple >= 1, "one of these round trips is not needed after all");
    });
  }
}

/** Milliseconds until the answer to what is first asked of the RTSP server begins to arrive. */
function firstByte(world: TunnelWorld): number {
  let answeredAt: number | undefined;
  world.onBytes = () => answeredAt ??= world.elapsed;
  assert.ok(world.open() !== undefined, JSON.stringify(world.find("closed")));
  const stream = world.openStream();
  const request = new TextEncoder().encode("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n");
  world.command((tunnel, now) => tunnel.writeStream(now, stream, request));
  world.world.runUntil(() => answeredAt !== undefined, 10_000);
  return answeredAt ?? Infinity;
}
