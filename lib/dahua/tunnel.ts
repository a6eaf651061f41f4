/**
 * A tunnel to a Dahua-family device known by its serial number: any number of TCP connections to
 * the device's own ports, as reliable byte streams.
 *
 * One machine with two local sockets, which stacks the others: signaling finds the device and has an
 * agent allotted, punching finds the way to the device, a session with the agent yields the sign that
 * the device wants to see, and a session with the device carries the streams.
 *
 * The ways race. The agent's own session can carry streams too, and does when the device's is not
 * there shortly after it, or never. Once the device's session opens, new streams take it; those on
 * the relay live on where they are, and the agent is released after the last of them.
 *
 * @module
 */

import { formatEndpoint } from "../endpoint.ts";
import type { CloseReason, Duration, Endpoint, Instant, Machine, Transmit } from "../machine.ts";
import type { Candidate } from "../nat/candidate.ts";
import { earliest, Timers } from "../timers.ts";
import { type DahuaWay, Leg, type LegEvent } from "./leg.ts";
import { isPtcpDatagram } from "./ptcp/segment.ts";
import type { SessionStats } from "./ptcp/session_options.ts";
import { StreamTable } from "./stream_table.ts";
import type { DahuaTunnelOptions } from "./tunnel_options.ts";
import type { DahuaTunnelEvent, DahuaTunnelState } from "./tunnel_event.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import { isPunchDatagram, Punch, type PunchEvent } from "./punch.ts";
import { Signaling, type SignalingEvent } from "./signaling/signaling.ts";

/** Names of the local sockets: one for what goes to the device, one for what goes to the agent. */
export const DAHUA_SOCKETS = { device: "device", agent: "agent" } as const;

/**
 * - `handshake`: the session with the device took too long to open
 * - `sign`: the agent took too long to hand out the sign
 * - `relay`: the device's own session had its head start over the relay
 */
type TimerName = "handshake" | "sign" | "relay";

const HANDSHAKE_DEADLINE: Duration = 12_000;

/** How long an open relay waits for the shorter way: a punch takes a few round trips. */
const RELAY_GRACE: Duration = 1_500;

const ADVICE = {
  punch: "One of the two networks does not let hole punching through: try way=auto or way=relay.",
  relay: "Try again in a minute; the vendor's relay may be busy.",
  device: "The camera may be restarting or its network may be down: try again.",
} as const;

export class DahuaTunnel implements Machine<DahuaTunnelEvent> {
  readonly #options: DahuaTunnelOptions;
  readonly #identify: Uint8Array;
  readonly #signaling: Signaling;
  readonly #timers = new Timers<TimerName>();
  readonly #events: DahuaTunnelEvent[] = [];
  #state: DahuaTunnelState = "locating";
  #punch: Punch | undefined;
  /** Where the device answers, once punching has decided. */
  #nominated: Candidate | undefined;
  #agentEndpoint: Endpoint | undefined;
  #agentLeg: Leg | undefined;
  #deviceLeg: Leg | undefined;
  /** The leg new streams take. */
  #carrier: Leg | undefined;
  readonly #streams = new StreamTable();
  #sign: Uint8Array | undefined;
  #punchFailed = false;
  /** Set once the tunnel is to end; `closed` follows when everything has let go. */
  #end: TunnelEnd | undefined;
  #signalingClosed = false;

