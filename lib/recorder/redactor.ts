import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { decodeBase64, encodeBase64 } from "../bytes/base64.ts";
import { tryDecode } from "../bytes/try_decode.ts";
import { Writer } from "../bytes/writer.ts";
import { type DeviceAccount, DeviceCipher } from "../dahua/signaling/device_auth.ts";
import { DEFAULT_RAND_SALT, readSalt, sealInfo } from "../dahua/signaling/device_info.ts";
import { isSignalingDatagram } from "../dahua/signaling/message.ts";
import { ipv4Bytes, ipv4Text, isIpv4 } from "../endpoint.ts";
import { crcOf } from "../reolink/signaling/crc.ts";
import { DATAGRAM_MAGIC, kindOf } from "../reolink/signaling/datagram.ts";
import { cryptXml } from "../reolink/signaling/xml_cipher.ts";
import { decodeStun, encodeStun, invert } from "../stun/message.ts";

/** What is known to be somebody's own. */
export interface Identities {
  /** Serial numbers and UIDs. */
  readonly ids: readonly string[];
  /** Passwords, user names, tokens. */
  readonly secrets: readonly string[];
  /** Names of servers and cameras in the network, but the vendors' own. */
  readonly hosts?: readonly string[];
  /** Names cameras were given: short and common words, so they are replaced in sentences alone. */
  readonly names?: readonly string[];
  /** Deciphers what a device has enciphered for who knows it. */
  readonly account?: DeviceAccount;
}

/** Everybody has these. */
const COMMON_ADDRESS = /^(?:127\.|0\.0\.0\.0$|255\.255\.255\.255$)/;

const VENDOR_HOST = /(?:^|\.)(?:easy4ipcloud\.com|reolink\.com|localhost)$/;

/** Elements whose values belong to a device or a session. */
const OWN_ELEMENT = /<(Token|token|RandSalt|UserName|mac|MAC|name|userName)>([^<]+)</g;

/** What proves an account to a device or a cloud. */
const PROOFS: readonly RegExp[] = [
  /((?:PasswordDigest|Username)=")([^"]*)(?=")/gi,
  /(<(?:DevAuth|DevPwd|Password|PassWord)>)([^<]*)(?=<)/gi,
  /^(Authorization:(?![ \t]*WSSE profile)[ \t]*)([^\r\n]*)/gim,
];

/** Fields of events and findings that hold sentences. */
const SENTENCES: ReadonlySet<string> = new Set([
  ...["detail", "message", "advice", "cause", "remedy", "name", "camera"],
]);

const IPV4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g;
const MAC = /\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b/gi;

const RLS_HEADER = 20;

/**
 * Replaces what tells who somebody is by something of the same kind, the same thing always by the
 * same. What it has given out means nothing to anybody else.
 */
