import { tryDecode } from "../bytes/try_decode.ts";
import { isPtcpDatagram } from "../dahua/ptcp/segment.ts";
import { isPunchDatagram } from "../dahua/punch.ts";
import { readError } from "../dahua/signaling/answers.ts";
import { readSalt } from "../dahua/signaling/device_info.ts";
import { decodeRequest, decodeResponse, isSignalingDatagram } from "../dahua/signaling/message.ts";
import type { Endpoint } from "../machine.ts";
import { BINDING_REQUEST, decodeStun, invert } from "../stun/message.ts";
import type { ServerRole } from "./findings.ts";
import type { Sight, Sighting } from "./server_book.ts";

/** What the datagrams of the Dahua family tell besides what the machines take from them. */
export const DAHUA_SIGHTING: Sighting = { sent, received };

const ROLES: readonly (readonly [RegExp, ServerRole])[] = [
  [/^\/(?:probe|info)\/device\//, "p2p"],
  [/^\/relay\/(?:agent|unbind)/, "relay"],
  [/^\/relay\/start\//, "agent"],
];

function sent(bytes: Uint8Array): ServerRole | undefined {
  if (!isSignalingDatagram(bytes)) return undefined;
  const request = tryDecode(() => decodeRequest(bytes));
  if (request === undefined) return undefined;
  return ROLES.find(([path]) => path.test(request.path))?.[1] ?? "main";
}

function received(bytes: Uint8Array): Sight {
  if (isPtcpDatagram(bytes)) return { isReadable: true };
  if (isPunchDatagram(bytes)) return readCheck(bytes);
  const response = tryDecode(() => decodeResponse(bytes));
  if (response === undefined) return { isReadable: false };
  const date = Date.parse(response.headers.get("Date") ?? "");
  return {
    isReadable: true,
    isPassedOn: response.code === 100,
    ...(response.code === 403 &&
      { isSaltRefused: /InvalidSalt/i.test(readError(response.body)) }),
    hasSalt: /<(?:Info|RandSalt)>/.test(response.body) &&
      readSalt(response.body).missing === undefined,
    ...(!Number.isNaN(date) && { date }),
  };
}

/**
 * A device's check names the endpoint it is sent to (RFC 3489 section 11.2.5), which is where the
 * rendezvous server has seen us.
 */
function readCheck(bytes: Uint8Array): Sight {
  const message = tryDecode(() => decodeStun(invert(bytes)));
  if (message === undefined) return { isReadable: false };
  const seenAs = message.type === BINDING_REQUEST ? sourceIn(message.attributes) : undefined;
  return { isReadable: true, ...(seenAs && { seenAs }) };
}

function sourceIn(
  attributes: ReturnType<typeof decodeStun>["attributes"],
): Endpoint | undefined {
  for (const attribute of attributes) {
    if (attribute.type === "source-address") return attribute.endpoint;
  }
  return undefined;
}
