import { parseXml, writeXml, xmlElement } from "../../xml/xml.ts";
import { DecodeError } from "../../bytes/decode_error.ts";

/** Name and value of one element. */
export type Field = readonly [name: string, value: string];

/** Bodies are a flat list: `<body><Name>value</Name>…</body>` [wire]. */
const LIMITS = { maxLength: 16_384, maxDepth: 4 };

/**
 * Names and values of a `<body>` element; of a repeated name the first. Text that is all white space
 * stands for no fields. Throws `DecodeError`.
 */
export function parseBody(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (text.trim() === "") return fields;
  const root = parseXml(text, LIMITS);
  if (root.name !== "body") {
    throw new DecodeError(`Cannot decode body as its element must be "body": is "${root.name}"`);
  }
  for (const { name, text } of root.children) {
    if (!fields.has(name)) fields.set(name, text.trim());
  }
  return fields;
}

/** The `<body>` element with these fields in their order, without a declaration. */
export function writeBody(fields: Iterable<Field>): string {
  return writeXml(xmlElement("body", Array.from(fields, ([name, text]) => xmlElement(name, text))));
}
