/**
 * Requests made up from an OpenAPI document: mostly what it asks for, often a little off, sometimes
 * garbage. The same dice make the same requests.
 *
 * @module
 */

import type { Dice } from "./random_scenario.ts";

/** As much of a JSON schema as the generator looks at. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: Schema;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

export interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface RandomRequest {
  readonly path: string;
  readonly init: RequestInit;
}

/** Values that hit what schemas alone do not know. */
const WORDS: readonly string[] = [
  "",
  "front",
  "back",
  "0",
  "-1",
  "1e999",
  "10m",
  "0s",
  "99999999999999999999h",
  "frame",
  "true",
  "null",
  "../..",
  "a b",
  "ü💡",
  "%",
  "\u0000",
  "__proto__",
  "constructor",
  "${HOME}",
  "dahua://admin:pw@4K0123PAZ00001",
  "reolink://admin@95270000YGAKNWKJ?way=lan",
  "reolink://10.0.0.1",
  "dahua://4K0123PAZ00001?server=127.0.0.1:1",
  "127.0.0.1:8081:80",
  "20%",
  "x".repeat(2_000),
];

/** Makes up a request for one operation of the document. */
export function anyRequest(
  dice: Dice,
  document: OpenApiDocument,
  path: string,
  method: string,
  operation: Operation,
): RandomRequest {
  const query: string[] = [];
  const headers = new Headers();
  let target = path;
  for (const { name, in: place, schema } of operation.parameters ?? []) {
    const value = () => String(anyValue(dice, document, schema));
    if (place === "path") target = target.replace(`{${name}}`, () => anySegment(dice, value()));
    else if (place === "header") {
      if (dice.chance(0.3)) headers.set(name, value().replace(/[^\x20-\x7e]/g, "?"));
    } else {
      for (let i = dice.chance(0.6) ? 1 : dice.chance(0.1) ? 2 : 0; i > 0; i--) {
        query.push(`${name}=${encodeURIComponent(value())}`);
      }
    }
  }
  if (dice.chance(0.05)) query.push(`${encodeURIComponent(dice.oneOf(WORDS))}=1`);
  const body = anyBody(dice, document, operation, headers);
  return {
    path: query.length === 0 ? target : `${target}?${query.join("&")}`,
    init: { method: method.toUpperCase(), headers, ...(body !== undefined && { body }) },
  };
}

function anyBody(
  dice: Dice,
  document: OpenApiDocument,
  { requestBody }: Operation,
  headers: Headers,
): string | undefined {
  const schema = requestBody?.content?.["application/json"]?.schema;
  if (schema === undefined) return undefined;
  headers.set("Content-Type", dice.chance(0.95) ? "application/json" : "text/plain");
  if (dice.chance(0.15)) {
    return dice.oneOf(["", "{", "[]", "null", '"x"', "{}{}", " ".repeat(20_000)]);
  }
  return JSON.stringify(anyValue(dice, document, schema));
}

/** Mostly a value that fits the schema as far as a schema tells. */
function anyValue(dice: Dice, document: OpenApiDocument, schema: Schema): unknown {
  if (dice.chance(0.05)) return anything(dice);
  const { $ref, enum: words, examples, oneOf, properties, items, type } = schema;
  const anyOf = schema.anyOf ?? oneOf;
  if ($ref !== undefined) {
    const named = document.components.schemas[$ref.split("/").at(-1) ?? ""];
    return named === undefined ? null : anyValue(dice, document, named);
  }
  if (words !== undefined) return dice.chance(0.9) ? dice.oneOf(words) : dice.oneOf(WORDS);
  if (examples !== undefined && dice.chance(0.7)) return dice.oneOf(examples);
  if (anyOf !== undefined) return anyValue(dice, document, dice.oneOf(anyOf));
  if (properties !== undefined) {
    const wanted = Object.entries(properties).filter(() => dice.chance(0.6));
    const own = wanted.map(([name, inner]) => [name, anyValue(dice, document, inner)]);
    if (dice.chance(0.03)) own.push([dice.oneOf(WORDS), anything(dice)]);
    return Object.fromEntries(own);
  }
  if (items !== undefined) {
    return Array.from({ length: dice.upTo(3) }, () => anyValue(dice, document, items));
  }
  return type === "integer" || type === "number" ? anyNumber(dice) : dice.oneOf(WORDS);
}

function anything(dice: Dice): unknown {
  return dice.oneOf([null, true, -1, 1e308, "", "x", [], {}, [[[]]], { a: { b: null } }]);
}

function anyNumber(dice: Dice): number {
  return dice.oneOf([0, 1, -1, 0.5, 100, 2 ** 53, 1e308]);
}

/** One segment of a path, as a client encodes it, or as one should not. */
function anySegment(dice: Dice, value: string): string {
  const segment = dice.chance(0.5) ? dice.oneOf(["front", "FRONT", "yard", "back"]) : value;
  if (dice.chance(0.03)) return "%zz";
  const encoded = encodeURIComponent(segment);
  // Those are no segments at all: URLs lose them.
  return /^\.{0,2}$/.test(encoded) ? "x" : encoded;
}
