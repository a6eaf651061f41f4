/**
 * A Reolink camera as the hub drives it: one session for all its streams.
 *
 * @module
 */

import type { ReolinkAddress } from "../../config/camera_address.ts";
import type { ControlOrder } from "../../config/control_order.ts";
import type { Duration } from "../../machine.ts";
import type { AccessUnit } from "../../media/track.ts";
import { BaichuanError } from "../../reolink/baichuan/baichuan_error.ts";
import type { StreamKind } from "../../reolink/baichuan/commands/preview.ts";
import type { KnownSound } from "../../reolink/source.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { watchAddresses } from "../link/address_watch.ts";
import type { Camera, CameraEvent, CameraModel, CameraOptions, TalkLine } from "../camera.ts";
import type { LinkFigures } from "../link/link.ts";
import { LinkError } from "../link/link_error.ts";
import { LinkPool, type LinkPoolEvent } from "../link/link_pool.ts";
import type { Pull } from "../media/media_path.ts";
import { type PreviewPull, startPreviewPull } from "../media/preview_pull.ts";
import { controlReolink } from "./control.ts";
import { ReolinkSession, type SessionUse } from "./session.ts";
import { formatReolinkStream, parseReolinkStream } from "./stream.ts";
import { openReolinkTalk } from "./talk.ts";
import { settleOrAbort } from "../settle_or_abort.ts";

/** How long a session nobody uses is kept, if nobody says to let it go before. */
const IDLE: Duration = 30_000;

/** What is learned of a camera, for the connections to come. */
interface Knowledge {
  runsOnBattery: boolean | undefined;
  canTalk: boolean | undefined;
  /** It was moved when its connection was lost, and nobody has told it to stop. */
  mayMove: boolean;
  readonly sounds: Map<StreamKind, KnownSound>;
}

/** What is known of a Reolink camera from its address. */
export function reolinkModel(address: ReolinkAddress): CameraModel {
  const knowledge: Knowledge = {
    runsOnBattery: undefined,
    canTalk: undefined,
    mayMove: false,
    sounds: new Map(),
  };
  return {
    streams: ["", address.stream === "main" ? "sub" : "main"],
    // Over TCP none can be woken; by its UID any may be.
    mayRunOnBattery: address.target.type === "uid",
    streamName(words) {
      const kind = parseReolinkStream(words, address);
      return kind === undefined ? undefined : formatReolinkStream(kind, address);
    },
    connect: (options) => new ReolinkCamera(address, knowledge, options),
  };
}

class ReolinkCamera implements Camera {
  readonly #address: ReolinkAddress;
  readonly #knowledge: Knowledge;
  readonly #options: CameraOptions;
  readonly #pool: LinkPool<void, SessionUse>;
  #session: ReolinkSession | undefined;
  /** Whether the attempt under way may have woken the camera. */
  #hasCalled = false;
  #stopWatching = () => {};
  #isClosed = false;

