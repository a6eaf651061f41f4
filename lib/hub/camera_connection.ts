/**
 * The connection of one camera, and everything that is counted, limited and written down about it.
 *
 * @module
 */

import type { WakeBudgetConfig } from "../config/daemon_config.ts";
import type { World } from "../io/types.ts";
import type { Camera, CameraEvent, CameraModel } from "./camera.ts";
import { type ConnectionState, ConnectionView } from "./connection_view.ts";
import type { BatteryStatus, CameraCounters, WakeRecord } from "./camera_status.ts";
import type { Cause } from "./cause.ts";
import type { Control } from "./controls.ts";
import { Handshake } from "./link/handshake.ts";
import { type LinkFigures, sumFigures } from "./link/link.ts";
import type { BudgetError } from "./link/link_error.ts";
import {
  CAREFUL_WAKE_BUDGET,
  DEFAULT_WAKE_BUDGET,
  NO_WAKE_BUDGET,
  WakeBudget,
} from "./wake/budget.ts";
import { WakeLedger } from "./wake/ledger.ts";

export interface CameraConnectionOptions {
  readonly model: CameraModel;
  readonly world: World;
  readonly budget: WakeBudgetConfig | undefined;
  /** For whom a connection is made now. */
  readonly cause: () => Cause;
  /** What the camera told, after it was taken into account. */
  readonly onEvent: (event: CameraEvent) => void;
  /** A connection is being made, or was not as the budget is spent. */
  readonly onWake: (cause: Cause, allowed: boolean) => void;
  /** The budget ran out while connected. */
  readonly onSpent: () => void;
  readonly onBug: (error: unknown) => void;
}

export class CameraConnection {
  readonly handshake: Handshake;
  readonly #options: CameraConnectionOptions;
  readonly #view: ConnectionView;
  readonly #ledger: WakeLedger;
  readonly #budget: WakeBudget;
  #budgetConfig: WakeBudgetConfig | undefined;
  #camera: Camera;
  /** Of the camera: how many there have been. */
  #generation = 0;
  /** How far the connection is that was admitted last. */
  #phase: "none" | "connecting" | "connected" = "none";
  #model: CameraModel;
  /** What it runs on, once it has told. */
  #runsOnBattery: boolean | undefined;
  #battery: BatteryStatus | undefined;
  #controls: readonly Control[] | undefined;
  #reconnects = 0;
  #wakes = 0;
  #failures = 0;
  /** Of cameras that were replaced. */
  #past: readonly LinkFigures[] = [];
  #cancelSpent = () => {};

  constructor(options: CameraConnectionOptions) {
    const { world: { clock }, budget } = options;
    this.#options = options;
    this.handshake = new Handshake(clock);
    this.#view = new ConnectionView(clock, this.handshake);
    this.#ledger = new WakeLedger(clock);
    this.#budgetConfig = budget;
    this.#budget = new WakeBudget(NO_WAKE_BUDGET);
    this.#model = options.model;
    this.#camera = this.#connect(options.model);
    this.#applyBudget();
  }

  /** The camera as it is now; another one after `replace()`. */
  get camera(): Camera {
    return this.#camera;
  }

  get state(): ConnectionState {
    return this.#view.state;
  }

  get battery(): BatteryStatus | undefined {
    return this.#battery;
  }

  /** What it can be told to do, once it has said so. */
  get controls(): readonly Control[] | undefined {
    return this.#controls;
  }

  /** Whether it has a battery, as far as is known, and so rests asleep. */
  get sleeps(): boolean {
    return this.#runsOnBattery ?? this.#budgetConfig !== undefined;
  }

