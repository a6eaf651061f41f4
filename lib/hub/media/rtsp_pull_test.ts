import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../../tests/support/virtual_clock.ts";
import { MachineStream } from "../../io/machine_stream.ts";
import type { CloseReason } from "../../machine.ts";
import { LinkError } from "../link/link_error.ts";
import { startRtspPull } from "./rtsp_pull.ts";

/** Ends the stream of a pull that got so much of an answer; resolves with what it was told. */
async function endOf(reason: CloseReason, detail: string, answer = ""): Promise<unknown> {
  const clock = new VirtualClock();
  const pieces = answer === "" ? [] : [new TextEncoder().encode(answer)];
  const calls = { space: () => 65_536, write() {}, read: () => pieces.shift(), close() {} };
  const stream = new MachineStream(clock, 554, calls);
  const pulling = startRtspPull({
    ...{ stream, url: "rtsp://127.0.0.1/live", credentials: undefined, clock },
    entropy: (length) => new Uint8Array(length),
    onUnit: () => {},
    signal: new AbortController().signal,
  });
  stream.finish(reason, detail);
  const error = await pulling.then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof LinkError);
  return { reason: error.end.reason, stage: error.end.stage, detail: error.end.detail };
}

test("startRtspPull() says why the device refused its connection", async () => {
  const detail = "the device refused a connection to its port 554";
  assert.deepEqual(await endOf("peer", detail), { reason: "peer", stage: "starting", detail });
});

test("startRtspPull() takes a device that fell silent for no goodbye", async () => {
  const detail = "nothing was heard from the device for 12 s";
  assert.deepEqual(await endOf("timeout", detail), {
    reason: "timeout",
    stage: "starting",
    detail,
  });
});

test("startRtspPull() prefers what the camera answered to how the connection ended", async () => {
  const answer = "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\nRTSP/1.0 503 Busy\r\nCSeq: 2\r\n\r\n";
  const detail = 'the camera answers DESCRIBE with 503 "Busy"';
  const end = await endOf("peer", "the device ended the connection", answer);
  assert.deepEqual(end, { reason: "peer", stage: "starting", detail });
});