export class Redactor {
  readonly #identities: Required<Omit<Identities, "account">> & Pick<Identities, "account">;
  /** What devices mix into passwords. */
  readonly #salts = new Set([DEFAULT_RAND_SALT]);
  readonly #forms = new Map<string, readonly RegExp[]>();
  readonly #ciphers = new Map<string, DeviceCipher>();
  readonly #given = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor(identities: Identities) {
    this.#identities = {
      ids: identities.ids.filter((id) => id !== ""),
      secrets: identities.secrets.filter((secret) => secret !== ""),
      hosts: (identities.hosts ?? []).filter((host) => !VENDOR_HOST.test(host) && !isIpv4(host)),
      names: (identities.names ?? []).filter((name) => name !== ""),
      ...(identities.account && { account: identities.account }),
    };
  }

  /** Text in which nothing of that is left, in any of the forms text takes. */
  text(text: string): string {
    const { ids, secrets, hosts } = this.#identities;
    let result = text;
    for (const host of hosts) result = this.#replaceForms(result, host, () => this.host(host));
    for (const id of ids) result = this.#replaceForms(result, id, () => this.id(id));
    for (const secret of secrets) {
      result = this.#replaceForms(result, secret, () => this.#give("secret", secret));
    }
    return result
      .replace(OWN_ELEMENT, (whole, name, value) => {
        return isPlaceholder(value) ? whole : `<${name}>${this.#ownValue(value)}<`;
      })
      .replace(/\/relay\/(start|unbind)\/([^\s/]+)/g, (_, verb, token) => {
        return `/relay/${verb}/${this.#ownValue(token)}`;
      })
      .replace(/<LocalAddr>([^<]*)</g, (whole, sealed) => this.#localAddress(text, whole, sealed))
      .replace(/<Info>([^<]*)</g, (whole) => this.#info(whole))
      .replace(IPV4, (address) => this.address(address))
      .replace(MAC, (mac) => this.#give("mac", mac.toLowerCase()));
  }

  /** The same, as long as before. */
  sameLength(text: string): string {
    const { ids, secrets, hosts } = this.#identities;
    let result = text;
    for (const own of [...hosts, ...ids, ...secrets]) {
      result = this.#replaceForms(result, own, (form) => "x".repeat(form.length));
    }
    return result
      .replace(IPV4, (address) => {
        return COMMON_ADDRESS.test(address) ? address : address.replace(/\d/g, "0");
      })
      .replace(MAC, (mac) => mac.replace(/[0-9a-f]/gi, "0"));
  }

  /**
   * Every text inside of a value that JSON can hold, names of fields left as they are.
   *
   * @param field The name of the field it is in.
   */
  value(value: unknown, field = ""): unknown {
    if (typeof value === "string") {
      return this.text(SENTENCES.has(field) ? this.#withoutNames(value) : value);
    }
    if (Array.isArray(value)) return value.map((item) => this.value(item, field));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, this.value(inner, name)]),
    );
  }

  /** An id of the same length, of capital letters and digits as they have. */
  id(id: string): string {
    const given = this.#give("id", id);
    return given.padEnd(id.length, "X").slice(0, Math.max(id.length, given.length));
  }

  /** An IPv4 address of the range for tests (RFC 2544); those everybody has stay. */
  address(address: string): string {
    if (COMMON_ADDRESS.test(address)) return address;
    return this.#give("address", address);
  }

  /** `ADDRESS:PORT`. */
  endpoint(endpoint: string): string {
    return endpoint.replace(IPV4, (address) => this.address(address));
  }

  /** A host's name; those of the vendors stay. */
  host(host: string): string {
    if (/^(?:\d{1,3}\.){3}\d{1,3}$/.test(host)) return this.address(host);
    return VENDOR_HOST.test(host) ? host : this.#give("host", host);
  }

  /** A datagram, or the head of one, that says the same of somebody else. */
  datagram(bytes: Uint8Array): Uint8Array {
    if (kindOf(bytes) === "signaling") return this.#reolinkSignaling(bytes);
    if (isSignalingDatagram(bytes)) {
      const text = this.text(new TextDecoder().decode(bytes));
      return new TextEncoder().encode(
        PROOFS.reduce((shown, proof) => shown.replace(proof, hideProof), text),
      );
    }
    const isStun = bytes[0] === 0xff || bytes[0] === 0xfe;
    return isStun ? this.#invertedStun(bytes) : bytes;
  }

  #reolinkSignaling(bytes: Uint8Array): Uint8Array {
    if (bytes.byteLength < RLS_HEADER) return bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const tid = view.getUint32(12, true);
    const xml = new TextDecoder().decode(cryptXml(tid, bytes.subarray(RLS_HEADER)));
    const payload = cryptXml(tid, new TextEncoder().encode(this.text(xml)));
    return new Writer(RLS_HEADER + payload.byteLength).u32le(DATAGRAM_MAGIC.signaling)
      .u32le(payload.byteLength).u32le(view.getUint32(8, true)).u32le(tid).u32le(crcOf(payload))
      .bytes(payload).finish();
  }

  /** One that cannot be read may hold anything. */
  #invertedStun(bytes: Uint8Array): Uint8Array {
    const message = tryDecode(() => decodeStun(invert(bytes)));
    if (message === undefined) return bytes.subarray(0, 2);
    const attributes = message.attributes.map((attribute) => {
      if (attribute.type === "unknown") {
        return { ...attribute, value: new Uint8Array(attribute.value.byteLength) };
      }
      if (attribute.type !== "source-address") return attribute;
      const { address, port } = attribute.endpoint;
      const bytes = ipv4Bytes(this.address(address));
      return { ...attribute, endpoint: { address: ipv4Text(bytes), port } };
    });
    return invert(encodeStun({ ...message, attributes }));
  }

  /** The salt behind it is the device's own. */
  #info(element: string): string {
    const { value, missing } = readSalt(`<body>${element}/Info></body>`);
    if (missing !== undefined) return "<Info><";
    this.#salts.add(value);
    const randsalt = value === DEFAULT_RAND_SALT ? value : this.#ownValue(value);
    return `<Info>${sealInfo(JSON.stringify({ randsalt }))}<`;
  }

  /**
   * Where a device is in its own network: what it has enciphered for us is shown deciphered, as
   * others send it. One that cannot be is left out.
   */
  #localAddress(text: string, whole: string, sealed: string): string {
    if (sealed === "" || sealed.includes(":")) return whole;
    const { account } = this.#identities;
    const nonce = /<Nonce>([^<]*)</.exec(text)?.[1] ?? "";
    for (const salt of account === undefined ? [] : this.#salts) {
      const cipher = this.#cipherFor(salt);
      const open = cipher && tryDecode(() => cipher.open(nonce, sealed));
      if (open !== undefined && /^[\d.:,]+$/.test(open)) return `<LocalAddr>${open}<`;
    }
    return "<LocalAddr>:0<";
  }

  #cipherFor(salt: string): DeviceCipher | undefined {
    const { account } = this.#identities;
    const known = this.#ciphers.get(salt);
    if (known !== undefined || account === undefined) return known;
    const cipher = new DeviceCipher(account, salt);
    this.#ciphers.set(salt, cipher);
    return cipher;
  }

  #withoutNames(text: string): string {
    return this.#identities.names.reduce((shown, name) => {
      const pattern = new RegExp(`(?<![\\w-])${escaped(name)}(?![\\w-])`, "g");
      return shown.replace(pattern, () => this.#give("name", name));
    }, text);
  }

  /** Something of the same length that is no more than a number. */
  #ownValue(value: string): string {
    if (value === DEFAULT_RAND_SALT) return value;
    return this.#give("own", value).padStart(value.length, "0");
  }

  #replaceForms(text: string, secret: string, replacement: (form: string) => string): string {
    return this.#formsOf(secret).reduce(
      (result, pattern) => result.replace(pattern, replacement),
      text,
    );
  }

  /** Patterns of every form a text takes on its way; a form that others contain comes after them. */
  #formsOf(secret: string): readonly RegExp[] {
    const known = this.#forms.get(secret);
    if (known !== undefined) return known;
    const patterns = formsOf(secret).sort((a, b) => b.length - a.length)
      // Short ones are in everything.
      .filter((form) => form.length >= 3)
      .map((form) => new RegExp(escaped(form), "gi"));
    this.#forms.set(secret, patterns);
    return patterns;
  }

  #give(kind: Kind, original: string): string {
    const key = `${kind} ${original}`;
    const known = this.#given.get(key);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const given = nameOf(kind, count);
    this.#given.set(key, given);
    // What was given out comes by again where text is replaced twice.
    this.#given.set(`${kind} ${given}`, given);
    return given;
  }
}

