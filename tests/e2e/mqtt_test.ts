/** `sightline serve` with MQTT, before a real broker. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { serveHttp } from "../../lib/io/http.ts";
import { dial } from "../support/forwarding.ts";
import { ANYWHERE, type Serving, withConfigFile, withServe } from "../support/serving.ts";
import {
  Broker,
  type BrokerOptions,
  mosquittoMissing,
  type Subscriber,
} from "../support/mosquitto.ts";
import { missing, run } from "../interop/players.ts";
import { hastyWorld } from "../support/program.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const RUN = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];

const skip = mosquittoMissing();

const SERIAL = "SIMULATED000001";
const CAMERA_PASSWORD = "s3cret-of-the-camera";
const BROKER_PASSWORD = "s3cret-of-the-broker";

const FRONT = (address: Serving["address"]) => ({
  front: { address: address(SERIAL).replace("//", `//admin:${CAMERA_PASSWORD}@`) },
});

const STATE = "sightline/front/state";

interface MqttWorld {
  readonly serving: Serving;
  readonly broker: Broker;
  readonly subscriber: Subscriber;
  readonly settings: { readonly mqtt: unknown };
}

async function withMqtt(
  body: (world: MqttWorld) => Promise<void>,
  options: Parameters<typeof withServe>[2] & { readonly broker?: BrokerOptions } = {},
): Promise<void> {
  const broker = await Broker.start(options.broker);
  const subscriber = broker.subscribe();
  const mqtt = { server: `mqtt://127.0.0.1:${broker.port}` };
  try {
    await withServe(FRONT, async (serving) => {
      await body({ serving, broker, subscriber, settings: { mqtt } });
    }, { ...options, settings: { mqtt, ...options.settings } });
  } finally {
    await subscriber.close();
    await broker.close();
  }
}

/** The state of the camera `front`, once it is as wanted. */
async function state(
  subscriber: Subscriber,
  isWanted: (view: Readonly<Record<string, unknown>>) => boolean,
  from = 0,
): Promise<Readonly<Record<string, unknown>>> {
  const { text } = await subscriber.message(
    ({ topic, text }) => topic === STATE && text !== "" && isWanted(JSON.parse(text)),
    { from },
  );
  return JSON.parse(text);
}

test("MQTT: Home Assistant's switch starts and stops a camera", { skip }, async () => {
  await withMqtt(async ({ serving, broker, subscriber }) => {
    await state(subscriber, ({ state, on }) => state === "idle" && on === false);
    await broker.publish("sightline/front/set", "ON");
    const open = await state(subscriber, ({ state }) => state === "open");
    assert.deepEqual([open["way"], open["on"], open["until"]], ["lan", true, null]);
    const { body } = await serving.call("GET", "/cameras/front/wakes");
    const [wake] = body["wakes"] as readonly { readonly by: string }[];
    assert.equal(wake?.by, "mqtt");
    await broker.publish("sightline/front/set", "OFF");
    const from = subscriber.messages.length;
    await state(subscriber, ({ on }) => on === false, from - 1);
    assert.equal((await serving.call("GET", "/cameras/front")).body["state"], "idle");
    await broker.publish("sightline/front/set", '{"for":"10m"}');
    const lease = await state(subscriber, ({ until }) => until !== null, from);
    const left = Date.parse(String(lease["until"])) - Date.now();
    assert.ok(left > 9.5 * 60_000 && left <= 10 * 60_000, String(left));
  });
});

test(
  "MQTT: commands that are retained, no command, or for nobody do nothing",
  { skip },
  async () => {
    await withMqtt(async ({ serving, broker, subscriber, settings }) => {
      await state(subscriber, () => true);
      await broker.publish("sightline/front/set", "PERHAPS");
      await serving.program.line(/neither ON, OFF/);
      await broker.publish("sightline/nobody/set", "ON");
      await broker.publish("sightline/front/set", "x".repeat(100_000));
      await serving.program.line(/mqtt: connection lost.*a packet of 1000\d\d bytes/);
      await broker.publish("sightline/front/set", "ON", "-r");
      const said = serving.program.err.length;
      await serving.reconfigure({
        ...ANYWHERE,
        mqtt: { ...settings.mqtt as object, topic: "sightline" },
        cameras: FRONT(serving.address),
      });
      await broker.publish("sightline/front/set", "", "-r");
      await serving.program.line(/mqtt: connected/, said);
      assert.equal((await serving.call("GET", "/cameras/front")).body["state"], "idle");
    });
  },
);