  constructor(now: Instant, options: DahuaTunnelOptions) {
    this.#options = options;
    this.#identify = options.entropy(8);
    const { serial, server, account, dialect, localCandidates, entropy, wallClockOffset } = options;
    const { credentials } = options;
    this.#signaling = new Signaling(now, {
      serial,
      server,
      localCandidates,
      identify: this.#identify,
      entropy,
      wallClockOffset,
      sockets: DAHUA_SOCKETS,
      ...(account && { account }),
      ...(dialect && { dialect }),
      ...(credentials && { credentials }),
    });
    this.#events.push({ type: "state", state: this.#state });
    this.#settle(now);
  }

  get state(): DahuaTunnelState {
    return this.#state;
  }

  /** Whether streams may be opened. */
  get isOpen(): boolean {
    return this.#end === undefined && this.#carrier?.isOpen === true;
  }

  /** Figures of the session that carries the streams, once there is one. */
  get stats(): SessionStats | undefined {
    return this.#carrier?.session.stats;
  }

  /** Segments sent again, over all sessions so far. */
  get retransmissions(): number {
    return this.#legs().reduce((sum, { session }) => sum + session.stats.retransmissions, 0);
  }

  /**
   * Asks for a TCP connection to a port of the device and returns the stream's number at once; what
   * is written before `streamOpen` is kept. Throws unless the tunnel is open.
   */
  openStream(now: Instant, port: number): number {
    const leg = this.#carrier;
    if (leg === undefined || !this.isOpen) {
      throw new Error(`Cannot open a stream as the tunnel must be open: it is ${this.#state}`);
    }
    const stream = this.#streams.open(now, leg, port);
    this.#settle(now);
    return stream;
  }

  /** Bytes that may be written now; 0 asks to wait for `streamWritable`. */
  streamSpace(stream: number): number {
    return this.#streams.space(stream);
  }

  /** Queues bytes for the stream; the array is handed over. */
  writeStream(now: Instant, stream: number, bytes: Uint8Array): void {
    this.#streams.write(now, stream, bytes);
    this.#settle(now);
  }

  /** The next bytes of the stream, or `undefined` until `streamReadable`. */
  readStream(now: Instant, stream: number): Uint8Array | undefined {
    const bytes = this.#streams.read(now, stream);
    this.#settle(now);
    return bytes;
  }

  /** Ends a stream once what was written is sent. Harmless when already closed. */
  closeStream(now: Instant, stream: number): void {
    this.#streams.close(now, stream);
    this.#settle(now);
  }

  /** Ends the tunnel: streams and sessions say goodbye, the agent is released, `closed` follows. */
  close(now: Instant): void {
    this.#finish(now, { reason: "local", stage: this.#state, detail: "closed", advice: "" });
    this.#settle(now);
  }

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    if (isPtcpDatagram(bytes)) this.#legOf(via, from)?.session.handleDatagram(now, bytes);
    else if (isPunchDatagram(bytes)) this.#punch?.handleDatagram(now, via, from, bytes);
    else this.#signaling.handleDatagram(now, via, from, bytes);
    this.#settle(now);
  }

  handleTimeout(now: Instant): void {
    this.#signaling.handleTimeout(now);
    this.#punch?.handleTimeout(now);
    for (const leg of this.#legs()) leg.session.handleTimeout(now);
    for (const name of this.#timers.takeDue(now)) this.#handleTimer(now, name);
    this.#settle(now);
  }

  pollTransmit(): Transmit | undefined {
    const own = this.#signaling.pollTransmit() ?? this.#punch?.pollTransmit();
    if (own !== undefined) return own;
    for (const leg of this.#legs()) {
      const transmit = leg.pollTransmit();
      if (transmit !== undefined) return transmit;
    }
    return undefined;
  }

  pollEvent(): DahuaTunnelEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    if (this.#state === "closed") return undefined;
    return earliest(
      this.#signaling.pollTimeout(),
      this.#punch?.pollTimeout(),
      this.#timers.next(),
      ...this.#legs().map((leg) => leg.session.pollTimeout()),
    );
  }

  #legs(): Leg[] {
    return [this.#deviceLeg, this.#agentLeg].filter((leg) => leg !== undefined);
  }

  #legOf(via: string, from: Endpoint): Leg | undefined {
    return this.#legs().find((leg) => leg.owns(via, from));
  }

  /** Takes the children's events until none of them has any more. */
  #settle(now: Instant): void {
    for (let moved = true; moved;) {
      moved = this.#takeSignaling(now);
      moved = this.#takePunch(now) || moved;
      for (const leg of this.#legs()) moved = this.#takeLeg(now, leg) || moved;
    }
    this.#releaseAgentIfIdle(now);
    this.#finishIfQuiet();
  }

  #takeSignaling(now: Instant): boolean {
    const event = this.#signaling.pollEvent();
    if (event === undefined) return false;
    switch (event.type) {
      case "stage":
        this.#events.push(event);
        break;
      case "channel":
        this.#startPunching(now, event.candidates, event.identify);
        break;
      case "agent":
        this.#agentEndpoint = event.agent;
        break;
      case "ready":
        this.#startAgentLeg(now);
        break;
      case "failed":
        this.#handleSignalingFailure(now, event);
        break;
      case "closed":
        this.#signalingClosed = true;
        break;
    }
    return true;
  }

  #handleSignalingFailure(
    now: Instant,
    failure: Extract<SignalingEvent, { readonly type: "failed" }>,
  ): void {
    const { scope, reason, stage, detail, advice } = failure;
    const end = { reason, stage, detail, advice };
    if (scope === "all") return this.#finish(now, end);
    this.#events.push({ type: "wayFailed", way: "relay", detail });
    // Without the agent there is no sign, and without the sign no device talks to us.
    if (this.#carrier === undefined) this.#finish(now, end);
  }

  #startPunching(
    now: Instant,
    candidates: readonly Candidate[],
    peerIdentify: Uint8Array | undefined,
  ): void {
    if (this.#options.way === "relay") return;
    this.#enter("punching");
    this.#punch = new Punch(now, {
      via: DAHUA_SOCKETS.device,
      identify: this.#identify,
      peerIdentify,
      candidates: candidates.filter((candidate) => isWanted(this.#options.way, candidate)),
      entropy: this.#options.entropy,
    });
  }

  #takePunch(now: Instant): boolean {
    const event = this.#punch?.pollEvent();
    if (event === undefined) return false;
    if (event.type === "valid") this.#events.push(event);
    if (event.type === "nominated") {
      this.#nominated = event.candidate;
      this.#startDeviceLeg(now);
    }
    if (event.type === "failed") this.#handlePunchFailure(now, event);
    return true;
  }

  #handlePunchFailure(now: Instant, event: Extract<PunchEvent, { readonly type: "failed" }>): void {
    this.#punchFailed = true;
    for (const { candidate, why } of event.failures) {
      const detail = `${formatEndpoint(candidate.endpoint)}: ${why}`;
      this.#events.push({ type: "wayFailed", way: wayOf(candidate), detail });
    }
    if (this.#options.way === "auto") return this.#useRelayIfOpen();
    const tried = event.failures.map(({ candidate }) => formatEndpoint(candidate.endpoint));
    const detail = tried.length === 0
      ? `the camera named no address that can be reached with way=${this.#options.way}`
      : `the camera did not answer hole punching at ${tried.join(", ")}`;
    this.#finish(now, { reason: "unreachable", stage: "punching", detail, advice: ADVICE.punch });
  }

  #startAgentLeg(now: Instant): void {
    if (this.#agentEndpoint === undefined || this.#agentLeg !== undefined) return;
    this.#agentLeg = new Leg(now, {
      way: "relay",
      via: DAHUA_SOCKETS.agent,
      peer: this.#agentEndpoint,
      entropy: this.#options.entropy,
    });
    this.#timers.set("sign", now + HANDSHAKE_DEADLINE);
  }

  /** The session with the device needs both: where it answers, and the sign. */
  #startDeviceLeg(now: Instant): void {
    if (this.#nominated === undefined || this.#sign === undefined) return;
    if (this.#deviceLeg !== undefined || this.#end !== undefined) return;
    if (this.#carrier === undefined) this.#enter("authenticating");
    this.#timers.set("handshake", now + HANDSHAKE_DEADLINE);
    this.#deviceLeg = new Leg(now, {
      way: wayOf(this.#nominated),
      via: DAHUA_SOCKETS.device,
      peer: this.#nominated.endpoint,
      entropy: this.#options.entropy,
      sign: this.#sign,
    });
  }

  #takeLeg(now: Instant, leg: Leg): boolean {
    const event = leg.pollEvent(now);
    if (event === undefined) return false;
    this.#handleLegEvent(now, leg, event);
    return true;
  }

  #handleLegEvent(now: Instant, leg: Leg, event: LegEvent): void {
    switch (event.type) {
      case "open":
        return this.#handleLegOpen(now, leg);
      case "sign":
        this.#timers.clear("sign");
        this.#sign ??= event.sign;
        return this.#startDeviceLeg(now);
      case "closed":
        return this.#handleLegClosed(now, leg, event.reason, event.detail);
      default: {
        const own = this.#streams.translate(leg, event);
        if (own !== undefined) this.#events.push(own);
      }
    }
  }

  #handleLegOpen(now: Instant, leg: Leg): void {
    if (leg !== this.#agentLeg) return this.#carryOver(leg);
    const { way } = this.#options;
    if (way === "relay") return this.#carryOver(leg);
    if (way === "auto" && this.#punchFailed) return this.#useRelayIfOpen();
    if (way === "auto") this.#timers.set("relay", now + RELAY_GRACE);
  }

  #useRelayIfOpen(): void {
    if (this.#carrier === undefined && this.#agentLeg?.isOpen) this.#carryOver(this.#agentLeg);
  }

  /** From now on, new streams take this leg. */
  #carryOver(leg: Leg): void {
    if (this.#end !== undefined) return;
    this.#carrier = leg;
    this.#timers.clear("relay");
    if (leg === this.#deviceLeg) {
      this.#timers.clear("handshake");
      this.#punch?.settle();
    }
    this.#enter("open");
    this.#events.push({ type: "open", way: leg.way, peer: leg.peer });
  }

  /** The agent's allocation is wanted by others: it goes when nothing of ours needs it any more. */
  #releaseAgentIfIdle(now: Instant): void {
    const leg = this.#agentLeg;
    if (leg === undefined || leg.session.closed || this.#end !== undefined) return;
    if (this.#carrier !== this.#deviceLeg || this.#carrier === undefined) return;
    if (leg.session.realmCount > 0) return;
    leg.session.close(now);
    this.#signaling.unbind(now);
  }

  #handleLegClosed(now: Instant, leg: Leg, reason: CloseReason, detail: string): void {
    if (this.#end !== undefined) return;
    const other = leg === this.#deviceLeg ? this.#agentLeg : this.#deviceLeg;
    const isReplaced = this.#carrier !== undefined && this.#carrier !== leg;
    if (isReplaced && leg === this.#agentLeg) return;
    this.#events.push({ type: "wayFailed", way: leg.way, detail });
    if (isReplaced) return;
    if (leg === this.#deviceLeg) this.#punchFailed = true;
    if (other?.isOpen && this.#options.way === "auto") {
      this.#carrier = undefined;
      return this.#carryOver(other);
    }
    // The other one may still be on its way, unless it is there for the sign only.
    const mayCarry = other === this.#deviceLeg || this.#options.way === "auto";
    if (this.#carrier === undefined && mayCarry && other?.session.closed === false) return;
    const advice = leg === this.#agentLeg ? ADVICE.relay : ADVICE.device;
    const stage = leg === this.#carrier ? "open" : "authenticating";
    this.#finish(now, { reason, stage, detail, advice });
  }

  #handleTimer(now: Instant, name: TimerName): void {
    switch (name) {
      case "handshake":
        return this.#deviceLeg?.abort(now, "timeout", "the camera did not accept the session");
      case "relay":
        return this.#useRelayIfOpen();
      case "sign": {
        // The relay itself does without.
        if (this.#options.way === "relay" || this.#carrier !== undefined) return;
        return this.#agentLeg?.abort(now, "timeout", "the relay agent did not hand out its sign");
      }
    }
  }

  #enter(state: DahuaTunnelState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#events.push({ type: "state", state });
  }

  #finish(now: Instant, end: TunnelEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#timers.clearAll();
    for (const leg of this.#legs()) leg.session.close(now);
    this.#punch?.close();
    this.#signaling.unbind(now);
  }

  #finishIfQuiet(): void {
    if (this.#end === undefined || this.#state === "closed" || !this.#signalingClosed) return;
    if (this.#legs().some((leg) => !leg.session.closed)) return;
    this.#enter("closed");
    this.#events.push({ type: "closed", ...this.#end });
  }
}

function wayOf(candidate: Candidate): DahuaWay {
  return candidate.kind === "host" ? "lan" : "direct";
}

function isWanted(way: DahuaWay | "auto", candidate: Candidate): boolean {
  return way === "auto" || way === wayOf(candidate);
}
