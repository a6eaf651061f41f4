import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { BcUdpPair, type BcUdpPairOptions } from "../../../tests/support/bcudp_pair.ts";
import { patternAt, patternHash } from "../../../tests/support/pattern.ts";

const MIB = 1 << 20;

type Role = "client" | "camera";

interface Transfer {
  readonly pair: BcUdpPair;
  readonly received: () => number;
  readonly sha256: () => string;
  /** Milliseconds since it began. */
  readonly elapsed: () => number;
}

/** One end sends `total` bytes as fast as it may. */
function transfer(from: Role, total: number, options: BcUdpPairOptions): Transfer {
  const pair = new BcUdpPair(options);
  const [sender, receiver] = from === "client"
    ? [pair.client, pair.camera]
    : [pair.camera, pair.client];
  const hash = createHash("sha256");
  const start = pair.now;
  let sent = 0;
  let received = 0;
  // A client always speaks first: a camera that hears nothing hangs up.
  if (from === "camera") pair.client.write(start, new Uint8Array(24));
  pair.serve = () => {
    for (let bytes = receiver.read(); bytes !== undefined; bytes = receiver.read()) {
      hash.update(bytes);
      received += bytes.byteLength;
    }
    while (sent < total && sender.space() > 0) {
      const length = Math.min(10_000, total - sent, sender.space());
      sender.write(pair.now, patternAt(sent, length));
      sent += length;
    }
  };
  return {
    pair,
    received: () => received,
    sha256: () => hash.copy().digest("hex"),
    elapsed: () => pair.now - start,
  };
}

function run(from: Role, total: number, options: BcUdpPairOptions): Transfer {
  const result = transfer(from, total, options);
  result.pair.network.run(() => result.received() >= total, 600_000);
  assert.equal(result.received(), total);
  assert.equal(result.sha256(), patternHash(total), "the bytes must arrive as they were sent");
  return result;
}

/** Mbit/s to be reached by a camera, and by a client, whose window is smaller. */
const GOODPUT: readonly (readonly [loss: number, delay: number, camera: number, client: number])[] =
  [
    [0, 0, 100, 100],
    [0.01, 0, 100, 100],
    [0.03, 0, 100, 100],
    [0.05, 0, 100, 100],
    [0, 60, 14, 9],
    [0.01, 60, 7, 5],
    [0.03, 60, 6, 4],
    [0.05, 60, 5, 3],
  ];

for (const from of ["camera", "client"] as const) {
  for (const [loss, delay, camera, client] of GOODPUT) {
    const expected = from === "camera" ? camera : client;
    const network = `loss ${loss}, delay ${delay} ms each way`;
    test(`BcUdpConnection sends ${expected} Mbit/s as ${from}: ${network}`, () => {
      for (const seed of [1, 2]) {
        const { pair, elapsed } = run(from, 4 * MIB, { link: { loss, delay }, seed });
        const goodput = 4 * MIB * 8 / 1_000 / Math.max(1, elapsed());
        assert.ok(goodput >= expected, `seed ${seed}: ${goodput.toFixed(1)} Mbit/s`);
        const [sender, receiver] = [pair[from], from === "camera" ? pair.client : pair.camera];
        assert.equal(receiver.stats.duplicates, 0, "nothing is sent again for nothing");
        assert.ok(Math.abs(sender.stats.lossSent - loss) < 0.02, `${sender.stats.lossSent}`);
      }
    });
  }
}

