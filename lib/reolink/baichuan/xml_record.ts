/**
 * Elements of XML as values and back, both from one description:
 *
 * ```ts
 * const SIGNAL = record({ channel: child("channelId", int()), name: optional("name", text()) });
 * type Signal = ValueOf<typeof SIGNAL>; // { readonly channel: number; readonly name?: string }
 * ```
 *
 * Reading takes children in any order and skips those not described, as firmware adds new ones all
 * the time; writing keeps the order of the description.
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";
import { type XmlElement, xmlElement } from "../../xml/xml.ts";

/** How one element is read and written. Reading throws `DecodeError`. */
export interface ElementCodec<T> {
  read(element: XmlElement): T;
  write(name: string, value: T): XmlElement;
}

/** The value an element stands for. */
export type ValueOf<C> = C extends ElementCodec<infer T> ? T : never;

/** How one member of a value is found among the children of its element. */
export interface Field<T> {
  readonly isOptional: boolean;
  read(children: readonly XmlElement[]): T | undefined;
  write(value: T): readonly XmlElement[];
}

interface RequiredField<T> extends Field<T> {
  readonly isOptional: false;
}

interface OptionalField<T> extends Field<T> {
  readonly isOptional: true;
}

type Attributes = readonly (readonly [name: string, value: string])[];

type Shape = Readonly<Record<string, Field<unknown>>>;

type RecordOf<S extends Shape> =
  & { readonly [K in keyof S as S[K]["isOptional"] extends true ? never : K]: MemberOf<S[K]> }
  & { readonly [K in keyof S as S[K]["isOptional"] extends true ? K : never]?: MemberOf<S[K]> };

type MemberOf<F> = F extends Field<infer T> ? T : never;

/** Longest text of one element, in UTF-16 code units. */
const MAX_TEXT = 4_096;

/** The element's text as it stands. */
export function text(): ElementCodec<string> {
  return {
    read(element) {
      if (element.text.length <= MAX_TEXT) return element.text;
      throw wrong(element, `may have ${MAX_TEXT} characters`, element.text.length);
    },
    write: (name, value) => xmlElement(name, value),
  };
}

/** One of the words given; any other is refused. */
export function word<W extends string>(...words: readonly W[]): ElementCodec<W> {
  return {
    read(element) {
      const found = words.find((one) => one === element.text.trim());
      if (found !== undefined) return found;
      throw wrong(element, `must be one of ${words.join(", ")}`, shown(element));
    },
    write: (name, value) => xmlElement(name, value),
  };
}

/** A whole number in decimal digits, as large as JavaScript can count. */
export function int(): ElementCodec<number> {
  return {
    read(element) {
      const value = /^\s*[+-]?\d{1,16}\s*$/.test(element.text) ? Number(element.text) : NaN;
      if (Number.isSafeInteger(value)) return value;
      throw wrong(element, "must be a whole number", shown(element));
    },
    write: (name, value) => xmlElement(name, String(value)),
  };
}

/** `0` or `1`; any other number is taken for 1. */
export function flag(): ElementCodec<boolean> {
  const number = int();
  return {
    read: (element) => number.read(element) !== 0,
    write: (name, value) => xmlElement(name, value ? "1" : "0"),
  };
}

/** An element with children. */
export function record<S extends Shape>(
  shape: S,
  attributes: Attributes = [],
): ElementCodec<RecordOf<S>> {
  return {
    read(element) {
      const members: Record<string, unknown> = {};
      for (const [key, field] of Object.entries(shape)) {
        const member = field.read(element.children);
        if (member !== undefined) members[key] = member;
      }
      return members as RecordOf<S>;
    },
    write(name, value) {
      const members: Readonly<Record<string, unknown>> = value;
      const children = Object.entries(shape).flatMap(([key, field]) => {
        return members[key] === undefined ? [] : field.write(members[key]);
      });
      return xmlElement(name, children, attributes);
    },
  };
}

/** Most elements of a body say so. */
export const VERSION: Attributes = [["version", "1.1"]];

/** A child that must be there. */
export function child<T>(name: string, codec: ElementCodec<T>): RequiredField<T> {
  return {
    isOptional: false,
    read(children) {
      const found = children.find((one) => one.name === name);
      if (found !== undefined) return codec.read(found);
      throw new DecodeError(`Cannot decode Baichuan XML as it needs an element ${name}`);
    },
    write: (value) => [codec.write(name, value)],
  };
}

/** A child that may be left out. An empty one is the same, as cameras write it that way too. */
export function optional<T>(name: string, codec: ElementCodec<T>): OptionalField<T> {
  return {
    isOptional: true,
    read(children) {
      const found = children.find((one) => one.name === name);
      const isEmpty = found === undefined || (found.text === "" && found.children.length === 0);
      return isEmpty ? undefined : codec.read(found);
    },
    write: (value) => [codec.write(name, value)],
  };
}

/** All children of that name. */
export function children<T>(name: string, codec: ElementCodec<T>): RequiredField<readonly T[]> {
  return {
    isOptional: false,
    read: (all) => all.filter((one) => one.name === name).map((one) => codec.read(one)),
    write: (values) => values.map((value) => codec.write(name, value)),
  };
}

/** An element that does nothing but hold a list. */
export function listOf<T>(
  name: string,
  codec: ElementCodec<T>,
  attributes: Attributes = [],
): ElementCodec<readonly T[]> {
  const field = children(name, codec);
  return {
    read: (element) => field.read(element.children) ?? [],
    write: (outer, values) => xmlElement(outer, field.write(values), attributes),
  };
}

/** A list of which each item has an element `outer` around it, of its own or with others. */
export function nested<T>(
  outer: string,
  name: string,
  codec: ElementCodec<T>,
): RequiredField<readonly T[]> {
  const list = listOf(name, codec);
  return {
    isOptional: false,
    read: (all) => all.filter((one) => one.name === outer).flatMap((one) => list.read(one)),
    write: (values) => values.map((value) => list.write(outer, [value])),
  };
}

function wrong({ name }: XmlElement, rule: string, value: string | number): DecodeError {
  return new DecodeError(`Cannot decode Baichuan XML as ${name} ${rule}: ${value}`);
}

/** Never of an element that may hold any text, as that may be secret. */
function shown({ text }: XmlElement): string {
  return JSON.stringify(text.slice(0, 32));
}
