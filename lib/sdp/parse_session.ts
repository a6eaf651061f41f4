/**
 * Session descriptions as cameras send them: SDP (RFC 4566) read leniently, since many leave lines
 * out, repeat them, or bend them. What cannot be understood is left out and counted.
 *
 * @module
 */

import { DecodeError } from "../bytes/decode_error.ts";
import { buildMedia, type MediaSection, readMediaLine } from "./parse_media.ts";
import type { Attribute, ParsedSession } from "./parsed.ts";
import { splitOnce } from "./split_once.ts";

/** What a description may make us hold; beyond it the whole description is refused. */
export const SDP_LIMITS = { bytes: 65_536, lines: 1_024, media: 16, attributes: 64 } as const;

/** A section while its lines are read. */
interface Sections {
  readonly attributes: Attribute[];
  readonly media: MediaSection[];
  name: string | undefined;
  ignoredLines: number;
}

/** Reads a description. Throws `DecodeError` where it has no media or exceeds a limit. */
export function parseSession(text: string): ParsedSession {
  checkLimit("characters", SDP_LIMITS.bytes, text.length);
  // Some pad the body with NUL, some begin it with a byte order mark, old ones end lines with CR.
  const lines = text.replace(/[\0\ufeff]/g, "").split(/[\r\n]+/).filter((line) => line.trim());
  checkLimit("lines", SDP_LIMITS.lines, lines.length);
  const sections: Sections = { attributes: [], media: [], name: undefined, ignoredLines: 0 };
  for (const line of lines) readLine(line, sections);
  if (sections.media.length === 0) {
    throw new DecodeError(`Cannot decode SDP as it must describe media: ${quote(text)}`);
  }
  return {
    name: sections.name,
    attributes: sections.attributes,
    control: valueOf(sections.attributes, "control"),
    range: valueOf(sections.attributes, "range"),
    media: sections.media.map(buildMedia),
    ignoredLines: sections.ignoredLines,
  };
}

/** The value of the first attribute called `name` that has one. */
function valueOf(attributes: readonly Attribute[], name: string): string | undefined {
  return attributes.find((one) => one.name === name && one.value !== "")?.value;
}

function readLine(line: string, sections: Sections): void {
  const [name, value = ""] = splitOnce(line, "=");
  const type = /^[a-z]$/i.test(name) ? name.toLowerCase() : undefined;
  if (type === "m") return readMedia(value, sections);
  if (type === "a") return readAttribute(value, sections);
  // A name among the lines of a medium says nothing about the session.
  if (type === "s" && sections.media.length === 0) sections.name ??= value;
  if (type === undefined) sections.ignoredLines++;
}

function readMedia(value: string, sections: Sections): void {
  const media = readMediaLine(value);
  if (media === undefined) {
    sections.ignoredLines++;
    return;
  }
  sections.media.push(media);
  checkLimit("media", SDP_LIMITS.media, sections.media.length);
}

function readAttribute(value: string, sections: Sections): void {
  const [name, rest = ""] = splitOnce(value, ":");
  const attributes = sections.media.at(-1)?.attributes ?? sections.attributes;
  attributes.push({ name: name.toLowerCase(), value: rest });
  checkLimit("attributes of one section", SDP_LIMITS.attributes, attributes.length);
}

function checkLimit(what: string, limit: number, got: number): void {
  if (got <= limit) return;
  throw new DecodeError(`Cannot decode SDP as it may have ${limit} ${what}: ${got}`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