test(
  "MQTT: a broker that is cut off and comes back is told everything anew",
  { skip },
  async () => {
    await withMqtt(async ({ serving, broker, subscriber }) => {
      await state(subscriber, () => true);
      await broker.kill();
      await serving.program.line(/mqtt: connection lost/);
      await serving.call("POST", "/cameras/front/start?for=10m&wait=frame");
      await broker.restart();
      const again = broker.subscribe();
      try {
        await state(again, (view) => view["state"] === "open");
        await again.message(({ topic, text }) => topic === "sightline/status" && text === "online");
        await again.message(({ topic }) => /^homeassistant\/switch\/.*\/config$/.test(topic));
        await broker.publish("sightline/front/set", "OFF");
        await state(again, (view) => view["state"] === "idle");
      } finally {
        await again.close();
      }
    });
  },
);

test("MQTT: the last will tells that the bridge is lost, as does the bridge of its end", {
  skip,
}, async () => {
  const broker = await Broker.start();
  const subscriber = broker.subscribe();
  const status = (word: string, from: number) =>
    subscriber.message(({ topic, text }) => topic === "sightline/status" && text === word, {
      from,
    });
  try {
    await withServe(FRONT, async ({ program }) => {
      await status("online", 0);
      // Whoever comes by the same name pushes us out, without a goodbye.
      const name = / as (sightline-\w+) /.exec(broker.log.join("\n"))?.[1] ?? "";
      const from = subscriber.messages.length;
      await broker.publish("other", "", "-i", name);
      await status("offline", from);
      await program.line(/mqtt: connection lost/);
      await status("online", from + 1);
    }, { settings: { mqtt: { server: `mqtt://127.0.0.1:${broker.port}` } } });
    const last = () => subscriber.last("sightline/status")?.text;
    if (last() !== "offline") await status("offline", subscriber.messages.length);
    assert.equal(last(), "offline");
  } finally {
    await subscriber.close();
    await broker.close();
  }
});

test("MQTT: cameras that go, and topics that move, leave nothing behind", { skip }, async () => {
  await withMqtt(async ({ serving, broker, subscriber, settings }) => {
    const { address, reconfigure } = serving;
    await state(subscriber, () => true);
    // Of a life before, when there was another camera.
    await broker.publish("sightline/attic/state", "{}", "-r");
    const put = await serving.call("PUT", "/cameras/yard", {
      body: JSON.stringify({ address: address(SERIAL) }),
      headers: { "Content-Type": "application/json" },
    });
    assert.equal(put.status, 201);
    await subscriber.message(({ topic }) => topic === "sightline/yard/state");
    const yard = subscriber.messages.filter(({ text }) => /"name":"yard"/.test(text));
    assert.ok(yard.length >= 5);
    await serving.call("DELETE", "/cameras/yard");
    await subscriber.message(({ topic, text }) => topic === "sightline/yard/state" && text === "");
    for (const { topic } of yard) assert.equal(subscriber.last(topic)?.text, "", topic);

    const from = subscriber.messages.length;
    const moved = { ...settings.mqtt as object, topic: "home/cameras" };
    await reconfigure({ ...ANYWHERE, mqtt: moved, cameras: FRONT(address) });
    await subscriber.message(({ topic }) => topic === "home/cameras/front/state", { from });
    await reconfigure({ ...ANYWHERE, mqtt: settings.mqtt, cameras: FRONT(address) });
    await subscriber.message(
      ({ topic, text }) => topic === "sightline/attic/state" && text === "",
      { from },
    );
    await reconfigure({ ...ANYWHERE, cameras: FRONT(address) });
    const fresh = broker.subscribe();
    try {
      await broker.publish("end", "of it", "-r");
      await fresh.message(({ topic }) => topic === "end");
      const left = fresh.messages.filter(({ retained, text }) => retained && text !== "of it");
      assert.deepEqual(left, []);
    } finally {
      await fresh.close();
    }
  });
});

test("MQTT: a broker whose certificate nobody vouches for gets no password, unless ca_file does", {
  skip: skip || missing("openssl", "version"),
}, async () => {
  await withConfigFile(async (file) => {
    const tls = { cert: `${file}.cert`, key: `${file}.key` };
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const files = ["-keyout", tls.key, "-out", tls.cert];
    const { code, stderr } = await run("openssl", ["req", "-x509", ...key, ...subject, ...files]);
    assert.equal(code, 0, stderr);
    const broker = await Broker.start({ tls });
    const mqtt = {
      server: `mqtts://localhost:${broker.port}`,
      username: "bridge",
      password: BROKER_PASSWORD,
    };
    try {
      await withServe(FRONT, async ({ program, reconfigure, address }) => {
        assert.match(await program.line(/mqtt: failed/), /certificate|self.signed|issuer/i);
        assert.doesNotMatch(broker.log.join("\n"), /New client connected/);
        await reconfigure({
          ...ANYWHERE,
          mqtt: { ...mqtt, ca_file: tls.cert },
          cameras: FRONT(address),
        });
        await program.line(/mqtt: connected/);
      }, { settings: { mqtt } });
    } finally {
      await broker.close();
    }
  });
});

