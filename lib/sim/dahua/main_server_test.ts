import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "../../machine.ts";
import type { Backstage, BackstageMessage } from "./backstage.ts";
import { MainServer, MAX_CHANNELS } from "./main_server.ts";

const SERIAL = "4K0123PAZ00001";
const DEVICE: Endpoint = { address: "127.0.0.1", port: 4000 };
const CLIENT: Endpoint = { address: "127.0.0.1", port: 5000 };

function setUp() {
  const asked: Backstage<"request">[] = [];
  const server = new MainServer({
    serials: [SERIAL],
    p2p: { address: "127.0.0.1", port: 1 },
    relays: [{ address: "127.0.0.1", port: 2 }],
    toDevice: (_at: Endpoint, message: BackstageMessage) => {
      if (message.type === "request") asked.push(message);
    },
    toClient: () => {},
  });
  server.handleRegister(0, DEVICE, { type: "register", serial: SERIAL });
  const ask = (now: number, cseq: number) =>
    server.handleRequest(now, CLIENT, {
      method: "POST",
      dialect: "dh",
      path: `/device/${SERIAL}/p2p-channel`,
      cseq,
      headers: new Map(),
      body: "",
    });
  return { server, asked, ask };
}

test("MainServer remembers a limited number of channel requests", () => {
  const { server, asked, ask } = setUp();
  for (let cseq = 0; cseq <= MAX_CHANNELS; cseq++) ask(0, cseq);
  assert.equal(asked.length, MAX_CHANNELS + 1);
  server.handleTimeout(500);
  assert.equal(asked.length, 2 * MAX_CHANNELS + 1, "the first one is forgotten");
});

test("MainServer stops asking a device that does not answer", () => {
  const { server, asked, ask } = setUp();
  ask(0, 1);
  for (let at = server.pollTimeout(); at !== undefined; at = server.pollTimeout()) {
    server.handleTimeout(at);
  }
  assert.equal(asked.length, 20);
  assert.equal(new Set(asked.map(({ id }) => id)).size, 1);
});

test("MainServer stops asking once the device has answered", () => {
  const { server, asked, ask } = setUp();
  ask(0, 1);
  const id = asked[0]?.id ?? -1;
  server.handleAnswer(10, { type: "answer", id, code: 200, reason: "OK", body: "" });
  assert.equal(server.pollTimeout(), undefined);
  assert.deepEqual(ask(20, 1).map(({ code }) => code), [100, 200]);
});

test("MainServer lets no serial register that the scenario does not know", () => {
  const { server } = setUp();
  server.handleRegister(0, DEVICE, { type: "register", serial: "OTHER" });
  assert.equal(server.isOnline(1, "OTHER"), false);
  assert.equal(server.isOnline(1, SERIAL), true);
});
