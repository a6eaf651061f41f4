import { test } from "node:test";
import assert from "node:assert/strict";
import { parseEndpoint } from "../../lib/endpoint.ts";
import { ListenError } from "../../lib/io/errors.ts";
import { systemWorld } from "../../lib/io/world.ts";
import { silentLog } from "../../lib/log/log.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { startSimulation } from "../../lib/sim/simulation.ts";

function start(scenario: unknown, stop = new AbortController()) {
  const options = { log: silentLog, signal: stop.signal };
  return startSimulation(systemWorld, parseScenario(scenario), options);
}

test("startSimulation() describes cameras that are online by then", async () => {
  const cameras = [
    { serial: "4K0123PAZ00001", nat: "symmetric", password: "secret" },
    { serial: "4K0123PAZ00002", auth: "required" },
  ];
  const simulation = await start({ dahua: { cameras } });
  try {
    const { dahua } = simulation.description;
    assert.equal(parseEndpoint(dahua.server).address, "127.0.0.1");
    assert.deepEqual(dahua.cameras, [
      {
        serial: "4K0123PAZ00001",
        auth: "none",
        user: "admin",
        password: "secret",
        nat: "symmetric",
      },
      {
        serial: "4K0123PAZ00002",
        auth: "required",
        user: "admin",
        password: "sightline",
        nat: "none",
      },
    ]);
  } finally {
    simulation.close();
    await simulation.ended;
  }
});

test("startSimulation() rejects with ListenError when the main server's port is taken", async () => {
  const first = await start({});
  const { port } = parseEndpoint(first.description.dahua.server);
  await assert.rejects(start({ dahua: { port } }), ListenError);
  first.close();
  first.close();
  await first.ended;
});

test("startSimulation() ends when its signal fires", async () => {
  const stop = new AbortController();
  const simulation = await start({}, stop);
  stop.abort();
  await simulation.ended;
});
