import { askDahuaWeb, type DahuaWebRequest, webFailure } from "./web.ts";
import { MAX_SNAPSHOT_BYTES } from "../media/snapshots.ts";

export interface DahuaSnapshotOptions
  extends Pick<DahuaWebRequest, "stream" | "credentials" | "entropy" | "signal"> {
  /** From 1. */
  readonly channel: number;
}

const PURPOSE = { stage: "snapshot", failure: "gave no picture" } as const;

/** A picture of a channel as JPEG, from the device's own web server. Rejects with `LinkError`. */
export async function dahuaSnapshot(
  { channel, ...request }: DahuaSnapshotOptions,
): Promise<Uint8Array> {
  const { status, type, body } = await askDahuaWeb({
    ...request,
    ...PURPOSE,
    path: `/cgi-bin/snapshot.cgi?channel=${channel}`,
    maxBytes: MAX_SNAPSHOT_BYTES,
  });
  if (status !== 200) throw webFailure(PURPOSE, `it answers ${status}`);
  if (!isJpeg(body)) throw webFailure(PURPOSE, `it sends no JPEG but ${type || "something"}`);
  return body;
}

/** A JPEG begins with the marker SOI (ITU-T T.81, B.1.1.3). */
function isJpeg([first, second]: Uint8Array): boolean {
  return first === 0xff && second === 0xd8;
}
