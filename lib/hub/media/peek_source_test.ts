import assert from "node:assert/strict";
import { test } from "node:test";
import { AUDIO, picture, sound, VIDEO } from "../../../tests/support/fake_source.ts";
import { VirtualClock } from "../../../tests/support/virtual_clock.ts";
import type { CloseReason } from "../../machine.ts";
import type { Source } from "../../media/source.ts";
import { peekSource } from "./peek_source.ts";
import { SharedStream } from "./shared_stream.ts";

interface Lab {
  readonly clock: VirtualClock;
  readonly stream: SharedStream;
  readonly seen: { readonly seconds: number; readonly keyframe: boolean }[];
  readonly ends: CloseReason[];
  peek(): () => void;
}

/** A stream that has shown one key frame, a minute ago. */
function lab(): Lab {
  const clock = new VirtualClock();
  const stream = new SharedStream({ tracks: [VIDEO, AUDIO], clock, onReaders: () => {} });
  stream.push(picture(500, true));
  stream.push(picture(500.04, false));
  const seen: Lab["seen"] = [];
  const ends: CloseReason[] = [];
  return {
    clock,
    stream,
    seen,
    ends,
    peek() {
      const source = peekSource(stream, clock);
      assert.ok(source !== undefined);
      return read(source);
    },
  };
  function read(source: Source): () => void {
    return source.read({
      onUnit: ({ trackId, timestamp, keyframe }) => {
        if (trackId === VIDEO.id) seen.push({ seconds: timestamp / VIDEO.clockRate, keyframe });
      },
      onEnd: (reason) => ends.push(reason),
    });
  }
}

test("peekSource() has nothing to show of a camera that has shown nothing", () => {
  const clock = new VirtualClock();
  assert.equal(peekSource(undefined, clock), undefined);
  const stream = new SharedStream({ tracks: [VIDEO], clock, onReaders: () => {} });
  assert.equal(peekSource(stream, clock), undefined);
});

test("peekSource() shows the last key frame, from the second second on once a second", () => {
  const { clock, stream, seen, peek } = lab();
  stream.restart();
  clock.pass(60_000);
  const stop = peek();
  clock.pass(3_960);
  const early = Array.from({ length: 25 }, (_, i) => i * 0.04);
  const times = [...early, 1.96, 2.96, 3.96];
  assert.deepEqual(seen.map(({ seconds }) => seconds.toFixed(2)), times.map((t) => t.toFixed(2)));
  assert.ok(seen.every(({ keyframe }) => keyframe));
  assert.equal(stream.readers, 0, "it is no reader");
  stop();
  assert.equal(clock.timers, 0);
});

test("peekSource() goes live with the next key frame, and back to the still one after", () => {
  const { clock, stream, seen, peek } = lab();
  stream.restart();
  clock.pass(60_000);
  peek();
  clock.pass(10_000);
  const stills = seen.length;
  stream.push(picture(9_000.5, false));
  stream.push(sound(9_000.5));
  assert.equal(seen.length, stills, "a picture that builds on others waits for a key frame");
  for (let frame = 0; frame < 50; frame++) {
    stream.push(picture(9_001 + frame / 25, frame === 0));
    clock.pass(40);
  }
  clock.pass(1_500);
  const times = seen.map(({ seconds }) => seconds);
  assert.ok(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0)), `${times}`);
  assert.equal(seen.length, stills + 50 + 1);
  assert.ok(Math.abs((times[stills] ?? 0) - 10) < 0.01);
  assert.equal(seen.at(-1)?.keyframe, true);
});

test("peekSource() begins live where the camera is open already", () => {
  const { seen, peek } = lab();
  peek();
  assert.deepEqual(seen.map(({ keyframe }) => keyframe), [true, false]);
});

test("peekSource() ends when the camera's stream becomes another one", () => {
  const { clock, stream, ends, peek } = lab();
  peek();
  stream.end("peer");
  assert.deepEqual(ends, ["peer"]);
  peek();
  assert.deepEqual(ends, ["peer", "peer"]);
  clock.pass(10_000);
  assert.equal(clock.timers, 0);
});