  constructor(address: ReolinkAddress, knowledge: Knowledge, options: CameraOptions) {
    this.#address = address;
    this.#knowledge = knowledge;
    this.#options = options;
    const { world: { clock, entropy }, onBug } = options;
    this.#pool = new LinkPool({
      startLink: (signal, onUses) => this.#connect(signal, onUses),
      clock,
      entropy,
      limits: { links: 1, streamsPerLink: Infinity, idle: IDLE },
      eager: false,
      admit: () => options.admit(),
      onEvent: (event) => this.#handlePool(event),
      onBug,
    });
  }

  get figures(): LinkFigures {
    return this.#pool.figures;
  }

  async pull(
    name: string,
    onUnit: (unit: AccessUnit) => void,
    signal: AbortSignal,
  ): Promise<Pull> {
    const kind = parseReolinkStream(name === "" ? [] : name.split("/"), this.#address);
    if (kind === undefined) throw new Error(`Cannot pull as there is no stream named "${name}"`);
    const use = await this.#pool.openStream();
    try {
      const pull = await startPreviewPull({
        session: use,
        kind,
        sound: this.#knowledge.sounds.get(kind),
        clock: this.#options.world.clock,
        onUnit,
        signal,
      });
      void this.#releaseAfter(pull, kind, use);
      return pull;
    } catch (error) {
      use.release();
      throw error;
    }
  }

  async snapshot(signal: AbortSignal): Promise<Uint8Array> {
    const use = this.#session?.openStream();
    if (use === undefined) throw new LinkError(NOT_CONNECTED);
    try {
      const bytes = await settleOrAbort(use.client.snapshot(), signal);
      if (bytes === undefined) throw new LinkError(TOO_LATE);
      return bytes;
    } catch (error) {
      if (!(error instanceof BaichuanError)) throw error;
      const reason = error.reason === "silent" ? "timeout" : "peer";
      throw new LinkError({ ...TOO_LATE, reason, detail: error.message }, error);
    } finally {
      use.release();
    }
  }

  async canTalk(signal: AbortSignal): Promise<boolean> {
    const { canTalk } = this.#knowledge;
    if (canTalk !== undefined) return canTalk;
    if (this.#session?.isOpen !== true) return false;
    const use = this.#session.openStream();
    try {
      const answer = await settleOrAbort(use.client.canTalk(), signal);
      if (answer !== undefined) this.#knowledge.canTalk = answer;
      return answer === true;
    } catch (error) {
      if (!(error instanceof BaichuanError)) throw error;
      if (error.reason === "refused") this.#knowledge.canTalk = false;
      return false;
    } finally {
      use.release();
    }
  }

  async talk(): Promise<TalkLine> {
    if (this.#session?.isOpen !== true) throw new LinkError({ ...NOT_CONNECTED, stage: "talk" });
    return await openReolinkTalk(this.#session.openStream());
  }

  async control(order: ControlOrder, signal: AbortSignal): Promise<boolean> {
    if (this.#session?.isOpen !== true) throw new LinkError({ ...NOT_CONNECTED, stage: "control" });
    const use = this.#session.openStream();
    try {
      return await controlReolink(use.client, order, signal);
    } catch (error) {
      if (order.type === "ptz" && !use.client.isOpen) this.#knowledge.mayMove = true;
      throw error;
    } finally {
      use.release();
    }
  }

  renew(): void {
    this.#pool.renew();
  }

  releaseUnused(): void {
    this.#pool.releaseUnused();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#stopWatching();
    return this.#pool.close();
  }

  async #connect(
    signal: AbortSignal,
    onUses: (count: number) => void,
  ): Promise<ReolinkSession> {
    this.#hasCalled = false;
    const isMains = this.#knowledge.runsOnBattery === false;
    this.#session = await ReolinkSession.start(
      {
        address: this.#address,
        world: this.#options.world,
        // Each call may wake a camera that sleeps, and is to be allowed.
        ...(isMains ? {} : { calls: 1 }),
        onEvent: (event) => this.#handleSession(event),
        onCalled: () => this.#hasCalled = true,
      },
      signal,
      onUses,
    );
    return this.#session;
  }

  async #releaseAfter(pull: PreviewPull, kind: StreamKind, use: SessionUse): Promise<void> {
    try {
      await pull.ended;
    } catch {
      // A bug of ours, which whoever has the pull hears of.
    } finally {
      this.#knowledge.sounds.set(kind, pull.sound);
      use.release();
    }
  }

  #handleSession(event: CameraEvent): void {
    if (event.type === "power") this.#knowledge.runsOnBattery = event.runsOnBattery;
    this.#options.onEvent(event);
  }

  async #stopMovement(): Promise<void> {
    if (!this.#knowledge.mayMove || this.#session?.isOpen !== true) return;
    this.#knowledge.mayMove = false;
    const use = this.#session.openStream();
    try {
      await use.client.stopPtz();
    } catch (error) {
      if (!(error instanceof BaichuanError)) throw error;
      this.#knowledge.mayMove = error.reason === "closed";
    } finally {
      use.release();
    }
  }

  #handlePool(event: LinkPoolEvent): void {
    const { world, onEvent, onBug } = this.#options;
    this.#stopWatching();
    this.#stopWatching = () => {};
    switch (event.type) {
      case "open":
        this.#stopMovement().catch(onBug);
        // A camera by its address needs nobody to notice; only what goes through a NAT does.
        if (this.#address.target.type !== "uid" || this.#isClosed) return;
        this.#stopWatching = watchAddresses(world, () => this.#pool.renew()).cancel;
        return;
      case "lost":
        return onEvent({ ...event, mayHaveWoken: this.#hasCalled });
      case "idle":
        return onEvent({ type: "disconnected" });
    }
  }
}

const TOO_LATE: TunnelEnd = {
  reason: "timeout",
  stage: "snapshot",
  detail: "the camera did not send a picture in time",
  advice: "Not every model takes pictures: take a frame of its RTSP stream instead.",
};

const NOT_CONNECTED: TunnelEnd = {
  ...TOO_LATE,
  reason: "local",
  detail: "there is no connection to the camera",
  advice: "",
};
