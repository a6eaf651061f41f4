/** Searches what is meant for everybody for what is not. @module */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { fromSparse, type Gap } from "../../lib/recorder/sparse.ts";
import { cryptXml } from "../../lib/reolink/signaling/xml_cipher.ts";
import { bcCipher } from "../../lib/reolink/baichuan/bc_cipher.ts";

const RLS_MAGIC = 0x2a87cf3a;
const RLS_HEADER = 20;

/** Pieces of ids that are long enough to be one's own. */
const ID_PART = 8;

export interface Secrets {
  /** Passwords, user names, names of cameras and hosts, tokens, salts. */
  readonly texts: readonly string[];
  /** Serial numbers and UIDs: parts of them count, too. */
  readonly ids: readonly string[];
  /** IPv4 addresses, in dots and as four bytes. */
  readonly addresses: readonly string[];
  /** With colons between the bytes. */
  readonly macs?: readonly string[];
}

/** Fails when a flight or bundle holds any of these, in any form it could have on its way. */
export function assertNothingLeaks(file: string, secrets: Secrets): void {
  const everything = everythingIn(file);
  const { texts, ids, addresses, macs = [] } = secrets;
  const parts = ids.flatMap((id) =>
    Array.from({ length: id.length - ID_PART + 1 }, (_, at) => id.slice(at, at + ID_PART))
  );
  const raw = [
    ...[...texts, ...ids].flatMap(formsOf),
    ...parts,
    ...addresses,
    ...addresses.flatMap((address) => byteForms(Buffer.from(address.split(".").map(Number)))),
    ...macs.flatMap((mac) => [
      ...[":", "-", ""].map((separator) => mac.replaceAll(":", separator)),
      ...byteForms(Buffer.from(mac.replaceAll(":", ""), "hex")),
    ]),
  ];
  for (const form of new Set(raw)) {
    assert.equal(everything.includes(form.toLowerCase()), false, `${JSON.stringify(form)} in it`);
  }
}

/**
 * Everything a file says, in lower case: its text, and what is inside of its datagrams and pieces of
 * streams, as it is, as hex, turned over bit by bit, and under the ciphers that need no password.
 */
export function everythingIn(file: string): string {
  const texts = [file];
  for (const text of file.split("\n").filter((line) => line !== "")) {
    const { head, length = 0, gaps } = JSON.parse(text) as {
      readonly head?: string;
      readonly length?: number;
      readonly gaps?: readonly Gap[];
    };
    if (head === undefined) continue;
    const bytes = Buffer.from(
      fromSparse({ head, ...(gaps && { gaps }) }, Math.max(length, 65_536)),
    );
    texts.push(bytes.toString("latin1"), bytes.toString("hex"));
    texts.push(Buffer.from(bytes.map((byte) => byte ^ 0xff)).toString("latin1"));
    if (bytes.byteLength > RLS_HEADER && bytes.readUInt32LE() === RLS_MAGIC) {
      const xml = cryptXml(bytes.readUInt32LE(12), bytes.subarray(RLS_HEADER));
      texts.push(Buffer.from(xml).toString("latin1"));
    }
    for (const start of [20, 24, 40, 44]) {
      if (bytes.byteLength < start) continue;
      texts.push(Buffer.from(bcCipher(0, bytes.subarray(start))).toString("latin1"));
    }
  }
  return texts.join("\n").toLowerCase();
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const wide = Buffer.from(secret, "utf16le");
  const digest = createHash("md5").update(bytes).digest();
  return [
    secret,
    bytes.toString("latin1"),
    encodeURIComponent(secret),
    encodeURI(secret),
    secret.replaceAll("&", "&amp;"),
    ...[bytes, wide, Buffer.from(wide).swap16(), digest].flatMap(byteForms),
    digest.toString("hex").slice(0, 31),
  ];
}

/** Short ones are left out of those in which anything can be found. */
function byteForms(bytes: Buffer): readonly string[] {
  if (bytes.byteLength < 6) return [];
  const inner = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    return whole.slice(Math.ceil(shift * 4 / 3), Math.floor((shift + bytes.byteLength) * 4 / 3));
  });
  return [bytes.toString("latin1"), bytes.toString("hex"), ...inner];
}
