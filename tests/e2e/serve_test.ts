/** `sightline serve` on real sockets, with simulated cameras. */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { LinkError } from "../../lib/hub/link/link_error.ts";
import { serveHttp } from "../../lib/io/http.ts";
import { listenTcp } from "../../lib/io/tcp.ts";
import { dial, echo, echoOnce, startServer } from "../support/forwarding.ts";
import { startProgram } from "../support/program.ts";
import { leave, view } from "../support/rtsp_viewer.ts";
import { ANYWHERE, type Serving, withConfigFile, withServe } from "../support/serving.ts";

const SERIAL = "SIMULATED000001";

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);

const FRONT = (address: Serving["address"]) => ({ front: { address: address(SERIAL) } });

/** Pulls the simulated cameras have seen. */
const pulls = ({ sim }: Serving) => sim.err.filter((line) => line.includes("viewer started"));

const sessions = ({ sim }: Serving) => sim.err.filter((line) => line.includes("session open"));

/** Runs `body` with a scenario file of these cameras. */
async function withScenario(
  cameras: readonly unknown[],
  body: (scenario: string) => Promise<void>,
): Promise<void> {
  await withConfigFile(async (file) => {
    const scenario = `${file}.scenario`;
    await writeFile(scenario, JSON.stringify({ dahua: { cameras } }));
    await body(scenario);
  });
}

test("sightline serve offers its cameras as RTSP, and shows in the API what they do", async () => {
  await withServe(FRONT, async (serving) => {
    const viewers = [await view(`${serving.rtsp}/front`), await view(`${serving.rtsp}/FRONT/sub`)];
    await Promise.all(viewers.map((viewer) => viewer.got(30)));
    const { status, body } = await serving.call("GET", "/cameras/front");
    assert.equal(status, 200);
    const { state, way, viewers: count, bytes, rttMs } = body;
    assert.deepEqual([state, way, count], ["open", "lan", 2]);
    assert.ok((bytes as { received: { lan: number } }).received.lan > 10_000);
    assert.equal(typeof rttMs, "number");
    assert.equal(sessions(serving).length, 1);
    await Promise.all(viewers.map(leave));
    await assert.rejects(view(`${serving.rtsp}/back`), LinkError);
  });
});

test("ten overlapping starts with wait=frame make one session, and are all told of a key frame", async () => {
  await withServe(FRONT, async (serving) => {
    const answers = await Promise.all(
      Array.from(
        { length: 10 },
        () => serving.call("POST", "/cameras/front/start?for=10m&wait=frame"),
      ),
    );
    assert.deepEqual(answers.map(({ status }) => status), Array(10).fill(200));
    assert.equal(sessions(serving).length, 1);
    assert.equal(pulls(serving).length, 1);
    assert.ok(answers.every(({ body }) => Number(body["keyframeAgeMs"]) < 5_000));
    const stopped = await serving.call("POST", "/cameras/front/stop");
    assert.equal(stopped.body["state"], "idle");
    await serving.sim.line(/session closed/);
  });
});

test("a start with wait=frame names cause and advice when there is no camera", async () => {
  await withServe(
    (address) => ({ front: { address: address("UNKNOWN0000001") } }),
    async (serving) => {
      const began = performance.now();
      const { status, body } = await serving.call(
        "POST",
        "/cameras/front/start?for=10m&wait=frame",
      );
      assert.equal(status, 504);
      assert.match(String(body["detail"]), /does not know this serial number/);
      assert.equal(body["stage"], "locate");
      assert.match(String(body["advice"]), /Check the serial number/);
      assert.ok(performance.now() - began < 5_000, "without waiting to the end");
      assert.doesNotMatch(JSON.stringify(body), /UNKNOWN0000001/);
    },
  );
});

