import type { CameraAddress } from "../config/camera_address.ts";
import { formatEndpoint } from "../endpoint.ts";
import type { Way } from "../hub/camera_status.ts";
import type { Clock } from "../io/types.ts";
import type { Duration, Endpoint, Instant } from "../machine.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import { percent, seconds, wayWords } from "./cause.ts";
import type {
  CloudFinding,
  Findings,
  NameFinding,
  ServerFinding,
  ServerRole,
  StreamFinding,
  WayFinding,
} from "./findings.ts";
import { ServerBook, type Sighting } from "./server_book.ts";
import type { Step, StepName, StepOutcome } from "./step.ts";

export interface ChartOptions {
  readonly address: CameraAddress;
  readonly clock: Clock;
  readonly sighting: Sighting;
  /** Hears of each step as soon as it is over. */
  readonly onStep: (step: Step) => void;
}

interface StepDetails {
  readonly took?: Duration | undefined;
  readonly way?: Way;
}

/** A clock that is off by less is right: servers tell the time to the second. */
const EXACT: Duration = 2_000;

/** What an examination has found so far; tells each step as it is noted. */
export class Chart {
  readonly book: ServerBook;
  readonly #options: ChartOptions;
  readonly #startedAt: Instant;
  readonly #names: NameFinding[] = [];
  readonly #otherClouds: CloudFinding[] = [];
  readonly #ways: WayFinding[] = [];
  #stream: StreamFinding | undefined;
  #lookupEnd: TunnelEnd | undefined;
  #isSpared = false;
  #isGone = false;
  #cameraAfter: Duration | undefined;
  readonly #hasTold = new Set<StepName>();