type Kind = "id" | "secret" | "address" | "mac" | "host" | "name" | "own";

function nameOf(kind: Kind, count: number): string {
  switch (kind) {
    case "id":
      return `HIDDEN${String(count).padStart(2, "0")}`;
    case "address":
      return `198.${18 + (count >> 16 & 1)}.${count >> 8 & 255}.${count & 255}`;
    case "mac":
      return `02:00:00:00:${hex2(count >> 8 & 255)}:${hex2(count & 255)}`;
    case "host":
      return `host${count}.example`;
    case "name":
      return `camera${count}`;
    case "own":
      return String(count);
    default:
      return `hidden${count}`;
  }
}

function hex2(value: number): string {
  return value.toString(16).padStart(2, "0");
}

/** A text as it is, encoded, and as what is made of it before it travels. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const wide = Buffer.from(secret, "utf16le");
  const bigEndian = Buffer.from(wide).swap16();
  const digest = createHash("md5").update(bytes).digest();
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      encodeURI(secret),
      JSON.stringify(secret).slice(1, -1),
      escapeXml(secret),
      bytes.toString("latin1"),
      wide.toString("latin1"),
      ...[bytes, wide, bigEndian, digest].map((form) => form.toString("hex")),
      // Fields of 32 bytes ended in NUL once.
      digest.toString("hex").slice(0, 31),
      ...[bytes, wide, bigEndian, digest].flatMap(base64Forms),
    ]),
  ];
}

/** As our own writer and most others have it. */
function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&apos;");
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function hideProof(_: string, before: string, proof: string): string {
  return before + "*".repeat(proof.length);
}

/** What a secret makes of base64 wherever in a text it begins; its edges depend on neighbours. */
function base64Forms(secret: Uint8Array): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const padded = new Uint8Array(shift + secret.byteLength);
    padded.set(secret, shift);
    const first = Math.ceil(shift * 4 / 3);
    const last = Math.floor((shift + secret.byteLength) * 4 / 3);
    const inner = encodeBase64(padded).slice(first, last);
    return inner.length < 6 ? [] : [inner];
  });
}

function isPlaceholder(value: string): boolean {
  return /^\*+$/.test(value) || /^hidden\d+$/.test(value);
}

/** The bytes of a base64 text; nothing of one that is none. */
export function bytesOf(base64: string): Uint8Array {
  return base64 === "" ? new Uint8Array(0) : tryDecode(() => decodeBase64(base64, "head")) ??
    new Uint8Array(0);
}