test("a start with wait=frame answers within its timeout when the cloud is silent", async () => {
  const silent = await listenTcp({ address: "127.0.0.1", port: 0 }, () => {});
  const address = `dahua://${SERIAL}?server=127.0.0.1:${silent.local.port}`;
  await withServe(() => ({ front: { address } }), async (serving) => {
    const { status, body } = await serving.call(
      "POST",
      "/cameras/front/start?wait=frame&timeout=1s",
    );
    assert.equal(status, 504);
    assert.equal(body["stage"], "main-probe");
    assert.match(String(body["detail"]), /still locating/);
  });
  await silent.close();
});

test("a wrong password is tried once, whoever asks", async () => {
  await withScenario(
    [{ serial: SERIAL, auth: "required", password: "right" }],
    async (scenario) => {
      const cameras = (address: Serving["address"]) => {
        const wrong = address(SERIAL).replace("//", "//admin:wr0ng-pass@");
        return { front: { address: wrong, mode: "always" } };
      };
      await withServe(cameras, async (serving) => {
        const start = await serving.call("POST", "/cameras/front/start?wait=frame");
        assert.equal(start.status, 504);
        assert.match(String(start.body["detail"]), /refused user name or password/);
        for (let count = 0; count < 3; count++) {
          await assert.rejects(view(`${serving.rtsp}/front`), LinkError);
        }
        const { body } = await serving.call("GET", "/cameras/front");
        assert.equal(body["state"], "failed");
        assert.equal((body["counters"] as { failures: number }).failures, 1);
        const said = [...serving.program.err, ...serving.program.out, JSON.stringify(body)];
        assert.doesNotMatch(said.join("\n"), /wr0ng-pass/);
      }, { scenario });
    },
  );
});

test("SIGHUP applies what changed, and leaves streams, viewers and leases that did not alone", async () => {
  const serials = [1, 2, 3].map((number) => `SIMULATED00000${number}`);
  await withScenario(serials.map((serial) => ({ serial })), async (scenario) => {
    const [one = "", two = "", three = ""] = serials;
    const cameras = (address: Serving["address"]) => ({
      same: { address: address(one) },
      gone: { address: address(two) },
    });
    await withServe(cameras, async (serving) => {
      const { rtsp, api, address } = serving;
      const same = await view(`${rtsp}/same`);
      const gone = await view(`${rtsp}/gone`);
      await serving.call("POST", "/cameras/same/start?for=1h");
      const lease = (await serving.call("GET", "/cameras/same")).body["lease"];
      const said = await serving.reconfigure({
        ...ANYWHERE,
        cameras: {
          same: { address: address(one), idle: "5m" },
          fresh: { address: address(three), mode: "always" },
        },
      });
      assert.match(said, /added fresh; changed same; removed gone/);
      await gone.pull.ended;
      await same.got(same.units.length + 30);
      assert.equal(sessions(serving).filter((line) => line.includes(one)).length, 1);
      assert.deepEqual((await serving.call("GET", "/cameras/same")).body["lease"], lease);
      const fresh = await view(`${rtsp}/fresh`);
      await fresh.got(10);
      assert.equal((await serving.call("GET", "/cameras/gone")).status, 404);
      assert.equal((await fetch(`${api}/readyz`)).status, 200);
      await Promise.all([same, fresh].map(leave));
    }, { scenario });
  });
});

test("SIGHUP with a file full of mistakes changes nothing, and says each of them", async () => {
  await withServe(FRONT, async (serving) => {
    const viewer = await view(`${serving.rtsp}/front`);
    const said = await serving.reconfigure({ ...ANYWHERE, cameras: { front: { adress: "x" } } });
    assert.match(said, /ERROR configuration rejected/);
    assert.match(said, /cameras\.front.*adress/);
    const open = await serving.reconfigure({ api: { listen: "0.0.0.0:0" }, cameras: {} });
    assert.match(open, /rejected/);
    const taken = await listenTcp({ address: "127.0.0.1", port: 0 }, () => {});
    const { port } = taken.local;
    const busy = await serving.reconfigure({
      ...ANYWHERE,
      cameras: {
        front: { address: serving.address(SERIAL), forward: [`127.0.0.1:${port}:80`] },
      },
    });
    assert.match(busy, /rejected.*already in use/);
    await taken.close();
    await viewer.got(viewer.units.length + 30);
    await leave(viewer);
    assert.equal((await serving.call("GET", "/cameras/front")).status, 200);
  });
});

