/** What of Baichuan takes bytes of a peer, to be attacked. @module */

import { fromHex } from "../../lib/bytes/bytes.ts";
import { DecodeError } from "../../lib/bytes/decode_error.ts";
import { tryDecode } from "../../lib/bytes/try_decode.ts";
import type { Instant } from "../../lib/machine.ts";
import type { AdpcmFrame } from "../../lib/reolink/bcmedia/frame.ts";
import type { CipherMode } from "../../lib/reolink/baichuan/cipher.ts";
import { BaichuanCodec, type BcMessage, xmlPayload } from "../../lib/reolink/baichuan/codec.ts";
import type { Content, ContentCodec, Example } from "../../lib/reolink/baichuan/command.ts";
import { visitCommands } from "../../lib/reolink/baichuan/commands/all.ts";
import { READ_BATTERY } from "../../lib/reolink/baichuan/commands/battery.ts";
import { changePirSettings } from "../../lib/reolink/baichuan/commands/pir.ts";
import { READ_PIR } from "../../lib/reolink/baichuan/commands/pir_read.ts";
import { WRITE_PIR } from "../../lib/reolink/baichuan/commands/pir_write.ts";
import { START_PREVIEW } from "../../lib/reolink/baichuan/commands/preview_start.ts";
import { EXTENSION } from "../../lib/reolink/baichuan/extension.ts";
import { BcClass } from "../../lib/reolink/baichuan/header.ts";
import { sessionKey } from "../../lib/reolink/baichuan/login_hash.ts";
import {
  MESSAGE_VECTORS,
  VECTOR_NONCE,
  VECTOR_PASSWORD,
} from "../../lib/reolink/baichuan/message_vectors.ts";
import {
  CAMERA_ACCOUNT,
  Dialogue,
  pushHeader,
  ScriptedCamera,
} from "../../lib/reolink/baichuan/scripted_camera.ts";
import { BaichuanSession } from "../../lib/reolink/baichuan/session.ts";
import type { BaichuanEvent } from "../../lib/reolink/baichuan/session_events.ts";
import { parseXml } from "../../lib/xml/xml.ts";
import type { ConversationTarget, DecoderTarget, MachineTarget, Tamper, Victim } from "./target.ts";

const KEY = sessionKey(VECTOR_NONCE, VECTOR_PASSWORD);
const MODES: readonly CipherMode[] = ["none", "bc", "aes", "fullAes"];

/** All that reads what a message says, and good things to read. */
const CODECS: ((content: Content) => void)[] = [];
const BODIES: string[] = [];

visitCommands({
  command({ request, reply, requests, replies }) {
    add(request, requests);
    add(reply, replies);
  },
  push: ({ content, examples }) => add(content, examples),
});

function add<T>(codec: ContentCodec<T>, examples: readonly Example<T>[]): void {
  CODECS.push((content) => tryDecode(() => codec.read(content)));
  for (const { body } of examples) if (body !== undefined) BODIES.push(body);
}

export const BAICHUAN_DECODERS: readonly DecoderTarget[] = [
  ...MODES.map((mode): DecoderTarget => ({
    type: "decoder",
    name: `Baichuan message, ${mode}`,
    seeds: MESSAGE_VECTORS.map(({ hex }) => fromHex(hex)),
    decode(input) {
      const codec = new BaichuanCodec();
      codec.cipher.agree(mode, KEY);
      codec.push(input);
      while (codec.next(0) !== undefined);
    },
  })),
  {
    type: "decoder",
    name: "Baichuan body",
    seeds: BODIES.map((body) => new TextEncoder().encode(body)),
    decode(input) {
      const { children } = parseXml(new TextDecoder().decode(input));
      const content = { payload: xmlPayload(...children) };
      for (const read of CODECS) read(content);
      const config = tryDecode(() => READ_PIR.reply.read(content));
      if (config === undefined) return;
      // The one reply that goes back as it came.
      const element = changePirSettings(config.element, { enabled: false });
      const request = WRITE_PIR.request.write({ channel: 0, element });
      new BaichuanCodec().encode({ header: pushHeader(WRITE_PIR.id), ...request });
    },
  },
  {
    type: "decoder",
    name: "Baichuan extension",
    seeds: ["<Extension><binaryData>1</binaryData><encryptLen>1024</encryptLen></Extension>"]
      .map((text) => new TextEncoder().encode(text)),
    decode: (input) => EXTENSION.read(parseXml(new TextDecoder().decode(input))),
  },
];

/** Everything a camera may answer, with the numbers a session uses first, and what it may push. */
function answers(mode: CipherMode): Uint8Array[] {
  const camera = new BaichuanCodec();
  camera.cipher.agree(mode, KEY);
  const messages: BcMessage[] = [];
  const header = { channel: 250, stream: 0, code: 200, messageClass: BcClass.reply };
  for (let num = 1; num < 10; num++) {
    const media = { type: "binary", bytes: fromHex("30306463 ffd8 00 ffd9") } as const;
    messages.push(
      { header: { ...header, id: 3, num }, extension: { binary: true }, payload: media },
      { header: { ...header, id: 109, num }, extension: { binary: true }, payload: media },
      { header: { ...header, id: 109, num, code: 201 }, payload: { type: "none" } },
      { header: { ...header, id: 201, num }, payload: { type: "none" } },
      { header: { ...header, id: 4, num, code: 400 }, payload: { type: "none" } },
      { header: { ...header, id: 234, num }, payload: { type: "none" } },
    );
  }
  visitCommands({
    command({ id, reply, replies }) {
      for (const { value } of replies) {
        for (const num of [1, 4, 6]) {
          messages.push({ header: { ...header, id, num }, ...reply.write(value) });
        }
      }
    },
    push({ id, content, examples }) {
      for (const { value } of examples) {
        messages.push({ header: pushHeader(id), ...content.write(value) });
      }
    },
  });
  return messages.map((message) => camera.encode(message));
}

