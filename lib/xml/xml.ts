/**
 * Small XML documents as the cameras and their clouds write them: a tree of elements with text.
 *
 * Reading rests on fast-xml-parser, guarded against hostile documents: size and depth are capped, a
 * document type is refused, and only the five entities of XML itself and character references are
 * replaced; any other entity stays as it was written.
 *
 * @module
 */

import { XMLParser } from "fast-xml-parser";
import { DecodeError } from "../bytes/decode_error.ts";

/** One element. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All text directly inside, joined; empty when it is only white space between children. */
  readonly text: string;
}

/** How much work a document may make. */
export interface XmlLimits {
  /** In UTF-16 code units. */
  readonly maxLength: number;
  /** Elements inside each other, the root included. */
  readonly maxDepth: number;
}

export const DEFAULT_XML_LIMITS: XmlLimits = { maxLength: 65_536, maxDepth: 16 };

const ATTRIBUTES = ":@";
const TEXT = "#text";
const CDATA = "#cdata";

/** One node as the parser gives it: a single key besides `ATTRIBUTES`. */
type RawNode = Readonly<Record<string, unknown>>;

/**
 * The root element of `text`. A declaration, comments and processing instructions are skipped.
 * Throws `DecodeError` when it is not well-formed or larger than `limits` allow.
 */
export function parseXml(text: string, limits: XmlLimits = DEFAULT_XML_LIMITS): XmlElement {
  if (text.length > limits.maxLength) {
    throw new DecodeError(
      `Cannot decode XML as it may have ${limits.maxLength} characters: has ${text.length}`,
    );
  }
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
    throw new DecodeError("Cannot decode XML as it must not have a document type: has one");
  }
  const roots = parseNodes(text.replace(/^\uFEFF/, "").trim())
    .map((node) => toElement(node, limits.maxDepth))
    .filter((element) => element !== undefined);
  const [root] = roots;
  if (root === undefined || roots.length > 1) {
    throw new DecodeError(`Cannot decode XML as it needs one root element: has ${roots.length}`);
  }
  return root;
}

/** An element to write. `content` is its text or its children. */
export function xmlElement(
  name: string,
  content: string | readonly XmlElement[] = "",
  attributes: Iterable<readonly [string, string]> = [],
): XmlElement {
  const isText = typeof content === "string";
  return {
    name,
    attributes: new Map(attributes),
    children: isText ? [] : content,
    text: isText ? content : "",
  };
}

/** The element and all below it as text, without white space of its own and without declaration. */
export function writeXml(element: XmlElement): string {
  assertName(element.name);
  let open = `<${element.name}`;
  for (const [name, value] of element.attributes) {
    assertName(name);
    open += ` ${name}="${escapeXml(value)}"`;
  }
  const inner = escapeXml(element.text) + element.children.map(writeXml).join("");
  return `${open}>${inner}</${element.name}>`;
}

/** `text` with the five special characters as entities; control characters XML forbids are left out. */
export function escapeXml(text: string): string {
  return text
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "")
    .replace(/[&<>"']/g, (character) => ESCAPES.get(character) ?? character);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&apos;"],
]);

const ENTITIES: ReadonlyMap<string, string> = new Map(
  Array.from(ESCAPES, ([character, entity]) => [entity, character]),
);

function unescapeXml(text: string): string {
  return text.replace(/&(?:[a-z]+|#\d{1,7}|#x[0-9a-f]{1,6});/gi, (entity) => {
    if (entity[1] !== "#") return ENTITIES.get(entity) ?? entity;
    const hex = entity[2] === "x" || entity[2] === "X";
    const code = parseInt(entity.slice(hex ? 3 : 2, -1), hex ? 16 : 10);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : entity;
  });
}

function parseNodes(text: string): readonly RawNode[] {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "",
    textNodeName: TEXT,
    cdataPropName: CDATA,
    ignoreDeclaration: true,
    ignorePiTags: true,
    parseTagValue: false,
    trimValues: false,
    processEntities: false,
  });
  try {
    return parser.parse(text, true) ?? [];
  } catch (error) {
    // The parser has no error type of its own; whatever it throws is about the text.
    const detail = error instanceof Error ? error.message.slice(0, 120) : "unknown";
    throw new DecodeError(`Cannot decode XML as it must be well-formed: ${detail}`);
  }
}

/** The element a node stands for, if it is one. `depth` is how many may still be inside each other. */
function toElement(node: RawNode, depth: number): XmlElement | undefined {
  const name = Object.keys(node).find((key) => key !== ATTRIBUTES);
  if (name === undefined || name === TEXT || name === CDATA) return undefined;
  const content = node[name];
  if (!Array.isArray(content)) return undefined;
  if (depth === 0) throw new DecodeError("Cannot decode XML as it is nested too deeply");
  const children: XmlElement[] = [];
  let text = "";
  for (const child of content as readonly RawNode[]) {
    const element = toElement(child, depth - 1);
    if (element === undefined) text += textOf(child);
    else children.push(element);
  }
  if (children.length > 0 && text.trim() === "") text = "";
  return { name, attributes: attributesOf(node), children, text };
}

function textOf(node: RawNode): string {
  const text = node[TEXT];
  if (typeof text === "string") return unescapeXml(text);
  const cdata = node[CDATA];
  return Array.isArray(cdata) ? cdata.map((part) => String(part[TEXT] ?? "")).join("") : "";
}

function attributesOf(node: RawNode): ReadonlyMap<string, string> {
  const entries = Object.entries(node[ATTRIBUTES] ?? {});
  return new Map(entries.map(([name, value]) => [name, unescapeXml(String(value))]));
}

function assertName(name: string): void {
  if (!/^[A-Za-z_][\w.:-]*$/.test(name)) {
    throw new RangeError(`Cannot write XML as this is not a name: "${name}"`);
  }
}
