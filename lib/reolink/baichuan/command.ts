import { DecodeError } from "../../bytes/decode_error.ts";
import type { Duration } from "../../machine.ts";
import type { XmlElement } from "../../xml/xml.ts";
import { type BcPayload, NO_PAYLOAD, xmlPayload } from "./codec.ts";
import type { Extension } from "./extension.ts";
import type { ElementCodec } from "./xml_record.ts";

/** What a message says, apart from its header. */
export interface Content {
  readonly extension?: Extension;
  readonly payload: BcPayload;
}

/** Content as a value and back. Reading throws `DecodeError`. */
export interface ContentCodec<T> {
  read(content: Content): T;
  write(value: T): Content;
}

/** A row for tests: what is written for a value, and read as it. XML is without declaration. */
export interface Example<T> {
  readonly value: T;
  /** XML of the extension. */
  readonly extension?: string;
  /** XML of the payload. */
  readonly body?: string;
  /** Whether we would write it otherwise, so that it is only read. */
  readonly isReadOnly?: true;
}

/** Whom a request is for, which byte 12 of its header tells. */
export type Scope = "device" | "channel" | "events";

/**
 * Something a client may ask of a camera: an id, and the codecs both ends need of request and
 * reply. A reply with a status other than success has no content.
 */
export interface Command<Request, Reply> {
  /** For people, as "the camera refuses to …" goes on. */
  readonly name: string;
  readonly id: number;
  readonly scope: Scope;
  readonly request: ContentCodec<Request>;
  readonly reply: ContentCodec<Reply>;
  /** Some cameras do what is asked and never answer: so long a silence counts as success. */
  readonly silentSuccess?: Duration;
  /** How long to wait after status 400, which cameras answer when they have just woken. */
  readonly retryPause?: Duration;
  /** How often to ask again after status 400. */
  readonly retries?: number;
  readonly requests: readonly Example<Request>[];
  readonly replies: readonly Example<Reply>[];
}

/** A camera that takes requests. */
export interface Camera {
  /** The channel to ask about. */
  readonly channel: number;
  /** Rejects with `BaichuanError`. */
  request<Request, Reply>(command: Command<Request, Reply>, value: Request): Promise<Reply>;
}

/** Something a camera says unasked. */
export interface Push<T> {
  readonly id: number;
  readonly content: ContentCodec<T>;
  readonly examples: readonly Example<T>[];
}

/** For `silentSuccess`: no camera that answers at all was seen to take longer. [observed] */
export const SILENT_SUCCESS: Duration = 500;

/** A value that says nothing. */
export type Nothing = Readonly<Record<string, never>>;

/** For requests and replies that are a header only. Content that is there all the same is skipped. */
export const NOTHING: ContentCodec<Nothing> = {
  read: () => ({}),
  write: () => ({ payload: NO_PAYLOAD }),
};

/** The one example there is of `NOTHING`. */
export const NOTHING_EXAMPLE: Example<Nothing> = { value: {} };

/** An extension that names a channel, and no payload. */
export const CHANNEL: ContentCodec<{ readonly channel: number }> = {
  read: ({ extension }) => ({ channel: extension?.channel ?? 0 }),
  write: ({ channel }) => ({ extension: { channel }, payload: NO_PAYLOAD }),
};

/** The one example there is of `CHANNEL`. */
export const CHANNEL_EXAMPLE: Example<{ readonly channel: number }> = {
  extension: '<Extension version="1.1"><channelId>2</channelId></Extension>',
  value: { channel: 2 },
};

/** A payload of one element. When reading, any of `names` will do; the first is written. */
export function payloadOf<T>(
  codec: ElementCodec<T>,
  ...names: readonly [string, ...(readonly string[])]
): ContentCodec<T> {
  return {
    read: (content) => codec.read(elementOf(content, ...names)),
    write: (value) => ({ payload: xmlPayload(codec.write(names[0], value)) }),
  };
}

/** An extension that names a channel, and a payload of one element for it. */
export function channelPayload<T extends { readonly channel: number }>(
  codec: ElementCodec<T>,
  name: string,
): ContentCodec<T> {
  return withExtension(payloadOf(codec, name), ({ channel }) => ({ channel }));
}

/** The same payload behind an extension made of the value. */
function withExtension<T>(
  codec: ContentCodec<T>,
  extensionOf: (value: T) => Extension,
): ContentCodec<T> {
  return {
    read: codec.read,
    write: (value) => ({ ...codec.write(value), extension: extensionOf(value) }),
  };
}

/** The first element of the payload that has one of these names. Throws `DecodeError`. */
export function elementOf(content: Content, ...names: readonly string[]): XmlElement {
  const found = elementsOf(content).find(({ name }) => names.includes(name));
  if (found !== undefined) return found;
  throw new DecodeError(
    `Cannot decode Baichuan payload as it needs ${names.join(" or ")}: is ${describe(content)}`,
  );
}

/** The elements of a payload; none where it is not XML. */
export function elementsOf({ payload }: Content): readonly XmlElement[] {
  return payload.type === "xml" ? payload.elements : [];
}

/** Names only: what is in the elements may be secret. */
function describe({ payload }: Content): string {
  if (payload.type !== "xml") return payload.type;
  return payload.elements.map(({ name }) => name.slice(0, 32)).slice(0, 4).join(", ");
}