export const BAICHUAN_MACHINES: readonly MachineTarget[] = [
  {
    type: "machine",
    name: "BaichuanSession, logging in",
    seeds: [...MESSAGE_VECTORS.map(({ hex }) => fromHex(hex)), ...answers("bc")],
    make: (now) => victim(new BaichuanSession(now, { account: CAMERA_ACCOUNT })),
  },
  ...(["none", "fullAes"] as const).flatMap((mode): MachineTarget[] => {
    const seeds = answers(mode);
    const name = `BaichuanSession, ${mode}`;
    return [
      { type: "machine", name, seeds, make: (now) => loggedIn(now, mode) },
      {
        type: "machine",
        name: `${name}, lengths right`,
        seeds,
        make: (now) => framed(loggedIn(now, mode)),
      },
    ];
  }),
];

function loggedIn(now: Instant, mode: CipherMode): Victim {
  const session = new BaichuanSession(now, { account: CAMERA_ACCOUNT });
  const camera = new ScriptedCamera({ mode });
  for (let i = 0; i < 2; i++) {
    const request = session.pollWrite();
    if (request !== undefined) camera.receive(request);
    const answer = camera.poll();
    if (answer !== undefined) session.receive(now, answer);
  }
  const one = victim(session);
  while (one.pollOutput(now));
  return one;
}

/** An application that wants everything, again and again. */
function victim(session: BaichuanSession): Victim {
  let closed = false;
  return {
    get closed() {
      return closed;
    },
    handleDatagram: (at, input) => session.receive(at, input),
    handleTimeout: (at) => session.handleTimeout(at),
    pollTimeout: () => session.pollTimeout(),
    pollOutput(at) {
      if (session.pollWrite() !== undefined) return true;
      const event = session.pollEvent();
      closed ||= event?.type === "closed";
      if (event !== undefined && event.type !== "closed") want(session, at, event);
      return event !== undefined;
    },
  };
}

const BLOCK: AdpcmFrame = {
  type: "adpcm",
  unknown: 0,
  predictor: 0,
  stepIndex: 0,
  nibbles: new Uint8Array(64),
};

function want(session: BaichuanSession, now: Instant, event: BaichuanEvent): void {
  if (event.type === "media") return;
  const ignore = () => {};
  session.startPreview(now, "main", ignore);
  session.startPreview(now, "sub", ignore);
  session.snapshot(now, "main", ignore);
  session.watchEvents(now, ignore);
  session.request(now, READ_BATTERY, { channel: 0 }, ignore);
  session.movePtz(now, { direction: "left", duration: 500 }, ignore);
  session.openTalk(now, ({ type }, at) => {
    if (type === "done") session.writeTalk(at, BLOCK);
  });
}

/** Makes inputs messages again: with magic and length wrong, a stream is over at once. */
function framed(one: Victim): Victim {
  return {
    get closed() {
      return one.closed;
    },
    handleDatagram(now, input) {
      if (input.byteLength >= 24) one.handleDatagram(now, reframe(input));
    },
    handleTimeout: (now) => one.handleTimeout(now),
    pollTimeout: () => one.pollTimeout(),
    pollOutput: (now) => one.pollOutput(now),
  };
}

function reframe(input: Uint8Array): Uint8Array {
  const bytes = input.slice();
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0abcdef0, true);
  view.setUint16(18, BcClass.reply, true);
  view.setUint32(8, bytes.byteLength - 24, true);
  return bytes;
}

export const BAICHUAN_CONVERSATIONS: readonly ConversationTarget[] = [{
  type: "conversation",
  name: "BaichuanSession to a camera",
  seeds: answers("fullAes"),
  hold: holdDialogue,
}];

/** A client that wants everything of a camera that can do it all, and a liar in between. */
function holdDialogue(seed: number, tamper: Tamper): void {
  const mode = MODES[seed % MODES.length] ?? "none";
  const dialogue = new Dialogue({
    mode,
    tamper: (bytes) => {
      const worse = tamper(bytes);
      // The login is left in peace, and mostly where the next message begins.
      if (bytes.byteLength < 24 || dialogue.event("loggedIn") === undefined) return bytes;
      return worse.byteLength >= 24 && seed % 8 !== 0 ? reframe(worse) : worse;
    },
  });
  const { camera, session } = dialogue;
  let isLost = false;
  const receive = camera.receive.bind(camera);
  camera.receive = (bytes) => {
    if (isLost) return;
    try {
      receive(bytes);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      isLost = true;
    }
  };
  camera.scripts.set(START_PREVIEW.id, (request) => {
    camera.media(request, new Uint8Array(100), true);
    camera.media(request, new Uint8Array(1_000));
  });
  visitCommands({
    command(command) {
      const [example] = command.replies;
      const isOwn = camera.scripts.has(command.id) || command.id === 1;
      if (example !== undefined && !isOwn) camera.answer(command, example.value);
    },
    push: (push) => push.examples.forEach(({ value }) => camera.push(push, value)),
  });
  dialogue.settle();
  for (let second = 0; second < 30; second++) {
    want(session, dialogue.now, { type: "push", id: 0 });
    dialogue.pass(1_000);
  }
  session.close(dialogue.now);
  dialogue.pass(2_000);
  if (session.pollTimeout() !== undefined) throw new Error("A session must end when told to");
}