test("SIGHUP changes who may watch and who may call, and where", async () => {
  await withServe(FRONT, async (serving) => {
    const { address, api, rtsp } = serving;
    await serving.reconfigure({
      api: { listen: "127.0.0.1:0", tokens: [{ name: "cron", token: "a-token-of-some-length" }] },
      rtsp: { listen: "127.0.0.1:0", users: [{ name: "viewer", password: "let me in" }] },
      cameras: FRONT(address),
    });
    assert.equal((await fetch(`${api}/api/v1/cameras`)).status, 401);
    const headers = { Authorization: "Bearer a-token-of-some-length" };
    assert.equal((await fetch(`${api}/api/v1/cameras`, { headers })).status, 200);
    await assert.rejects(view(`${rtsp}/front`), /user name and password/);
    const credentials = { user: "viewer", password: { reveal: () => "let me in" } };
    const viewer = await view(`${rtsp}/front`, credentials);
    await viewer.got(10);
    await leave(viewer);
    const moved = await listenTcp({ address: "127.0.0.1", port: 0 }, () => {});
    await moved.close();
    const listen = `127.0.0.1:${moved.local.port}`;
    await serving.reconfigure({ ...ANYWHERE, rtsp: { listen }, cameras: FRONT(address) });
    const again = await view(`rtsp://${listen}/front`);
    await again.got(10);
    await leave(again);
    await assert.rejects(view(`${rtsp}/front`));
  });
});

test("forward entries of the configuration reach ports of the device", async () => {
  const server = await startServer(echo);
  const ports = { "80": `127.0.0.1:${server.local.port}` };
  await withScenario([{ serial: SERIAL, ports }], async (scenario) => {
    const cameras = (address: Serving["address"]) => ({
      front: { address: address(SERIAL), forward: ["127.0.0.1:0:80"] },
    });
    await withServe(cameras, async (serving) => {
      const { body } = await serving.call("GET", "/cameras/front");
      const [forward] = body["forwards"] as { listen: string }[];
      const port = Number(forward?.listen.split(":")[1]);
      await echoOnce(await dial(port));
      await serving.program.line(/idle|connection closed/);
    }, { scenario });
  });
  await server.close();
});

test("snapshot.jpg is the picture of the device's own web server, while the camera is open", async () => {
  const asked: string[] = [];
  const web = await serveHttp({ address: "127.0.0.1", port: 0 }, (request) => {
    const { pathname, search } = new URL(request.url);
    const authorization = request.headers.get("authorization");
    asked.push(`${pathname}${search} ${authorization?.split(" ", 1)[0]}`);
    if (authorization !== null) return Promise.resolve(new Response(JPEG));
    const headers = { "WWW-Authenticate": 'Digest realm="Login", qop="auth", nonce="1"' };
    return Promise.resolve(new Response("", { status: 401, headers }));
  }, (error) => {
    throw error;
  });
  const ports = { "80": `127.0.0.1:${web.local.port}` };
  await withScenario([{ serial: SERIAL, ports }], async (scenario) => {
    const cameras = (address: Serving["address"]) => ({
      front: {
        address: address(SERIAL).replace("//", "//admin:s3cret@"),
        forward: ["127.0.0.1:0:80"],
      },
    });
    await withServe(cameras, async (serving) => {
      assert.equal((await serving.call("GET", "/cameras/front/snapshot.jpg")).status, 404);
      const { body } = await serving.call("GET", "/cameras/front");
      const [forward] = body["forwards"] as { listen: string }[];
      const open = await dial(Number(forward?.listen.split(":")[1]));
      await serving.program.line(/INFO +open camera=front/);
      const response = await fetch(`${serving.api}/api/v1/cameras/front/snapshot.jpg`);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "image/jpeg");
      assert.ok(Number(response.headers.get("x-snapshot-age")) < 1);
      assert.deepEqual(new Uint8Array(await response.arrayBuffer()), JPEG);
      open.abort();
    }, { scenario });
  });
  await web.close();
  const path = "/cgi-bin/snapshot.cgi?channel=1";
  assert.deepEqual(asked, [`${path} undefined`, `${path} Digest`]);
});

