import assert from "node:assert/strict";
import { test } from "node:test";
import { Pair } from "../../../tests/support/pair.ts";
import { concatBytes, fromHex } from "../../bytes/bytes.ts";
import { PtcpConnection } from "../../dahua/ptcp/connection.ts";
import { encodeMessage } from "../../dahua/ptcp/message.ts";
import { AgentSession } from "./agent_session.ts";

const SIGN = fromHex("01020304");
const REQUEST = encodeMessage({ type: "requestSign" });
const ANSWER = encodeMessage({ type: "sign", sign: SIGN });

/** A client that asks `count` times before it reads anything; returns the bytes it then reads. */
function ask(count: number): number {
  const client = new PtcpConnection({ role: "connect" });
  const session = new AgentSession(SIGN, 0);
  const agent = {
    handleDatagram: session.handleClient.bind(session),
    handleTimeout: session.handleTimeout.bind(session),
    pollTransmit: () => session.pollTransmit()?.bytes,
    pollTimeout: () => session.pollTimeout(),
  };
  let received = 0;
  let reads = false;
  const pair = new Pair(client, agent, () => {
    for (let bytes = reads ? client.read(pair.now) : undefined; bytes !== undefined;) {
      received += bytes.byteLength;
      bytes = client.read(pair.now);
    }
  });
  client.connect(pair.now);
  client.write(pair.now, concatBytes(new Array<Uint8Array>(count).fill(REQUEST)));
  pair.pass(5_000);
  reads = true;
  pair.pass(5_000);
  return received;
}

test("AgentSession answers every request for the sign", () => {
  assert.equal(ask(3), 3 * ANSWER.byteLength);
});

test("AgentSession holds a limited number of answers for a client that reads none", () => {
  const count = 40_000;
  const received = ask(count);
  assert.ok(received > 0 && received < count * ANSWER.byteLength / 2, `${received} bytes`);
});
