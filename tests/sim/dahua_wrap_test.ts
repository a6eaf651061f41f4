import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeSegment, isPtcpDatagram } from "../../lib/dahua/ptcp/segment.ts";
import { patternHash } from "../support/pattern.ts";
import { TunnelWorld } from "../support/tunnel_world.ts";

/** Streams that begin here wrap after 100 kB. */
const initialSeq = 2 ** 32 - 100_000;

const LENGTH = 2 << 20;

const WEATHER = [{}, { delay: 20, loss: 0.02 }, { delay: 20, loss: 0.01, reorder: 0.05 }];

for (const way of ["direct", "relay"] as const) {
  test(`DahuaTunnel loses nothing where sequence numbers begin anew, way ${way}`, () => {
    for (const [index, link] of WEATHER.entries()) {
      const world = new TunnelWorld({
        seed: index + 1,
        link,
        camera: { nat: "full-cone", quirks: { initialSeq }, link: { loss: link.loss ?? 0 } },
        // Over the relay, each of the two hops has numbers of its own.
        servers: { agent: { initialSeq } },
        tunnel: { way },
      });
      const numbers = watchNumbers(world, way === "relay" ? "agent" : "device");
      assert.equal(world.open(), way);
      assert.equal(world.download(LENGTH), patternHash(LENGTH));
      assert.ok(numbers.highest > initialSeq && numbers.sawWrap, "the numbers began anew");
    }
  });
}

/** What is seen of the sequence numbers that come to a socket of the client. */
function watchNumbers(world: TunnelWorld, socket: string) {
  const numbers = { highest: 0, sawWrap: false };
  world.loses = (via, bytes) => {
    if (via !== socket || !isPtcpDatagram(bytes)) return false;
    const { seq } = decodeSegment(bytes);
    numbers.highest = Math.max(numbers.highest, seq);
    numbers.sawWrap ||= seq < LENGTH && numbers.highest > initialSeq;
    return false;
  };
  return numbers;
}

test("DahuaTunnel keeps both directions going where sequence numbers begin anew", () => {
  const world = new TunnelWorld({
    link: { delay: 20, loss: 0.02 },
    camera: { nat: "full-cone", quirks: { initialSeq } },
    servers: { agent: { initialSeq } },
    tunnel: { way: "relay" },
  });
  world.open();
  let back = 0;
  world.onBytes = (_stream, bytes) => back += bytes.byteLength;
  const stream = world.openStream();
  let written = 0;
  world.world.runUntil(() => {
    const space = Math.min(world.tunnel.streamSpace(stream), LENGTH - written);
    if (space > 0) {
      written += space;
      world.command((tunnel, now) => tunnel.writeStream(now, stream, new Uint8Array(space)));
    }
    return back === LENGTH;
  }, 600_000);
});