test("?peek shows the last picture without reaching the camera", async () => {
  const cameras = (address: Serving["address"]) => ({
    front: { address: address(SERIAL), idle: "200ms" },
  });
  await withServe(cameras, async (serving) => {
    await assert.rejects(view(`${serving.rtsp}/front?peek`), LinkError);
    const viewer = await view(`${serving.rtsp}/front`);
    await viewer.got(30);
    await leave(viewer);
    await serving.sim.line(/session closed/);
    const peek = await view(`${serving.rtsp}/front?peek`);
    await peek.got(3);
    assert.ok(peek.units.every(({ keyframe }) => keyframe));
    assert.equal((await serving.call("GET", "/cameras/front")).body["state"], "idle");
    await leave(peek);
    assert.equal(sessions(serving).length, 1);
  });
});

test("sightline serve ends with every viewer, camera and stream of events closed", async () => {
  let last: Serving | undefined;
  await withServe(FRONT, async (serving) => {
    last = serving;
    const viewer = await view(`${serving.rtsp}/front`);
    const events = await fetch(`${serving.api}/api/v1/events`);
    await viewer.got(10);
    const began = performance.now();
    serving.program.stop();
    await serving.program.exit;
    await viewer.pull.ended;
    await events.text().catch(() => "");
    assert.ok(performance.now() - began < 5_000);
    await serving.sim.line(/session closed/);
  });
  assert.match(last?.program.err.join("\n") ?? "", /idle camera=front.*sightline is ending/);
});

const REFUSALS: readonly [string, unknown, RegExp][] = [
  ["an API open to everybody", { api: { listen: "0.0.0.0:0" } }, /token/],
  ["a setting there is not", { apis: {} }, /apis/],
  ["no YAML", "cameras: [", /sightline\.yaml:1/],
];

for (const [name, config, message] of REFUSALS) {
  test(`sightline serve exits with 2 for ${name}`, async () => {
    await withConfigFile(async (file, write) => {
      await write(config);
      const program = startProgram(["serve", "--config", file]);
      assert.equal(await program.exit, 2);
      assert.match(program.err.join("\n"), message);
    });
  });
}

test("sightline serve exits with 2 when a port is taken, and leaves none open", async () => {
  const taken = await listenTcp({ address: "127.0.0.1", port: 0 }, () => {});
  const listen = `127.0.0.1:${taken.local.port}`;
  await withConfigFile(async (file, write) => {
    for (const settings of [{ api: { listen } }, { rtsp: { listen } }]) {
      await write({ ...ANYWHERE, ...settings, cameras: {} });
      const program = startProgram(["serve", "--config", file]);
      assert.equal(await program.exit, 2, program.err.join("\n"));
      assert.match(program.err.join("\n"), /already in use/);
    }
  });
  await taken.close();
});

test("sightline serve without its file, or with one too many arguments, exits with 2", async () => {
  const nowhere = startProgram(["serve", "--config", "/nowhere.yaml"]);
  assert.equal(await nowhere.exit, 2);
  assert.match(nowhere.err.join("\n"), /there is no such file/);
  const argument = startProgram(["serve", "sightline.yaml"]);
  assert.equal(await argument.exit, 2);
  assert.match(argument.err.join("\n"), /did you mean --config/);
});
