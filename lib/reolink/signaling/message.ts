/**
 * Every message of Reolink's signaling, whoever sends it: as values, and as the XML on the wire.
 *
 * The names say who speaks to whom: `C` client, `D` camera, `M` middleman, `R` register; a trailing
 * `_R` is the reply. Names of children are those on the wire [capture][observed].
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";
import { escapeXml, parseXml, type XmlElement, xmlElement } from "../../xml/xml.ts";
import {
  addr,
  debugLevel,
  group,
  i32,
  integer,
  optional,
  port,
  readShape,
  type ShapeValue,
  text,
  u32,
  u64,
  word,
  writeShape,
} from "./field.ts";

/** Which path a handshake is about: the camera's own address, the one its NAT gave it, or a relay. */
export type Conn = "local" | "map" | "relay";

const conn = word<Conn>("local", "map", "relay");

/** Present or absent; what is inside is not known. */
const empty = group({});

const milliseconds = { def: optional(u32), hb: optional(u32), hbt: optional(u32) };

const ids = { cid: i32, did: i32 };

const SHAPES = {
  // LAN discovery.
  C2D_S: { to: group({ port }) },
  C2D_C: {
    uid: text,
    cli: group({ port }),
    cid: i32,
    mtu: optional(u32),
    debug: optional(debugLevel),
    p: optional(text),
    lver: optional(u32),
  },
  D2C_C_R: { timer: optional(group(milliseconds)), rsp: i32, ...ids, sid: optional(u32) },

  // Client and middleman.
  C2M_Q: { uid: text, ver: optional(integer), family: optional(integer), p: optional(text) },
  M2C_Q_R: {
    devinfo: optional(group({
      type: optional(text),
      mac: optional(text),
      bat: optional(integer),
      qr: optional(integer),
    })),
    reg: optional(addr),
    relay: optional(addr),
    log: optional(addr),
    t: optional(addr),
    timer: optional(empty),
    retry: optional(empty),
    mtu: optional(u32),
    debug: optional(debugLevel),
    ac: optional(integer),
    rsp: optional(i32),
  },

  // Client and register. A client that does not know its own address writes 0.0.0.0 [observed].
  C2R_C: {
    uid: text,
    cli: optional(addr),
    relay: optional(addr),
    cid: i32,
    debug: optional(debugLevel),
    family: optional(integer),
    p: optional(text),
    r: optional(integer),
  },
  R2C_T: { dev: optional(addr), dmap: optional(addr), sid: u32, cid: i32, rsp: optional(i32) },
  R2C_C_R: {
    dmap: optional(addr),
    dev: optional(addr),
    relay: optional(addr),
    relayt: optional(addr),
    nat: optional(text),
    sid: optional(u32),
    rsp: i32,
    ac: optional(integer),
  },
  C2R_CFM: { sid: u32, conn, rsp: i32, ...ids },
  R2C_DISC: { sid: u32 },
  C2R_HB: { sid: u32, ...ids },

  // Client and camera, or the relay in its place.
  C2D_T: { sid: u32, conn, rsp: optional(i32), cid: i32, mtu: optional(u32) },
  D2C_T: { sid: u32, conn, ...ids },
  C2D_A: { sid: u32, conn, ...ids, mtu: optional(u32) },
  D2C_CFM: { sid: u32, conn, rsp: i32, ...ids, time_r: optional(u32) },
  C2D_HB: ids,
  D2C_HB: ids,
  C2D_DISC: ids,
  D2C_DISC: ids,

  // Camera and cloud. A camera insists on the order of M2D_Q_R and its two empty children [observed].
  D2M_Q: { uid: text, r: optional(integer) },
  M2D_Q_R: {
    reg: addr,
    log: optional(addr),
    timer: optional(empty),
    retry: optional(empty),
    rsp: i32,
    token: u64,
    ac: integer,
  },
  D2R_R: { uid: text, token: u64, r: optional(integer) },
  R2D_R_R: { rsp: i32, ac: integer },
  D2R_HB: { uid: text, dev: optional(addr), needrsp: optional(integer), token: u64 },
  R2D_HB_R: { rsp: i32, time_t: optional(integer), timer: optional(group({ hb: optional(u32) })) },
  R2D_C: {
    cli: optional(addr),
    cmap: optional(addr),
    relay: optional(addr),
    sid: u32,
    cid: i32,
  },
  D2R_C_R: { sid: u32, dev: optional(addr), rsp: i32 },
  D2R_DISC: {
    sid: u32,
    time: optional(group({
      query: optional(integer),
      setup: optional(integer),
      conn: optional(integer),
    })),
    conn: optional(conn),
    rsp: optional(i32),
    did: optional(i32),
    send: optional(empty),
    recv: optional(empty),
  },
  R2D_DC_R: { sid: u32, rsp: i32 },
} as const;

/** Name of a message's element, and the tag of its value. */
export type SignalingType = keyof typeof SHAPES;

/** The value of one message. */
export type MessageOf<Type extends SignalingType> =
  & { readonly type: Type }
  & ShapeValue<(typeof SHAPES)[Type]>;

export type SignalingMessage = { [Type in SignalingType]: MessageOf<Type> }[SignalingType];

/** Whether each element stands on a line of its own, as cameras and vendor's apps write it [capture]. */
export type XmlLayout = "lines" | "compact";

/** Deeper than a group of a message has no meaning to anybody. */
const MAX_DEPTH = 6;

/** The XML of a message. Its children come in the order of the shape, whatever the value's is. */
export function writeMessage(message: SignalingMessage, layout: XmlLayout = "lines"): string {
  const children = writeShape(SHAPES[message.type], message as never);
  const end = layout === "lines" ? "\n" : "";
  return writeElement(xmlElement("P2P", [xmlElement(message.type, children)]), end);
}

/**
 * Reads the XML of a message. A declaration, and white space or zero bytes around it, are accepted.
 * Throws `DecodeError` for a message that is unknown or lacks what it needs.
 */
export function readMessage(xml: string): SignalingMessage {
  // deno-lint-ignore no-control-regex
  const bare = xml.replace(/[\s\x00]+$/, "");
  const root = parseXml(bare, { maxLength: xml.length, maxDepth: MAX_DEPTH });
  const [element] = root.children;
  if (root.name !== "P2P" || element === undefined || root.children.length > 1) {
    throw new DecodeError(
      `Cannot decode signaling as it must be a P2P with one child: <${
        root.name.slice(0, 32)
      }> with ${root.children.length}`,
    );
  }
  if (!isSignalingType(element.name)) {
    throw new DecodeError(
      `Cannot decode signaling as its message must be known: "${element.name.slice(0, 32)}"`,
    );
  }
  // The type and the values come from the same row of the table.
  return {
    type: element.name,
    ...readShape(SHAPES[element.name], element),
  } as SignalingMessage;
}

function isSignalingType(name: string): name is SignalingType {
  return Object.hasOwn(SHAPES, name);
}

function writeElement({ name, text, children }: XmlElement, end: string): string {
  if (children.length > 0) {
    const inner = children.map((child) => writeElement(child, end)).join("");
    return `<${name}>${end}${inner}</${name}>${end}`;
  }
  return text === "" ? `<${name}/>${end}` : `<${name}>${escapeXml(text)}</${name}>${end}`;
}
