import { Secret } from "../../lib/config/secret.ts";
import type { Duration } from "../../lib/machine.ts";
import { NAT_KINDS } from "../../lib/sim/nat.ts";
import { Rng } from "../../lib/sim/rng.ts";
import type { TunnelWorldOptions } from "./tunnel_world.ts";

const PASSWORD = "sightline";

/** The dice of one run, with the questions a scenario asks of them. */
export class Dice {
  readonly #rng: Rng;

  constructor(seed: number) {
    this.#rng = new Rng(seed);
  }

  upTo(max: number): number {
    return Math.floor(this.#rng.unit() * (max + 1));
  }

  chance(share: number): boolean {
    return this.#rng.unit() < share;
  }

  oneOf<Item>(items: readonly Item[]): Item {
    const item = items[this.upTo(items.length - 1)];
    if (item === undefined) throw new Error("a choice needs something to choose from");
    return item;
  }

  /** A duration as in a scenario. */
  span(max: Duration): string {
    return `${this.upTo(max)}ms`;
  }

  /** The settings, each left out unless the dice want it. */
  some(settings: Record<string, () => unknown>, share = 0.25): Record<string, unknown> {
    const chosen = Object.entries(settings).filter(() => this.chance(share));
    return Object.fromEntries(chosen.map(([name, make]) => [name, make()]));
  }
}

/** @param maxLoss In thousandths. */
function weather(dice: Dice, maxLoss: number) {
  return {
    delay: dice.upTo(150),
    jitter: dice.upTo(40),
    loss: dice.chance(0.5) ? 0 : dice.upTo(maxLoss) / 1000,
    duplicate: dice.chance(0.7) ? 0 : dice.upTo(50) / 1000,
    reorder: dice.chance(0.7) ? 0 : dice.upTo(50) / 1000,
    rate: dice.chance(0.8) ? undefined : 100_000 + dice.upTo(500_000),
  };
}

/** The same as a scenario has it. */
function cameraLink(dice: Dice, maxLoss: number): Record<string, unknown> {
  const { delay, jitter, ...rest } = weather(dice, maxLoss);
  return { ...rest, delay: `${delay}ms`, jitter: `${jitter}ms` };
}

/** Faults of a server, each with the probability `share`. */
function server(dice: Dice, share = 0.06): Record<string, unknown> {
  return dice.some({
    silent: () => true,
    garbage: () => true,
    delay: () => dice.span(3_000),
    clockSkew: () => "2h",
  }, share);
}

function relay(dice: Dice): Record<string, unknown> {
  return { ...server(dice, 0.2), ...dice.some({ delayPerHeld: () => dice.span(5_000) }) };
}

/** Anything may go wrong, several things at once. */
export function anyScenario(dice: Dice, seed: number): TunnelWorldOptions {
  const required = dice.chance(0.4);
  const password = new Secret(dice.chance(0.8) ? PASSWORD : "wrong");
  return {
    seed,
    nat: dice.oneOf(NAT_KINDS),
    link: weather(dice, 100),
    servers: {
      main: server(dice, 0.03),
      p2p: server(dice),
      relay: relay(dice),
      moreRelays: Array.from({ length: dice.upTo(2) }, () => relay(dice)),
      agent: {
        ...server(dice),
        ...dice.some({
          resetAfter: () => dice.span(30_000),
          forgetAfter: () => dice.span(30_000),
          heartbeatLoss: () => dice.upTo(90) / 100,
          initialSeq: () => 0xffff_ffff - dice.upTo(100_000),
        }, 0.15),
      },
    },
    camera: {
      auth: required ? "required" : "none",
      password: PASSWORD,
      nat: dice.oneOf(NAT_KINDS),
      natTimeout: dice.oneOf(["120s", "30s", "8s"]),
      link: cameraLink(dice, 100),
      salt: { told: dice.oneOf(["encrypted", "clear", "absent"]) },
      faults: dice.some({
        silent: () => dice.chance(0.2),
        silentPunch: () => dice.oneOf([true, "800ms", "3s", "20s"]),
        vanishAfter: () => dice.span(30_000),
        disconnectAfter: () => dice.span(5_000),
        disconnectJitter: () => dice.span(10_000),
        answerDelay: () => dice.span(12_000),
        realmLimit: () => 1 + dice.upTo(4),
        pastRealmLimit: () => dice.oneOf(["refuse", "ignore", "stall"]),
        heartbeatLoss: () => dice.upTo(90) / 100,
        clockSkew: () => "1h",
      }, 0.12),
      quirks: dice.some({
        mss: () => dice.oneOf([64, 300, 1164, 1384]),
        segmentation: () => "stream",
        heartbeatEvery: () => dice.oneOf(["0ms", "1s", "20s"]),
        initialSeq: () => 0xffff_ffff - dice.upTo(100_000),
      }),
    },
    tunnel: {
      way: dice.oneOf(["auto", "auto", "auto", "lan", "direct", "relay"]),
      dialect: dice.oneOf(["dh", "nf"]),
      ...(required || dice.chance(0.3) ? { credentials: { user: "admin", password } } : {}),
    },
  };
}

/** Much goes wrong, and nothing that keeps a client in mode `auto` from getting through. */
export function survivableScenario(dice: Dice, seed: number): TunnelWorldOptions {
  const slow = () => dice.some({ delay: () => dice.span(800) });
  const clock = dice.some({ clockSkew: () => "2h" }, 0.2);
  const dead = () => ({ [dice.oneOf(["silent", "garbage"])]: true });
  const deadRelays = dice.upTo(2);
  const relays = [0, 1, 2].map((index) => {
    return { ...clock, ...(index < deadRelays ? dead() : slow()) };
  });
  const heartbeatLoss = () => 0.1;
  return {
    seed,
    nat: dice.oneOf(NAT_KINDS),
    link: weather(dice, 20),
    servers: {
      main: { ...clock, ...slow() },
      p2p: { ...clock, ...slow() },
      relay: relays[0],
      moreRelays: relays.slice(1),
      agent: { ...clock, ...dice.some({ delay: () => dice.span(200), heartbeatLoss }) },
    },
    camera: {
      auth: dice.oneOf(["none", "required"]),
      password: PASSWORD,
      nat: dice.oneOf(NAT_KINDS),
      link: cameraLink(dice, 20),
      salt: { told: dice.oneOf(["encrypted", "clear", "absent"]) },
      faults: dice.some({
        silentPunch: () => dice.oneOf([true, "800ms", "3s", "20s"]),
        answerDelay: () => dice.span(5_000),
        heartbeatLoss,
      }),
      quirks: dice.some({
        mss: () => dice.oneOf([300, 1164, 1384]),
        segmentation: () => "stream",
        heartbeatEvery: () => dice.oneOf(["0ms", "1s"]),
        initialSeq: () => 0xffff_ffff - dice.upTo(100_000),
      }),
    },
    tunnel: {
      way: "auto",
      dialect: dice.oneOf(["dh", "nf"]),
      credentials: { user: "admin", password: new Secret(PASSWORD) },
    },
  };
}