test(
  "MQTT: a refused password is told once, plainly, and not tried again at once",
  { skip },
  async () => {
    const account = { user: "bridge", password: BROKER_PASSWORD };
    const broker = await Broker.start({ account });
    try {
      const mqtt = {
        server: `mqtt://127.0.0.1:${broker.port}`,
        username: "bridge",
        password: "wr0ng-password",
      };
      await withServe(FRONT, async ({ program, api, reconfigure, address }) => {
        const said = await program.line(/mqtt: refused/);
        assert.match(said, /does not allow this user|refuses user name or password/);
        assert.match(said, /retryMs=[23]\d{5}\b/);
        assert.match(await (await fetch(`${api}/metrics`)).text(), /^sightline_mqtt_connected 0$/m);
        await reconfigure({
          ...ANYWHERE,
          mqtt: { ...mqtt, password: BROKER_PASSWORD },
          cameras: FRONT(address),
        });
        await program.line(/mqtt: connected/);
        assert.match(await (await fetch(`${api}/metrics`)).text(), /^sightline_mqtt_connected 1$/m);
        assert.doesNotMatch(program.err.join("\n"), /wr0ng-password|s3cret/);
      }, { settings: { mqtt } });
      assert.equal(broker.log.filter((line) => /not authorised/.test(line)).length, 1);
    } finally {
      await broker.close();
    }
  },
);

test("MQTT: the password stays out of what DEBUG=* has libraries write", { skip }, async () => {
  const account = { user: "bridge", password: BROKER_PASSWORD };
  const broker = await Broker.start({ account });
  const { user: username, password } = account;
  try {
    await withConfigFile(async (file, write) => {
      const mqtt = { server: `mqtt://127.0.0.1:${broker.port}`, username, password };
      await write({ ...ANYWHERE, mqtt });
      const child = spawn(process.execPath, [...RUN, MAIN, "serve", "--config", file], {
        env: { ...process.env, DEBUG: "*" },
        timeout: 20_000,
      });
      const exited = once(child, "exit");
      const log: string[] = [];
      for await (const line of createInterface({ input: child.stderr })) {
        log.push(line);
        if (line.includes("mqtt: connected") && child.pid !== undefined) {
          process.kill(child.pid, "SIGTERM");
        }
      }
      assert.equal((await exited)[0], 0, log.slice(-5).join("\n"));
      const bytes = new TextEncoder().encode(password).toHex().replaceAll(/..(?!$)/g, "$& ");
      assert.ok(!log.some((line) => line.includes(password) || line.includes(bytes.slice(0, 20))));
    });
  } finally {
    await broker.close();
  }
});

test(
  "MQTT: an open camera's picture is published, and nothing secret with all of it",
  { skip },
  async () => {
    const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
    const web = await serveHttp(
      { address: "127.0.0.1", port: 0 },
      () => Promise.resolve(new Response(jpeg)),
      (error) => {
        throw error;
      },
    );
    await withConfigFile(async (file) => {
      const scenario = `${file}.scenario`;
      const ports = { "80": `127.0.0.1:${web.local.port}` };
      await writeFile(
        scenario,
        JSON.stringify({ dahua: { cameras: [{ serial: SERIAL, ports }] } }),
      );
      const account = { user: "bridge", password: BROKER_PASSWORD };
      const broker = await Broker.start({ account });
      const subscriber = broker.subscribe();
      const mqtt = {
        server: `mqtt://127.0.0.1:${broker.port}`,
        username: account.user,
        password: account.password,
      };
      const cameras = (address: Serving["address"]) => ({
        front: { ...FRONT(address).front, forward: ["127.0.0.1:0:80"] },
        lost: { address: address("UNKNOWN0000001"), mode: "always" },
      });
      try {
        await withServe(cameras, async ({ call }) => {
          const { body } = await call("GET", "/cameras/front");
          const [forward] = body["forwards"] as { listen: string }[];
          const open = await dial(Number(forward?.listen.split(":")[1]));
          const picture = await subscriber.message(({ topic }) => topic.endsWith("/snapshot"));
          open.abort();
          assert.deepEqual(picture.payload, jpeg);
          await subscriber.message(({ topic }) => /^homeassistant\/image\/.*\/config$/.test(topic));
          await subscriber.message(({ topic, text }) =>
            topic === "sightline/lost/availability" && text === "offline"
          );
          const all = subscriber.messages.map(({ topic, text }) => `${topic} ${text}`).join("\n");
          assert.match(all, /"stage":"locate"/);
          assert.doesNotMatch(all, /SIMULATED|UNKNOWN0|s3cret|127\.0\.0\.1|admin|bridge"/);
        }, { settings: { mqtt }, scenario, world: hastyWorld(10) });
      } finally {
        await subscriber.close();
        await broker.close();
      }
    });
    await web.close();
  },
);