for (const from of ["camera", "client"] as const) {
  test(`BcUdpConnection delivers every byte once and in order in any weather, as ${from}`, () => {
    const link = { delay: 20, jitter: 30, loss: 0.03, duplicate: 0.03, reorder: 0.03 };
    for (const seed of [1, 2, 3, 4, 5]) run(from, MIB, { link, seed });
  });

  test(`BcUdpConnection carries a stream across the wrap of its packet ids, as ${from}`, () => {
    const firstPacketId = 2 ** 32 - 300;
    const options = { firstPacketId };
    const link = { delay: 10, loss: 0.03, reorder: 0.02 };
    run(from, MIB, { link, seed: 7, client: options, camera: options });
  });

  test(`BcUdpConnection gets through where every third datagram is lost, as ${from}`, () => {
    run(from, 100_000, { link: { delay: 20, loss: 0.33 }, seed: 3 });
  });

  test(`BcUdpConnection uses a slow path and wastes little of it, as ${from}`, () => {
    for (const rate of [62_500, 250_000]) {
      const { pair, elapsed } = run(from, 2 * MIB, { link: { delay: 30, rate }, seed: 2 });
      const share = 2 * MIB / (elapsed() / 1_000) / rate;
      assert.ok(share > 0.85, `${(100 * share).toFixed(0)} % of ${rate} bytes/s`);
      const again = pair[from].stats.resent / (2 * MIB / 1330);
      assert.ok(again < 0.3, `${(100 * again).toFixed(0)} % sent again`);
    }
  });
}

test("BcUdpConnection does not send everything twice on a path slower than its resending", () => {
  const { pair } = run("camera", MIB, { link: { delay: 600, loss: 0.01 }, seed: 1 });
  assert.ok(pair.camera.stats.resent < 60, `${pair.camera.stats.resent} sent again`);
  assert.ok(pair.client.stats.duplicates < 40, `${pair.client.stats.duplicates} arrived twice`);
});

test("BcUdpConnection recovers from cuts of some seconds within one and a half", () => {
  for (const cut of [1_500, 4_000, 8_000]) {
    const { pair, received } = transfer("camera", 100 * MIB, {
      link: { delay: 30 },
      // So long a cut is longer than cameras wait for an acknowledgement.
      camera: { ackSilenceLimit: 10_000 },
    });
    pair.network.run(() => received() > 500_000);
    pair.network.up = false;
    pair.network.pass(cut);
    pair.network.up = true;
    const before = received();
    const back = pair.now;
    pair.network.run(() => received() > before + 500_000);
    assert.ok(pair.now - back < 1_500, `took ${pair.now - back} ms after ${cut}`);
  }
});

/** A camera that streams 4 Mbit/s for a minute; returns how late each frame was complete. */
function stream(link: BcUdpPairOptions["link"], seed: number): number[] {
  const pair = new BcUdpPair({ ...(link && { link }), seed });
  const frame = 20_000;
  const written: number[] = [];
  const lags: number[] = [];
  let received = 0;
  pair.client.write(pair.now, new Uint8Array(24));
  pair.serve = () => {
    for (let bytes = pair.client.read(); bytes; bytes = pair.client.read()) {
      received += bytes.byteLength;
    }
    while (received >= frame * (lags.length + 1)) {
      lags.push(pair.now - (written[lags.length] ?? Infinity));
    }
  };
  for (let number = 0; number < 1_500; number++) {
    written.push(pair.now);
    pair.camera.write(pair.now, new Uint8Array(frame));
    pair.network.pass(40);
  }
  pair.network.pass(3_000);
  assert.equal(lags.length, 1_500);
  return lags;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

for (const delay of [0, 60]) {
  for (const loss of [0, 0.01, 0.03, 0.05]) {
    const network = `loss ${loss}, delay ${delay} ms each way`;
    test(`BcUdpConnection carries a live 4 Mbit/s without growing lag: ${network}`, () => {
      for (const seed of [1, 2]) {
        const lags = stream({ delay, loss }, seed);
        const [early, late] = [mean(lags.slice(0, 500)), mean(lags.slice(-500))];
        assert.ok(late < early + 60, `seed ${seed}: from ${early} to ${late} ms`);
        assert.ok(late < delay + 60 + 3_000 * loss, `seed ${seed}: ${late} ms`);
      }
    });
  }
}
