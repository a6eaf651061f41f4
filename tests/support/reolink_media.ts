import assert from "node:assert/strict";
import { START_PREVIEW } from "../../lib/reolink/baichuan/commands/preview_start.ts";
import type { BcMediaFrame } from "../../lib/reolink/bcmedia/frame.ts";
import { BcMediaReader } from "../../lib/reolink/bcmedia/reader.ts";
import type { BcClient, ReceivedMessage } from "./bc_client.ts";

/** Asks for a stream; its media come under the number given. Returns the first answer. */
export function watch(
  client: BcClient,
  stream: "main" | "sub" | "extern" = "main",
  num = 500,
): ReceivedMessage {
  const handle = { main: 0, sub: 256, extern: 1024 }[stream];
  const header = { num, stream: stream === "main" ? 0 : 1 };
  return client.ask(START_PREVIEW, { channel: 0, handle, stream }, header);
}

/** The frames in the payloads of media messages; there must be nothing else in them. */
export function framesOf(messages: readonly ReceivedMessage[]): BcMediaFrame[] {
  const reader = new BcMediaReader();
  const frames: BcMediaFrame[] = [];
  for (const { payload } of messages) {
    assert.ok(payload.type === "binary");
    reader.push(payload.bytes);
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      assert.ok(next.type !== "gap");
      frames.push(next);
    }
  }
  const last = reader.release();
  if (last !== undefined) frames.push(last);
  return frames;
}
