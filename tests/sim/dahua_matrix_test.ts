import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "../../lib/config/secret.ts";
import { patternHash } from "../support/pattern.ts";
import { TunnelWorld } from "../support/tunnel_world.ts";

const LENGTH = 20 << 20;

const WEATHER = {
  "on a clean link": {},
  "through 3 % loss and 60 ms of round trip": { delay: 30, loss: 0.03 },
} as const;

const expected = patternHash(LENGTH);

for (const auth of ["none", "required"] as const) {
  for (const way of ["direct", "relay"] as const) {
    for (const [name, link] of Object.entries(WEATHER)) {
      test(`DahuaTunnel moves 20 MB intact ${name}, way ${way}, auth ${auth}`, () => {
        const credentials = { user: "admin", password: new Secret("s3cret") };
        const world = new TunnelWorld({
          camera: { auth, password: "s3cret", nat: "full-cone" },
          link,
          tunnel: { way, ...(auth === "required" ? { credentials } : {}) },
        });
        assert.equal(world.open(), way, JSON.stringify(world.find("closed")));
        assert.equal(world.download(LENGTH), expected);
        assert.equal(world.tunnel.state, "open");
      });
    }
  }
}
