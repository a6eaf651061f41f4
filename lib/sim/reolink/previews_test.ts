import assert from "node:assert/strict";
import { test } from "node:test";
import { ReolinkWorld } from "../../../tests/support/reolink_world.ts";
import type { BcMessage } from "../../reolink/baichuan/codec.ts";
import { START_PREVIEW } from "../../reolink/baichuan/commands/preview_start.ts";
import { STOP_PREVIEW } from "../../reolink/baichuan/commands/preview_stop.ts";
import { BcClass } from "../../reolink/baichuan/header.ts";
import { MAX_PREVIEWS, Previews } from "./previews.ts";
import { BC_STATUS } from "./row.ts";

const HEADER = { channel: 0, stream: 0, num: 1, code: 0, messageClass: BcClass.modern };

function start(handle: number): BcMessage {
  return {
    header: { ...HEADER, id: START_PREVIEW.id },
    ...START_PREVIEW.request.write({ channel: 0, handle, stream: "main" }),
  };
}

function stop(handle: number): BcMessage {
  return {
    header: { ...HEADER, id: STOP_PREVIEW.id },
    ...STOP_PREVIEW.request.write({ channel: 0, handle }),
  };
}

test("Previews.start() refuses more streams than its limit, until one is stopped", () => {
  const { camera: { state }, now } = new ReolinkWorld();
  const previews = new Previews(state);
  for (let handle = 0; handle < MAX_PREVIEWS; handle++) {
    assert.equal(previews.start(now, start(handle)).code, BC_STATUS.ok);
  }
  assert.equal(previews.start(now, start(MAX_PREVIEWS)).code, BC_STATUS.refused);
  assert.equal(previews.stop(stop(0)).code, BC_STATUS.ok);
  assert.equal(previews.start(now, start(MAX_PREVIEWS)).code, BC_STATUS.ok);
  assert.equal(state.counters.previews, MAX_PREVIEWS);
});

test("Previews.start() starts a stream over whose handle is in use", () => {
  const { camera: { state }, now } = new ReolinkWorld();
  const previews = new Previews(state);
  previews.start(now, start(0));
  previews.start(now, start(0));
  assert.deepEqual([previews.size, state.counters.previews], [1, 1]);
});
