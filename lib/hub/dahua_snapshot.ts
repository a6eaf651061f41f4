import { DecodeError } from "../bytes/decode_error.ts";
import type { ByteStream } from "../io/types.ts";
import type { Entropy } from "../machine.ts";
import type { Credentials } from "../rtsp/credentials.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import { httpGet } from "./http_get.ts";
import { LinkError } from "./link_error.ts";
import { MAX_SNAPSHOT_BYTES } from "./snapshots.ts";

/** Where the device's web server is, unless its owner has moved it. */
export const HTTP_PORT = 80;

export interface DahuaSnapshotOptions {
  /** To port 80 of the device. */
  readonly stream: ByteStream;
  /** From 1. */
  readonly channel: number;
  readonly credentials: Credentials;
  readonly entropy: Entropy;
  readonly signal: AbortSignal;
}

/**
 * A picture of a channel as JPEG, from the device's own web server [the vendor's published HTTP API].
 * Rejects with `LinkError`.
 */
export async function dahuaSnapshot(options: DahuaSnapshotOptions): Promise<Uint8Array> {
  const { stream, channel, credentials, entropy, signal } = options;
  const onAbort = () => stream.abort();
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    const path = `/cgi-bin/snapshot.cgi?channel=${channel}`;
    const answer = await httpGet(stream, {
      path,
      credentials,
      entropy,
      maxBytes: MAX_SNAPSHOT_BYTES,
    });
    if (answer.refusal !== undefined) throw refused(answer.refusal);
    if (answer.status !== 200) throw failed(`it answers ${answer.status}`);
    if (!isJpeg(answer.body)) throw failed(`it sends no JPEG but ${answer.type || "something"}`);
    return answer.body;
  } catch (error) {
    if (error instanceof LinkError) throw error;
    if (signal.aborted) throw new LinkError(TOO_LATE, error);
    if (error instanceof DecodeError) throw failed(error.message, error);
    throw failed(error instanceof Error ? error.message : String(error), error);
  } finally {
    signal.removeEventListener("abort", onAbort);
    stream.abort();
  }
}

/** A JPEG begins with the marker SOI (ITU-T T.81, B.1.1.3). */
function isJpeg([first, second]: Uint8Array): boolean {
  return first === 0xff && second === 0xd8;
}

function refused(why: string): LinkError {
  return new LinkError({
    reason: "auth",
    stage: "snapshot",
    detail: `the device's web server gave no picture as ${why}`,
    advice: "Check user name and password, and that this account may use the web page.",
  });
}

function failed(why: string, cause?: unknown): LinkError {
  return new LinkError({
    reason: "peer",
    stage: "snapshot",
    detail: `the device's web server gave no picture: ${why}`,
    advice: "Check that HTTP is enabled on port 80 in the device's settings.",
  }, cause);
}

const TOO_LATE: TunnelEnd = {
  reason: "timeout",
  stage: "snapshot",
  detail: "the device's web server did not give a picture in time",
  advice: "Check that HTTP is enabled on port 80 in the device's settings.",
};