  constructor(options: ChartOptions) {
    const { clock, sighting } = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.book = new ServerBook(clock, sighting, (server) => this.#handleAnswer(server));
  }

  get findings(): Findings {
    const { address } = this.#options;
    const { servers, hasHeard, isPassedOn, isSaltRefused } = this.book;
    return {
      vendor: address.vendor,
      wanted: address.way,
      hasPassword: address.credentials?.password !== undefined,
      names: this.#names,
      servers,
      ...{ hasHeard, isPassedOn, isSaltRefused },
      otherClouds: this.#otherClouds,
      lookupEnd: this.#lookupEnd,
      cameraAfter: this.#cameraAfter,
      isGone: this.#isGone,
      isSpared: this.#isSpared,
      ways: this.#ways,
      stream: this.#stream,
    };
  }

  step(name: StepName, outcome: StepOutcome, detail: string, details: StepDetails = {}): void {
    const at = this.#options.clock.now() - this.#startedAt;
    this.#hasTold.add(name);
    const { took, way } = details;
    this.#options.onStep({ name, outcome, at, took, way, detail });
  }

  /** As `step()`, but each such step is told once. */
  stepOnce(name: StepName, outcome: StepOutcome, detail: string, details?: StepDetails): void {
    if (!this.#hasTold.has(name)) this.step(name, outcome, detail, details);
  }

  noteName(name: NameFinding, took: Duration): void {
    this.#names.push(name);
    const { host, addresses, detail } = name;
    const isKnown = addresses.length > 0;
    // An address is its own answer.
    if (isKnown && addresses[0] === host) return;
    const shown = isKnown ? `${host} is ${addresses.join(", ")}` : `${host}: ${detail}`;
    this.step("name", isKnown ? "ok" : "failed", shown, { took });
  }

  noteCloud(cloud: CloudFinding): void {
    this.#otherClouds.push(cloud);
    const { server, knows } = cloud;
    if (knows === undefined) this.step("cloud", "failed", `${server} did not answer`);
    else this.step("cloud", "note", `${server} ${knows ? "knows" : "does not know"} the camera`);
  }

  /** The cloud could not tell where the camera is. */
  noteLookup(end: TunnelEnd): void {
    this.#lookupEnd = end;
  }

  /** The camera is not called. */
  noteSpared(): void {
    this.#isSpared = true;
  }

  /** The camera itself has answered. */
  noteCamera(took: Duration): void {
    this.#cameraAfter ??= took;
    this.stepOnce("camera", "ok", "the camera itself answers", { took });
  }

  /** The camera was reached before, and cannot be any more. */
  noteGone(end: TunnelEnd): void {
    this.#isGone = true;
    this.step("camera", "failed", `the camera cannot be reached any more: ${end.detail}`);
  }

  noteWay(finding: WayFinding, took: Duration): void {
    this.#ways.push(finding);
    const { way, outcome, end, rtt, loss, breach } = finding;
    if (outcome === "failed") {
      return this.step("way", "failed", `${wayWords(way)}: ${end?.detail ?? ""}`, { took, way });
    }
    const figures = [
      ...(rtt === undefined ? [] : [`round trip ${Math.round(rtt)} ms`]),
      ...(loss === undefined ? [] : [`loss ${percent(loss)}`]),
    ];
    const detail = [`${wayWords(way)} leads to the camera`, ...figures].join(", ");
    if (breach === undefined) return this.step("way", "ok", detail, { took, way });
    this.step("way", "failed", `${detail}, but not for long: ${breach.detail}`, { took, way });
  }

  skipWay(way: Way, why: string): void {
    this.#ways.push({ ...NO_FIGURES, way, outcome: "skipped", end: undefined });
    this.step("way", "skipped", `${wayWords(way)}: ${why}`, { way });
  }

  noteStream(stream: StreamFinding): void {
    this.#stream ??= stream;
  }

  /** Tells of the servers that never answered. To be called once nothing is asked any more. */
  noteSilence(): void {
    for (const { role, endpoint, sent, answers, garbage } of this.book.servers) {
      if (answers > 0) continue;
      const who = `${ROLE_WORDS[role]} ${formatEndpoint(endpoint)}`;
      this.step(
        "server",
        "failed",
        garbage > 0
          ? `the ${who} answers what cannot be understood`
          : `the ${who} did not answer ${sent} requests`,
      );
    }
    if (this.book.hasHeard) this.stepOnce("clock", "skipped", "no server has told the time");
    const isDeaf = !this.book.hasHeard && this.book.servers.length > 0;
    if (isDeaf) this.stepOnce("udp", "failed", "nothing comes back over UDP");
  }

  /** What others see of us, against what we are. */
  noteNat(own: readonly Endpoint[]): void {
    const { seenAs } = this.book;
    if (seenAs.length === 0) {
      return this.step("nat", "skipped", "nobody has told under which address we are seen");
    }
    this.step("nat", "note", describeNat(seenAs, own));
  }

  #handleAnswer({ role, endpoint, after, clockAhead }: ServerFinding): void {
    this.stepOnce("udp", "ok", "answers come back over UDP");
    const who = `the ${ROLE_WORDS[role]} ${formatEndpoint(endpoint)}`;
    this.step("server", "ok", `${who} answers`, { took: after });
    if (clockAhead === undefined) return;
    if (Math.abs(clockAhead) < EXACT) {
      return this.stepOnce("clock", "ok", `this machine's clock is right, says ${who}`);
    }
    const side = clockAhead > 0 ? "ahead of" : "behind";
    const off = `this machine's clock is ${seconds(Math.abs(clockAhead))} ${side} that of ${who}`;
    this.stepOnce("clock", "failed", off);
  }
}

/** Of a way that did not open. */
export const NO_FIGURES: Pick<WayFinding, "rtt" | "loss" | "breach"> = {
  rtt: undefined,
  loss: undefined,
  breach: undefined,
};

/** Ports tell what a router does: one that keeps them all, or none there is at all. */
function describeNat(seenAs: readonly Endpoint[], own: readonly Endpoint[]): string {
  const shown = `we are seen as ${seenAs.map(formatEndpoint).join(", ")}`;
  const isOwn = ({ address }: Endpoint) => own.some((endpoint) => endpoint.address === address);
  if (seenAs.every(isOwn)) return `${shown}: no NAT in between`;
  const keepsPorts = seenAs.every(({ port }) => own.some((endpoint) => endpoint.port === port));
  return `${shown}: behind a NAT that ${keepsPorts ? "keeps" : "changes"} ports`;
}

const ROLE_WORDS: Readonly<Record<ServerRole, string>> = {
  main: "rendezvous server",
  p2p: "P2P server",
  lookup: "lookup server",
  register: "register",
  relay: "relay server",
  agent: "relay agent",
};
