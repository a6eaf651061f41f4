import assert from "node:assert/strict";
import { test } from "node:test";
import { parseXml, writeXml, xmlElement } from "../../../xml/xml.ts";
import { NO_PAYLOAD, xmlPayload } from "../codec.ts";
import type { Content, ContentCodec, Example } from "../command.ts";
import { EXTENSION } from "../extension.ts";
import { visitCommands } from "./all.ts";
import { sirenOrder } from "./siren.ts";

function contentOf<T>({ extension, body }: Example<T>): Content {
  return {
    ...(extension === undefined ? {} : { extension: EXTENSION.read(parseXml(extension)) }),
    payload: body === undefined ? NO_PAYLOAD : xmlPayload(...parseXml(body).children),
  };
}

function textOf({ extension, payload }: Content): Pick<Example<unknown>, "extension" | "body"> {
  const front = extension === undefined ? undefined : EXTENSION.write("Extension", extension);
  assert.notEqual(payload.type, "opaque");
  return {
    ...(front === undefined ? {} : { extension: writeXml(front) }),
    ...(payload.type === "xml" ? { body: writeXml(xmlElement("body", payload.elements)) } : {}),
  };
}

function check<T>(title: string, codec: ContentCodec<T>, examples: readonly Example<T>[]): void {
  for (const [index, example] of examples.entries()) {
    test(`${title}, row ${index + 1}, is read and written`, () => {
      assert.deepEqual(codec.read(contentOf(example)), example.value);
      const { isReadOnly, value: _, ...text } = example;
      if (isReadOnly !== true) assert.deepEqual(textOf(codec.write(example.value)), text);
    });
  }
}

const ids: number[] = [];

visitCommands({
  command({ name, id, request, reply, requests, replies }) {
    ids.push(id);
    check(`request ${id} to ${name}`, request, requests);
    check(`reply ${id} to ${name}`, reply, replies);
  },
  push({ id, content, examples }) {
    check(`push ${id}`, content, examples);
  },
});

test("visitCommands() shows every command once, with rows for what it says", () => {
  // The two halves of a login share their id.
  assert.equal(new Set(ids).size, ids.length - 1);
});

test("sirenOrder() asks for a number of rounds, or for on and off", () => {
  const manual = { channel: 1, mode: 2, duration: 10, times: 1 };
  assert.deepEqual(sirenOrder(1, "on"), { ...manual, on: true });
  assert.deepEqual(sirenOrder(1, "off"), { ...manual, on: false });
  assert.deepEqual(sirenOrder(1, 3), { channel: 1, mode: 0, duration: 0, times: 3, on: true });
});
