import type { Duration } from "../../machine.ts";

/** What a server does to clients. Devices are always treated well. */
export interface ServerFaults {
  /** It never answers. */
  readonly silent: boolean;
  /** It answers with random bytes. */
  readonly garbage: boolean;
  /** It answers this much later. */
  readonly delay: Duration;
  /** Its clock, and so what it thinks of the client's, is off by this much. */
  readonly clockSkew: Duration;
}

export interface RelayFaults extends ServerFaults {
  /** It allots this much later for each agent that is out and was not given back. */
  readonly delayPerHeld: Duration;
}

export interface AgentFaults extends ServerFaults {
  /** It resets a client and its device this long after the client came. */
  readonly resetAfter?: Duration | undefined;
  /** It forgets a client this long after that came, without a word. */
  readonly forgetAfter?: Duration | undefined;
  /** Share of datagrams with nothing but a heartbeat that it loses, of both sides and its own. */
  readonly heartbeatLoss: number;
  /** Where its streams begin; at 0 in every capture. Near 2³² they wrap soon. */
  readonly initialSeq: number;
}

/** The faults of a whole cloud. */
export interface CloudFaults {
  readonly main: ServerFaults;
  readonly p2p: ServerFaults;
  readonly relay: RelayFaults;
  /** One for each further relay server. */
  readonly moreRelays: readonly RelayFaults[];
  readonly agent: AgentFaults;
}

export const NO_SERVER_FAULTS: ServerFaults = {
  silent: false,
  garbage: false,
  delay: 0,
  clockSkew: 0,
};

export const NO_RELAY_FAULTS: RelayFaults = { ...NO_SERVER_FAULTS, delayPerHeld: 0 };

export const NO_AGENT_FAULTS: AgentFaults = {
  ...NO_SERVER_FAULTS,
  heartbeatLoss: 0,
  initialSeq: 0,
};

export const NO_CLOUD_FAULTS: CloudFaults = {
  main: NO_SERVER_FAULTS,
  p2p: NO_SERVER_FAULTS,
  relay: NO_RELAY_FAULTS,
  moreRelays: [],
  agent: NO_AGENT_FAULTS,
};
