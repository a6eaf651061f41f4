import { tryDecode } from "../../bytes/try_decode.ts";
import type { Instant } from "../../machine.ts";
import { type Command, type Content, elementsOf } from "../../reolink/baichuan/command.ts";
import { NO_PAYLOAD, xmlPayload } from "../../reolink/baichuan/codec.ts";
import type { XmlElement } from "../../xml/xml.ts";
import type { CameraClient, CameraState } from "./camera_state.ts";

/** Status codes [observed]. */
export const BC_STATUS = { ok: 200, last: 201, refused: 400, busy: 422 } as const;

/** Who asks what of whom. */
export interface Ask {
  readonly now: Instant;
  readonly camera: CameraState;
  readonly client: CameraClient;
}

export interface Answer {
  readonly code: number;
  readonly content: Content;
}

/** How a camera answers one kind of message. */
export interface Row {
  readonly id: number;
  /** Whether a camera that has just been woken refuses it. */
  readonly takesTime: boolean;
  answer(ask: Ask, content: Content): Answer;
}

/** Instead of a reply: a header with this code. */
export class Refusal {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

export const REFUSED: Answer = bare(BC_STATUS.refused);

/** A header and nothing else. */
export function bare(code: number): Answer {
  return { code, content: { payload: NO_PAYLOAD } };
}

/** A row for a command; a request that cannot be read is refused. */
export function row<Request, Reply>(
  command: Command<Request, Reply>,
  answer: (ask: Ask, request: Request) => Reply | Refusal,
  takesTime = false,
): Row {
  return {
    id: command.id,
    takesTime,
    answer(ask, content) {
      const request = tryDecode(() => command.request.read(content));
      if (request === undefined) return REFUSED;
      const reply = answer(ask, request);
      if (reply instanceof Refusal) return bare(reply.code);
      return { code: BC_STATUS.ok, content: command.reply.write(reply) };
    },
  };
}

/** A row that answers with elements as they are kept. */
export function readRow(
  id: number,
  elements: (camera: CameraState) => readonly XmlElement[],
  takesTime = false,
): Row {
  return {
    id,
    takesTime,
    answer({ camera }) {
      return { code: BC_STATUS.ok, content: { payload: xmlPayload(...elements(camera)) } };
    },
  };
}

/** A row that keeps elements as they come, by their names, or does nothing at all with them. */
export function writeRow(
  id: number,
  names: RegExp,
  write: (camera: CameraState, elements: readonly XmlElement[]) => void = () => {},
): Row {
  return {
    id,
    takesTime: false,
    answer({ camera }, content) {
      const elements = elementsOf(content).filter(({ name }) => names.test(name));
      if (elements.length === 0 || !elements.every(isWritable)) return REFUSED;
      write(camera, elements);
      return bare(BC_STATUS.ok);
    },
  };
}

/** Whether an element a client has sent can be sent back: more is read than may be written. */
export function isWritable({ name, attributes, children }: XmlElement): boolean {
  const isPlain = [name, ...attributes.keys()].every((one) => /^[A-Za-z_][\w.:-]*$/.test(one));
  return isPlain && children.every(isWritable);
}
