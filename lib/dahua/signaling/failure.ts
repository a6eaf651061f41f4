import { formatEndpoint } from "../../endpoint.ts";
import type { CloseReason, Instant } from "../../machine.ts";
import { printable, readError } from "./answers.ts";
import type { DeviceSalt } from "./device_info.ts";
import type { DhResponse } from "./message.ts";
import { isRelayStage, type Stage } from "./stage.ts";
import type { Transaction } from "./transaction.ts";

/** Why a stage failed, for programs (`stage`, `reason`) and for people (`detail`, `advice`). */
export interface StageFailure {
  readonly stage: Stage;
  readonly reason: CloseReason;
  readonly detail: string;
  readonly advice: string;
}

type Cause = Omit<StageFailure, "stage">;

const ADVICE = {
  network: "Check that this machine may send UDP to the internet, and the server's name and port.",
  server: "Check the server's name and port: something else seems to listen there.",
  account:
    "Check this machine's clock; cameras of other brands may need their own cloud's account.",
  serial:
    "Check the serial number letter by letter, capitals too, that the camera has internet access, and " +
    "that P2P is enabled.",
  camera: "The camera may be busy or restarting: wait a minute and try again.",
  password: "The camera's firmware asks for one of its own accounts: give user name and password.",
  credentials:
    "Check user name and password of an account on the camera itself, and the camera's clock. Not tried again, as cameras lock accounts.",
  salt:
    "The password may well be right: try again in some minutes, or restart the camera, so that it tells the cloud anew.",
  relay: "Relay servers come and go: try again in a minute.",
  later: "The vendor's cloud may have a bad day: try again later.",
} as const;

/** No answer, or none that could be understood, in the time the stage has. */
export function explainSilence(now: Instant, transaction: Transaction): StageFailure {
  const { stage } = transaction.question;
  return { stage, ...silence(now, transaction) };
}

/**
 * An answer with a code of 400 or above.
 *
 * @param isLoggedIn Whether the device has accepted a proof of an account before.
 */
export function explainRefusal(
  stage: Stage,
  response: DhResponse,
  isLoggedIn = false,
): StageFailure {
  return { stage, ...refusal(stage, response, isLoggedIn) };
}

/**
 * The device's answer to a request with proof of an account. A wrong password, a salt that could not
 * be learned and one that is out of date are three things to the one who has to act.
 */
export function explainDenial(response: DhResponse, salt: DeviceSalt): StageFailure {
  const stage = "authenticate";
  if (response.code !== 403) return explainRefusal(stage, response);
  const said = saidIn(response);
  if (!/InvalidSalt/i.test(readError(response.body))) {
    const doubt = salt.missing === undefined
      ? ""
      : `; its own salt is not known as ${salt.missing}`;
    const detail = `the camera refused user name or password (${said})${doubt}`;
    return { stage, reason: "auth", detail, advice: ADVICE.credentials };
  }
  if (salt.missing === undefined) {
    const detail = `the camera refused the salt that the cloud names for its passwords (${said})`;
    return { stage, reason: "auth", detail, advice: ADVICE.salt };
  }
  const detail =
    `the camera has a salt of its own for its passwords (${said}), which is not known as ${salt.missing}`;
  return { stage: "device-info", reason: "auth", detail, advice: ADVICE.salt };
}

/** A good answer that names no P2P server. */
export function explainUnknown(): StageFailure {
  return { stage: "locate", ...unknownCamera("no P2P server named") };
}

function silence(now: Instant, transaction: Transaction): Cause {
  const { stage, to } = transaction.question;
  const who = `${partyOf(stage)} ${formatEndpoint(to)}`;
  const seconds = (transaction.elapsed(now) / 1000).toFixed(1);
  if (transaction.garbage > 0) {
    return {
      reason: "protocol",
      detail: `the ${who} answers, but not in a way that can be understood`,
      advice: ADVICE.server,
    };
  }
  if (stage === "relay-channel" || transaction.accepted) {
    return {
      reason: "timeout",
      detail: `the camera did not answer the request passed on to it within ${seconds} s`,
      advice: ADVICE.camera,
    };
  }
  return {
    reason: "timeout",
    detail: `the ${who} did not answer ${transaction.sends} requests in ${seconds} s`,
    advice: isRelayStage(stage) ? ADVICE.relay : ADVICE.network,
  };
}

function refusal(stage: Stage, response: DhResponse, isLoggedIn: boolean): Cause {
  const said = saidIn(response);
  if (response.code === 401) {
    return {
      reason: "auth",
      detail: `the ${partyOf(stage)} refused the account or the time of this machine (${said})`,
      advice: ADVICE.account,
    };
  }
  const isAsked = stage === "channel" || stage === "relay-channel";
  if (response.code === 403 && isAsked && !isLoggedIn) {
    return {
      reason: "auth",
      detail: `the camera wants authentication before it opens a channel (${said})`,
      advice: ADVICE.password,
    };
  }
  if (stage === "locate" || (response.code === 404 && NAMES_SERIAL.has(stage))) {
    return unknownCamera(said);
  }
  return {
    reason: "peer",
    detail: `the ${partyOf(stage)} refused (${said})`,
    advice: isRelayStage(stage) ? ADVICE.relay : ADVICE.later,
  };
}

/** Status and error as the peer words them. */
function saidIn(response: DhResponse): string {
  return [printable(`${response.code} ${response.reason}`).trim(), readError(response.body)]
    .filter((part) => part !== "").join(", ");
}

function unknownCamera(said: string): Cause {
  return {
    reason: "unreachable",
    detail: `the cloud does not know this serial number, or the camera is offline (${said})`,
    advice: ADVICE.serial,
  };
}

/** Stages whose requests name the serial number. */
const NAMES_SERIAL: ReadonlySet<Stage> = new Set(
  ["locate", "device-probe", "channel", "authenticate", "relay-channel"] as const,
);

function partyOf(stage: Stage): string {
  switch (stage) {
    case "main-probe":
    case "locate":
    case "relay-lookup":
    case "channel":
    case "authenticate":
    case "relay-channel":
      return "rendezvous server";
    case "device-probe":
    case "device-info":
      return "P2P server";
    case "relay-agent":
    case "unbind":
      return "relay server";
    case "relay-start":
      return "relay agent";
  }
}
