/** Orders to simulated cameras of both vendors through a running daemon, from the API to the camera. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Broker, mosquittoMissing } from "../support/mosquitto.ts";
import { startProgram } from "../support/program.ts";
import { type Serving, withServe } from "../support/serving.ts";
import { withScenario } from "../support/scenario_file.ts";

const SERIAL = "4K0123PAZ00001";
const UID = "95270000TESTCTRL";
const PASSWORD = "0pen$esame&more";

const SCENARIO = {
  dahua: { cameras: [{ serial: SERIAL, auth: "required", password: PASSWORD }] },
  reolink: { cameras: [{ uid: UID, password: PASSWORD, power: "mains" }] },
};

const order = (serving: Serving, name: string, body: object) =>
  serving.call("POST", `/cameras/${name}/control`, {
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

/** Starts a camera, and waits until it has said what it can be told; returns its kinds. */
async function start(serving: Serving, name: string): Promise<readonly string[]> {
  assert.equal((await serving.call("POST", `/cameras/${name}/start?wait=frame`)).status, 200);
  await serving.program.line(new RegExp(`controls camera=${name}`));
  const { body } = await serving.call("GET", `/cameras/${name}`);
  return (body["controls"] as { readonly type: string }[]).map(({ type }) => type);
}

/** What was said of orders, and that nothing of the password was said at all. */
function said({ program, sim }: Serving): readonly string[] {
  for (const line of [...program.out, ...program.err, ...sim.err]) {
    assert.ok(!line.includes(PASSWORD) && !line.includes(encodeURIComponent(PASSWORD)), line);
  }
  return program.err.filter((line) => / order (done|failed|refused) /.test(line));
}

test("cameras of both vendors do what they are told through the API", async () => {
  await withScenario(SCENARIO, async (scenario) => {
    const login = `admin:${encodeURIComponent(PASSWORD)}`;
    const cameras = (address: Serving["address"]) => ({
      gate: { address: address(SERIAL).replace("dahua://", `dahua://${login}@`) },
    });
    await withServe(cameras, async (serving) => {
      const [line = ""] = serving.sim.out;
      const { reolink } = JSON.parse(line) as { reolink: { servers: string[] } };
      const address = `reolink://${login}@${UID}?server=${reolink.servers.join(",")}`;
      const put = await serving.call("PUT", "/cameras/yard", {
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ address }),
      });
      assert.equal(put.status, 201);
      const early = await order(serving, "gate", { type: "reboot" });
      assert.deepEqual([early.status, early.body["camera"]], [409, "gate"]);
      assert.equal((await serving.call("GET", "/cameras/gate")).body["state"], "idle");

      assert.deepEqual(await start(serving, "gate"), ["ptz", "preset", "reboot"]);
      const move = { type: "ptz", direction: "right-up", for: "100ms" };
      for (const one of [move, { type: "preset", id: 2 }, { type: "reboot" }]) {
        assert.equal((await order(serving, "gate", one)).status, 200, JSON.stringify(one));
      }
      const unknown = await order(serving, "gate", { type: "preset", id: 9 });
      assert.equal(unknown.status, 504);
      assert.match(String(unknown.body["detail"]), /refuses the order with 400/);
      assert.equal((await order(serving, "gate", { type: "light", on: true })).status, 409);
      const picture = await fetch(`${serving.api}/api/v1/cameras/gate/snapshot.jpg`);
      assert.equal(picture.headers.get("content-type"), "image/jpeg");
      await picture.body?.cancel();

      const all = ["light", "siren", "led", "pir", "ptz", "preset", "zoom", "reboot"];
      assert.deepEqual(await start(serving, "yard"), all);
      const orders = [
        ...["light", "siren", "led", "pir"].map((type) => ({ type, on: false })),
        { type: "ptz", direction: "left", for: "100ms", speed: 20 },
        { type: "zoom", position: 2_000 },
      ];
      for (const one of orders) {
        assert.equal((await order(serving, "yard", one)).status, 200, JSON.stringify(one));
      }
      const cli = startProgram(["control", "yard", "led", "on", "--url", serving.api]);
      assert.equal(await cli.exit, 0, cli.err.join("\n"));
      assert.equal(said(serving).length, 1 + 3 + 2 + orders.length + 1);
    }, { scenario, settings: { log: { level: "debug" } } });
  });
});

test("a camera does what a button and a switch of Home Assistant say", {
  skip: mosquittoMissing(),
}, async () => {
  const serial = "SIMULATED000001";
  const broker = await Broker.start();
  const subscriber = broker.subscribe();
  const settings = { mqtt: { server: `mqtt://127.0.0.1:${broker.port}` }, log: { level: "debug" } };
  const cameras = (address: Serving["address"]) => ({
    gate: { address: address(serial).replace("//", "//admin:sightline@") },
  });
  try {
    await withServe(cameras, async (serving) => {
      await start(serving, "gate");
      const { text } = await subscriber.message(({ topic }) =>
        /^homeassistant\/button\/.*\/ptz_left\/config$/.test(topic)
      );
      const button = JSON.parse(text) as Readonly<Record<string, string>>;
      assert.equal(button["command_topic"], "sightline/gate/control");
      await broker.publish(button["command_topic"] ?? "", button["payload_press"] ?? "");
      await serving.program.line(/order done camera=gate order="ptz left" by=mqtt/);
      await broker.publish("sightline/gate/control", '{"type":"light","on":true}');
      await serving.program.line(/order refused camera=gate order="light on".* by=mqtt/);
      await serving.call("DELETE", "/cameras/gate");
      await subscriber.message(({ topic, text }) => topic.includes("/ptz_left/") && text === "");
    }, { settings });
  } finally {
    await subscriber.close();
    await broker.close();
  }
});