  get figures(): LinkFigures {
    return sumFigures([...this.#past, this.#camera.figures]);
  }

  get counters(): Pick<CameraCounters, "reconnects" | "wakes" | "failures"> {
    return { reconnects: this.#reconnects, wakes: this.#wakes, failures: this.#failures };
  }

  get wakes(): readonly WakeRecord[] {
    return this.#ledger.records;
  }

  set budget(config: WakeBudgetConfig | undefined) {
    this.#budgetConfig = config;
    this.#applyBudget();
  }

  /** Why `cause` may not have the camera connected; `undefined` where it may, or is already. */
  refusal(cause: Cause): BudgetError | undefined {
    const refusal = this.#budget.ask(this.#now(), cause);
    if (this.#phase !== "none") return undefined;
    if (refusal !== undefined) this.#noteRefusal(cause, refusal);
    return refusal;
  }

  /**
   * Somebody reaches the camera beside this connection, which may wake it: why they must not, or what
   * to call once that is over.
   */
  visit(cause: Cause, detail: string): BudgetError | (() => void) {
    const refusal = this.refusal(cause);
    if (refusal !== undefined) return refusal;
    const since = this.#now();
    if (this.#phase === "none") {
      this.#budget.noteWake(since, cause);
      this.#options.onWake(cause, true);
      this.#wakes += 1;
    }
    const end = this.#ledger.visit(cause);
    return () => {
      this.#budget.noteVisit(since, this.#now());
      end(detail);
    };
  }

  /** Ends the connection there is. A new one may be made at once; resolves once the old one is over. */
  async replace(detail: string, model: CameraModel): Promise<void> {
    const old = this.#camera;
    this.#noteEnd(detail);
    if (model !== this.#model) this.#forget(model);
    const { retransmits, received } = old.figures;
    this.#past = [sumFigures([...this.#past, {
      rtt: undefined,
      loss: undefined,
      retransmits,
      received,
    }])];
    this.#view.reset();
    this.#camera = this.#connect(model);
    await old.close();
  }

  async close(detail: string): Promise<void> {
    this.#generation += 1;
    this.#noteEnd(detail);
    this.#view.reset();
    await this.#camera.close();
  }

  #connect(model: CameraModel): Camera {
    const { world, onBug } = this.#options;
    const generation = ++this.#generation;
    return model.connect({
      world,
      admit: () => this.#admit(),
      onEvent: (event) => {
        // What one that is being ended still has to say concerns nobody.
        if (generation === this.#generation) this.#handle(event);
      },
      onBug,
    });
  }

  /** It is another camera now, of which nothing is known. */
  #forget(model: CameraModel): void {
    this.#model = model;
    this.#runsOnBattery = undefined;
    this.#battery = undefined;
    this.#controls = undefined;
    this.#budget.forgetCharge();
    this.#applyBudget();
  }

  #admit(): BudgetError | undefined {
    const cause = this.#options.cause();
    const refusal = this.#budget.ask(this.#now(), cause);
    if (refusal !== undefined) {
      this.#noteRefusal(cause, refusal);
      return refusal;
    }
    if (this.#phase !== "none") this.#noteEnd("it is being connected anew");
    this.#phase = "connecting";
    this.#budget.noteWake(this.#now(), cause);
    this.#ledger.begin(cause);
    this.#options.onWake(cause, true);
    return undefined;
  }

  #noteRefusal(cause: Cause, refusal: BudgetError): void {
    if (this.#ledger.refuse(cause, refusal.message)) this.#options.onWake(cause, false);
  }

  #handle(event: CameraEvent): void {
    const wasConnected = this.state.type === "connected";
    this.#view.handle(event);
    switch (event.type) {
      case "connected":
        if (this.#phase === "connecting") this.#noteConnected();
        break;
      case "lost":
        if (wasConnected) this.#reconnects += 1;
        else this.#failures += 1;
        if (event.mayHaveWoken === false) this.#takeBackWake();
        this.#noteEnd(event.end.detail, true);
        break;
      case "disconnected":
        this.#noteEnd("nobody used it any more");
        break;
      case "power":
        this.#runsOnBattery = event.runsOnBattery;
        this.#applyBudget();
        break;
      case "battery":
        this.#noteBattery(event.battery);
        break;
      case "controls":
        this.#controls = event.controls;
        break;
      default:
        break;
    }
    this.#options.onEvent(event);
  }

  #noteConnected(): void {
    this.#phase = "connected";
    this.#wakes += 1;
    this.#budget.noteConnected(this.#now());
    this.#ledger.connected();
    this.#watchBudget();
  }

  #takeBackWake(): void {
    if (this.#phase !== "connecting") return;
    this.#budget.takeBackWake();
    this.#phase = "none";
  }

  #noteEnd(detail: string, broke = false): void {
    if (this.#phase === "connecting") this.#wakes += 1;
    this.#phase = "none";
    this.#cancelSpent();
    this.#budget.noteClosed(this.#now(), broke);
    this.#ledger.end(detail);
  }

  #noteBattery({ percent, charging }: Omit<BatteryStatus, "at">): void {
    this.#battery = { percent, charging, at: this.#options.world.clock.wallClock() };
    this.#runsOnBattery = true;
    this.#budget.noteCharge(this.#now(), percent, charging);
    this.#ledger.noteCharge(percent);
    this.#applyBudget();
  }

  #applyBudget(): void {
    this.#budget.limits = this.#budgetConfig ?? this.#defaultBudget();
    if (this.#phase === "connected") this.#watchBudget();
  }

  #defaultBudget(): WakeBudgetConfig {
    if (this.#runsOnBattery === true) return DEFAULT_WAKE_BUDGET;
    const isMains = this.#runsOnBattery === false || this.#model.mayRunOnBattery !== true;
    return isMains ? NO_WAKE_BUDGET : CAREFUL_WAKE_BUDGET;
  }

  #watchBudget(): void {
    this.#cancelSpent();
    const left = this.#budget.awakeLeft(this.#now());
    if (left === undefined) return;
    this.#cancelSpent = this.#options.world.clock.setTimer(left, () => this.#options.onSpent());
  }

  #now(): number {
    return this.#options.world.clock.now();
  }
}
