import { tryDecode } from "../../bytes/try_decode.ts";
import type { Instant } from "../../machine.ts";
import type { CipherMode } from "../../reolink/baichuan/cipher.ts";
import type { BcMessage } from "../../reolink/baichuan/codec.ts";
import { START_PREVIEW } from "../../reolink/baichuan/commands/preview_start.ts";
import { STOP_PREVIEW } from "../../reolink/baichuan/commands/preview_stop.ts";
import { BcClass, type BcHeader } from "../../reolink/baichuan/header.ts";
import { earliest } from "../../timers.ts";
import type { CameraState } from "./camera_state.ts";
import { mediaMessages } from "./media_messages.ts";
import type { Preview } from "./preview.ts";
import { type Answer, bare, BC_STATUS, REFUSED } from "./row.ts";

/** Streams of one client; more are refused. */
export const MAX_PREVIEWS = 4;

/** Bytes waiting above which pictures are left out up to the next key frame. */
const MAX_WAITING = 256 << 10;

/** Frames sent at once, after which others have a turn: a clock may have jumped. */
const MAX_CATCH_UP = 100;

interface Running {
  readonly preview: Preview;
  /** Of all its messages. */
  readonly header: BcHeader;
  /** Pictures were left out: there is no use in others until a key frame. */
  skipping: boolean;
}

/** The streams of one client, by the handles it gave them. */
export class Previews {
  readonly #camera: CameraState;
  readonly #running = new Map<number, Running>();

  constructor(camera: CameraState) {
    this.#camera = camera;
  }

  get size(): number {
    return this.#running.size;
  }

  /** The answer carries the block that a stream begins with [capture]. */
  start(now: Instant, { header, payload }: BcMessage): Answer {
    const request = tryDecode(() => START_PREVIEW.request.read({ payload }));
    if (request === undefined || request.channel !== 0) return REFUSED;
    const { handle, stream } = request;
    // What real cameras do about a handle in use is not known; starting over is kind.
    this.#end(handle);
    if (this.#running.size >= MAX_PREVIEWS) return REFUSED;
    const preview = this.#camera.startPreview(now, stream);
    if (preview === undefined) return REFUSED;
    const media = { ...header, code: BC_STATUS.ok, messageClass: BcClass.reply };
    this.#running.set(handle, { preview, header: media, skipping: false });
    const bytes = preview.info(now);
    const content = { extension: { binary: true }, payload: { type: "binary", bytes } } as const;
    return { code: BC_STATUS.ok, content };
  }

  stop({ payload }: BcMessage): Answer {
    const request = tryDecode(() => STOP_PREVIEW.request.read({ payload }));
    if (request === undefined) return REFUSED;
    this.#end(request.handle);
    return bare(BC_STATUS.ok);
  }

  /**
   * The messages that are due.
   *
   * @param waiting Bytes for this client that have not been taken.
   */
  *take(now: Instant, mode: CipherMode, waiting: number): Generator<BcMessage> {
    for (const running of this.#running.values()) {
      for (let i = 0; i < MAX_CATCH_UP && running.preview.nextAt <= now; i++) {
        const frame = running.preview.take(now);
        if (frame === undefined) continue;
        if (frame.isVideo) {
          running.skipping = waiting > MAX_WAITING || (running.skipping && !frame.keyframe);
          if (running.skipping) continue;
        }
        waiting += frame.bytes.byteLength;
        yield* mediaMessages(running.header, mode, frame.bytes);
      }
    }
  }

  /** When the next frame of any of them is due. */
  get nextAt(): Instant | undefined {
    return earliest(...Array.from(this.#running.values(), ({ preview }) => preview.nextAt));
  }

  /** Ends all of them. */
  close(): void {
    for (const handle of [...this.#running.keys()]) this.#end(handle);
  }

  #end(handle: number): void {
    if (this.#running.delete(handle)) this.#camera.endPreview();
  }
}
