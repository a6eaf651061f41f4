/** Which of a camera's streams, and what it is called on the wire. @module */

import type { XmlElement } from "../../../xml/xml.ts";
import { child, type ElementCodec, int, record, VERSION, word } from "../xml_record.ts";

export type StreamKind = "main" | "sub" | "extern";

/** By what a stream is called, and told from others, on the wire. */
export interface StreamNames {
  readonly type: string;
  /** Unique among the streams that run on one login. */
  readonly handle: number;
  /** Byte 13 of the header; cameras repeat it. Some clients have 0 for `extern`. [observed] */
  readonly stream: number;
}

export const STREAMS: Readonly<Record<StreamKind, StreamNames>> = {
  main: { type: "mainStream", handle: 0, stream: 0 },
  sub: { type: "subStream", handle: 256, stream: 1 },
  extern: { type: "externStream", handle: 1024, stream: 2 },
};

const KINDS: readonly StreamKind[] = ["main", "sub", "extern"];

/** The kind of stream that the wire calls `type`. */
function streamKindOf(type: string): StreamKind | undefined {
  return KINDS.find((kind) => STREAMS[kind].type === type);
}

/** A kind of stream by its name on the wire. */
function streamType(): ElementCodec<StreamKind> {
  const types = word(...KINDS.map((kind) => STREAMS[kind].type));
  return {
    read: (element: XmlElement) => streamKindOf(types.read(element)) ?? "main",
    write: (name, kind) => types.write(name, STREAMS[kind].type),
  };
}

/** What starts and what ends a preview have in common. */
export const PREVIEW_HANDLE = {
  channel: child("channelId", int()),
  handle: child("handle", int()),
};

export const PREVIEW = record({
  ...PREVIEW_HANDLE,
  stream: child("streamType", streamType()),
}, VERSION);

export const PREVIEW_END = record(PREVIEW_HANDLE, VERSION);
