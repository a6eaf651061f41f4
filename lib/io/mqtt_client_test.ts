import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { dialMqtt, type MqttDialResult, type MqttLink, type MqttMessage } from "./mqtt_client.ts";

/** CONNACK: welcome (MQTT 3.1.1, section 3.2). */
const WELCOME = "20020000";

/** A broker that answers the first packet with these bytes, and says nothing else by itself. */
async function withBroker(
  answer: string,
  body: (broker: {
    dial(signal?: AbortSignal): Promise<MqttDialResult>;
    link(): Promise<MqttLink>;
    readonly messages: readonly MqttMessage[];
    /** Bytes of the client, as hex. */
    readonly heard: readonly string[];
    say(hex: string): void;
    hangUp(): void;
  }) => Promise<void>,
): Promise<void> {
  const heard: string[] = [];
  const messages: MqttMessage[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk: Uint8Array) => heard.push(new Uint8Array(chunk).toHex()));
    socket.once("data", () => {
      if (answer === "") socket.destroy();
      else socket.write(Uint8Array.fromHex(answer));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const dial = (signal = new AbortController().signal) =>
    dialMqtt(
      {
        server: new URL(`mqtt://127.0.0.1:${port}`),
        ca: undefined,
        username: "bridge",
        password: "hunter2",
        clientId: "sightline-test",
        will: { topic: "status", payload: "offline" },
      },
      (message) => messages.push(message),
      signal,
    );
  try {
    await body({
      dial,
      messages,
      heard,
      async link() {
        const result = await dial();
        if (result.type !== "link") throw new Error(`No link: ${result.why}`);
        return result.link;
      },
      say: (hex) => void sockets.at(-1)?.write(Uint8Array.fromHex(hex)),
      hangUp: () => void sockets.at(-1)?.destroy(),
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

test("dialMqtt() introduces itself as MQTT 3.1.1 has it, last will and account included", async () => {
  await withBroker(WELCOME, async ({ link, heard }) => {
    const { close } = await link();
    await close();
    const text = (hex: string) => new TextDecoder("latin1").decode(Uint8Array.fromHex(hex));
    // Protocol MQTT, level 4, flags: account, retained will of QoS 1, clean; keepalive 30 s.
    assert.match(heard[0] ?? "", /^10..00044d51545404ee001e/);
    assert.match(text(heard[0] ?? ""), /sightline-test.*status.*offline.*bridge.*hunter2/);
    assert.equal(heard.at(-1), "e000", "DISCONNECT, so that there is no last will");
  });
});

const ANSWERS: readonly [string, string, MqttDialResult["type"], RegExp][] = [
  ["a refused password", "20020004", "refused", /refuses user name or password/],
  ["a refused user", "20020005", "refused", /does not allow this user/],
  ["another version", "20020001", "refused", /3\.1\.1/],
  ["a broker that is not ready", "20020003", "failed", /Server unavailable/],
  ["a connection that is closed", "", "failed", /./],
  ["a packet that is too long", "30ffffff7f", "failed", /a packet of 268435455 bytes/],
  ["what is not MQTT", "0000", "failed", /./],
];

for (const [name, answer, type, why] of ANSWERS) {
  test(`dialMqtt() tells ${name}`, async () => {
    await withBroker(answer, async ({ dial }) => {
      const result = await dial();
      assert.equal(result.type, type);
      assert.match(result.type === "link" ? "" : result.why, why);
    });
  });
}

test("dialMqtt() ends when it is called off", async () => {
  await withBroker("00", async ({ dial }) => {
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 50);
    assert.equal((await dial(leaving.signal)).type, "failed");
    assert.equal((await dial(leaving.signal)).type, "failed");
  });
});

test("dialMqtt() tells that nobody is there", async () => {
  let gone: () => Promise<MqttDialResult> = () => Promise.reject(new Error("not yet"));
  await withBroker(WELCOME, ({ dial }) => {
    gone = dial;
    return Promise.resolve();
  });
  assert.deepEqual(await gone(), { type: "failed", why: "nothing listens there" });
});

test("an MQTT link hands over messages, and publishes once they are confirmed", async () => {
  await withBroker(WELCOME, async ({ link, messages, heard, say }) => {
    const { publish, close } = await link();
    // PUBLISH of "on" under a/b, then the same retained.
    say("30070003612f626f6e 31070003612f626f6e".replace(" ", ""));
    const published = publish("a/b", Uint8Array.of(0xff, 0));
    while (!heard.some((hex) => hex.startsWith("33"))) await new Promise(setImmediate);
    // Retained, QoS 1, topic, identifier, payload.
    const packet = /^33090003612f62(....)ff00$/.exec(heard.at(-1) ?? "");
    assert.ok(packet !== null, heard.join());
    say(`4002${packet[1]}`);
    assert.equal(await published, true);
    const seen = messages.map(({ topic, payload, retained }) => [
      topic,
      new TextDecoder().decode(payload),
      retained,
    ]);
    assert.deepEqual(seen, [["a/b", "on", false], ["a/b", "on", true]]);
    await close();
  });
});

test("an MQTT link is over after what is not MQTT", async () => {
  await withBroker(WELCOME, async ({ link, say }) => {
    const { ended } = await link();
    say("0000");
    assert.match(await ended, /./);
  });
});

test("an MQTT link says why it is over, and confirms nothing then", async () => {
  await withBroker(WELCOME, async ({ link, hangUp }) => {
    const { publish, subscribe, ended } = await link();
    const published = publish("a", "b");
    hangUp();
    assert.match(await ended, /connection/);
    assert.equal(await published, false);
    assert.equal(await publish("a", "c"), false);
    assert.equal(await subscribe("a"), false);
  });
});

test("close() of an MQTT link does not wait for what is never confirmed", async () => {
  await withBroker(WELCOME, async ({ link }) => {
    const { publish, close } = await link();
    const published = publish("a", "b");
    const began = performance.now();
    await close();
    assert.ok(performance.now() - began < 5_000);
    assert.equal(await published, false);
  });
});
