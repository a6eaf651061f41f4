/**
 * The kinds of children a signaling message has, each with how it is written and read.
 *
 * A shape lists a message's children in the order they are sent in, which some receivers insist on
 * [observed]. Reading is lenient: any order, unknown children ignored, the first of several of one
 * name counts, and an optional child that cannot be read is as good as absent. Only a missing or
 * unreadable child that the message is useless without is an error.
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import type { Endpoint } from "../../machine.ts";
import { isUsable } from "../../nat/candidate.ts";
import { type XmlElement, xmlElement } from "../../xml/xml.ts";

/** One child: reads the element's content, or gives the content to write. */
export interface Field<Value> {
  readonly isOptional: boolean;
  /** The value, or `undefined` when there is none to be had from this element. */
  readonly read: (element: XmlElement) => Value | undefined;
  readonly write: (value: Value) => string | readonly XmlElement[];
}

/** A child that may be absent. */
export interface OptionalField<Value> extends Field<Value> {
  readonly isOptional: true;
}

/** Children by name, in the order they are sent in. Any value type may be among them. */
export type Shape = Readonly<Record<string, Field<never>>>;

type ValueIn<F> = F extends { readonly read: (element: XmlElement) => infer Value }
  ? Exclude<Value, undefined>
  : never;

type OptionalNames<S> = {
  [Name in keyof S]: S[Name] extends { readonly isOptional: true } ? Name : never;
}[keyof S];

/** The values of a shape's children. */
export type ShapeValue<S> =
  & { readonly [Name in Exclude<keyof S, OptionalNames<S>>]: ValueIn<S[Name]> }
  & { readonly [Name in OptionalNames<S>]?: ValueIn<S[Name]> };

/** The longest text of a child that is taken. */
const MAX_TEXT = 64;

/** Text without control characters, as words and UIDs are. */
export const text: Field<string> = {
  isOptional: false,
  // deno-lint-ignore no-control-regex
  read: ({ text }) => text.length > MAX_TEXT || /[\x00-\x1f\x7f]/.test(text) ? undefined : text,
  write: (value) => value,
};

/** Signed 32 bits. What was written unsigned is read as the same bits. */
export const i32: Field<number> = integerField((value) => {
  return value >= -(2 ** 31) && value < 2 ** 32 ? value | 0 : undefined;
});

/** Unsigned 32 bits. What was written signed is read as the same bits. */
export const u32: Field<number> = integerField((value) => {
  return value >= -(2 ** 31) && value < 2 ** 32 ? value >>> 0 : undefined;
});

/** A port that may be sent to. */
export const port: Field<number> = integerField((value) => {
  return value >= 1 && value <= 65535 ? value : undefined;
});

/** An integer nothing is known about but that it may be large and negative [capture]. */
export const integer: Field<number> = integerField((value) => value);

/** The integer `debug`, in whose place one client writes the word `false` [observed]. */
export const debugLevel: Field<number> = {
  ...integer,
  read: (element) => element.text.trim() === "false" ? 0 : integer.read(element),
};

/** An unsigned integer of 64 bits, exactly. */
export const u64: Field<bigint> = {
  isOptional: false,
  read: ({ text }) => {
    const value = /^\d{1,20}$/.test(text.trim()) ? BigInt(text) : undefined;
    return value !== undefined && value < 2n ** 64n ? value : undefined;
  },
  write: String,
};

/**
 * An IPv4 address and port. Port 0 or empty, or an address that nothing can be sent to, stand for
 * "not available" [observed], which is no value.
 */
export const addr: Field<Endpoint> = {
  isOptional: false,
  read: (element) => {
    const endpoint = {
      address: childText(element, "ip"),
      port: Number(childText(element, "port")),
    };
    return isUsable(endpoint) ? endpoint : undefined;
  },
  write: (value) => [
    xmlElement("ip", value.address),
    xmlElement("port", String(value.port)),
  ],
};

/** One of a few words. */
export function word<Word extends string>(...words: readonly Word[]): Field<Word> {
  return {
    isOptional: false,
    read: ({ text }) => words.find((known) => known === text.trim()),
    write: (value) => value,
  };
}

/** A child with children of its own; with none known, its presence is all that counts. */
export function group<S extends object>(shape: S): Field<ShapeValue<S>> {
  return {
    isOptional: false,
    read: (element) => tryDecode(() => readShape(shape, element)),
    write: (value) => writeShape(shape, value),
  };
}

export function optional<Value>(field: Field<Value>): OptionalField<Value> {
  return { ...field, isOptional: true };
}

/** Reads an element's children. Throws `DecodeError` when one is not there that must be. */
export function readShape<S extends object>(shape: S, element: XmlElement): ShapeValue<S> {
  const values: [string, unknown][] = [];
  for (const [name, field] of fieldsOf(shape)) {
    const child = element.children.find((candidate) => candidate.name === name);
    const value = child && field.read(child);
    if (value !== undefined) values.push([name, value]);
    else if (!field.isOptional) {
      throw new DecodeError(
        `Cannot decode ${element.name} as it needs a readable "${name}": ${
          child === undefined ? "absent" : `"${child.text.slice(0, 32)}"`
        }`,
      );
    }
  }
  // Every name that is not optional was given a value of its field's type above.
  return Object.fromEntries(values) as ShapeValue<S>;
}

/** An element's children in the order of the shape. */
export function writeShape<S extends object>(shape: S, value: ShapeValue<S>): XmlElement[] {
  const values = new Map<string, unknown>(Object.entries(value));
  return fieldsOf(shape).flatMap(([name, field]) => {
    const one = values.get(name);
    return one === undefined ? [] : [xmlElement(name, field.write(one))];
  });
}

function fieldsOf(shape: object): [string, Field<unknown>][] {
  return Object.entries(shape);
}

function integerField(accept: (value: number) => number | undefined): Field<number> {
  return {
    isOptional: false,
    read: ({ text }) => {
      if (!/^\s*[+-]?\d{1,20}\s*$/.test(text)) return undefined;
      const value = Number(text);
      return Number.isSafeInteger(value) ? accept(value) : undefined;
    },
    write: String,
  };
}

function childText(element: XmlElement, name: string): string {
  return element.children.find((child) => child.name === name)?.text.trim() ?? "";
}
