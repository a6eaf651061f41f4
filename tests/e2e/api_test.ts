/** The daemon's HTTP API and the commands that use it, over real sockets. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CameraJson } from "../../routes/camera_json.ts";
import { problemKind } from "../../routes/problem_kinds.ts";
import {
  DAEMON_TOKEN,
  type DaemonOptions,
  type RunningDaemon,
  withDaemon,
} from "../support/daemon.ts";
import { hastyWorld } from "../support/program.ts";
import { anyRequest, type OpenApiDocument } from "../support/random_request.ts";
import { Dice } from "../support/random_scenario.ts";

const PASSWORD = "c0rrect/horse?b@ttery:staple";
const WRONG = "Tr0ub4dor&3 %41";
const ADDED = "added-at-run-time";

const SCENARIO = {
  dahua: {
    cameras: [
      { serial: "SIMULATED000001", auth: "required", user: "admin", password: PASSWORD },
      { serial: "SIMULATED000002", auth: "required", user: "admin", password: PASSWORD },
      { serial: "SIMULATED000003", faults: { silentPunch: true } },
    ],
  },
};

const address = (serial: string, server: string, more = "") =>
  `dahua://admin@${serial}?server=${server}${more}`;

const OPTIONS: DaemonOptions = {
  scenario: SCENARIO,
  cameras: (server) => ({
    front: { address: address("SIMULATED000001", server), password: PASSWORD },
    locked: { address: address("SIMULATED000002", server), password: WRONG },
    deaf: { address: address("SIMULATED000003", server, "&way=direct") },
    ghost: { address: address("NOSUCHSERIAL01", server) },
  }),
};

async function camera({ request }: RunningDaemon, name: string): Promise<CameraJson> {
  return await (await request(`/api/v1/cameras/${name}`)).json() as CameraJson;
}

async function kindOf(response: Response): Promise<string | undefined> {
  const { type } = await response.json() as { type: string };
  return problemKind(type);
}

/** The value of a metric without labels but the camera's. */
async function metric({ request }: RunningDaemon, name: string, of: string): Promise<number> {
  const text = await (await request("/metrics")).text();
  const line = text.split("\n").find((line) => line.startsWith(`${name}{camera="${of}"}`));
  return Number(line?.split(" ").at(-1));
}

const POST = { method: "POST" };

const put = (settings: unknown): RequestInit => ({
  method: "PUT",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(settings),
});

test("every route of the API does what it says, and none gives a secret away", async () => {
  await withDaemon(OPTIONS, async (daemon) => {
    const said: string[] = [];
    const used = new Set<string>();
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await daemon.request(path, init);
      const route = path.replace(/\?.*/, "").replace(/(cameras\/)[^/]+/, "$1{name}");
      used.add(`${init.method ?? "GET"} ${route}`);
      const bytes = await response.arrayBuffer();
      said.push(new TextDecoder().decode(bytes), JSON.stringify([...response.headers]));
      return new Response(bytes.byteLength === 0 ? null : bytes, response);
    };

    assert.equal((await ask("/livez")).status, 200);
    assert.equal((await ask("/readyz")).status, 200);
    const { cameras } = await (await ask("/api/v1/cameras")).json() as { cameras: CameraJson[] };
    assert.deepEqual(cameras.map(({ name }) => name), ["front", "locked", "deaf", "ghost"]);

    assert.equal((await ask("/api/v1/cameras/front/start?for=10m", POST)).status, 202);
    const started = await ask("/api/v1/cameras/front/start?for=10m&wait=frame", POST);
    assert.equal(started.status, 200);
    const front = await started.json() as CameraJson;
    assert.equal(front.state, "open");
    assert.ok(front.keyframeAgeMs !== undefined && front.way !== undefined);
    assert.equal((await (await ask("/api/v1/cameras/front")).json() as CameraJson).state, "open");

    const locked = await ask("/api/v1/cameras/locked/start?wait=frame", POST);
    assert.equal(locked.status, 504);
    assert.equal(await kindOf(locked), "credentials-refused");
    const ghost = await ask("/api/v1/cameras/ghost/start?wait=frame", POST);
    assert.equal(ghost.status, 504);
    assert.equal(await kindOf(ghost), "camera-offline");

    const added = put({ address: address("SIMULATED000001", daemon.server), password: ADDED });
    assert.equal((await ask("/api/v1/cameras/back", added)).status, 201);
    assert.equal((await ask("/api/v1/cameras/back", added)).status, 200);
    assert.equal(
      (await ask("/api/v1/cameras/back", put({ address: `dahua:admin:${ADDED}@` }))).status,
      400,
    );
    assert.equal((await ask("/api/v1/cameras/back", { method: "DELETE" })).status, 204);

    const order = { ...put({ type: "ptz", direction: "left" }), ...POST };
    const ordered = await ask("/api/v1/cameras/deaf/control", order);
    assert.equal(ordered.status, 409);
    assert.equal(await kindOf(ordered), "refused");

    const snapshot = await ask("/api/v1/cameras/deaf/snapshot.jpg");
    assert.equal(snapshot.status, 404);
    assert.equal(await kindOf(snapshot), "no-picture");
    const { wakes } = await (await ask("/api/v1/cameras/front/wakes")).json() as {
      wakes: { by: string; who: string }[];
    };
    assert.deepEqual(wakes.map(({ by, who }) => [by, who]), [["api", "cron"]]);

    const events = await (await ask("/api/v1/events?since=0&follow=false")).text();
    for (const state of ["locating", "punching", "authenticating", "starting", "open", "failed"]) {
      assert.match(events, new RegExp(`"state":"${state}"`));
    }
    const metrics = await (await ask("/metrics")).text();
    assert.match(metrics, /^sightline_camera_state\{camera="front",state="open"\} 1$/m);
    assert.doesNotMatch(metrics, /SIMULATED|NOSUCH|127\.0\.0\.1/);

    const examined = await ask("/api/v1/doctor", {
      ...put({ camera: "locked" }),
      method: "POST",
    });
    assert.match(await examined.text(), /"type":"password-refused".*"exitCode":4\}\n$/);

    const still = await ask("/api/v1/cameras/front/keyframe.mp4");
    assert.equal(still.status, 200);
    assert.equal(still.headers.get("Content-Type")?.split(";")[0], "video/mp4");
    // It runs until somebody ends it.
    const live = await daemon.request("/api/v1/cameras/front/live.mp4");
    used.add("GET /api/v1/cameras/{name}/live.mp4");
    assert.equal(live.status, 200);
    const reader = live.body?.getReader();
    const first = await reader?.read();
    assert.ok((first?.value?.byteLength ?? 0) > 0, "the live picture begins");
    await reader?.cancel();

    const stopped = await ask("/api/v1/cameras/front/stop", POST);
    assert.equal((await stopped.json() as CameraJson).state, "idle");
    await ask("/config.schema.json");
    const { paths } = await (await ask("/openapi.json")).json() as OpenApiDocument;
    const described = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
    );
    assert.deepEqual(described.filter((route) => !used.has(route)), [], "a route was not driven");

    said.push(...daemon.program.out, ...daemon.program.err);
    assertDiscreet(said.join("\n"));
  });
});

/** Fails when a password or the token can be read in what was said, however it is written. */
function assertDiscreet(text: string): void {
  for (const secret of [PASSWORD, WRONG, ADDED, DAEMON_TOKEN]) {
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret), btoa(secret)]) {
      const at = text.indexOf(form.replace(/^"|"$/g, ""));
      assert.ok(at < 0, `says ${text.slice(Math.max(0, at - 80), at + 40)}`);
    }
  }
}

test("cron's line ends with 0 and a frame in hand, and ten at once make one session", async () => {
  await withDaemon(OPTIONS, async (daemon) => {
    const line = ["start", "front", "--for", "10m", "--wait", "frame"];
    const runs = await Promise.all(Array.from({ length: 10 }, () => daemon.command(...line)));
    for (const run of runs) assert.deepEqual(run, { code: 0, out: [], err: [] });
    const front = await camera(daemon, "front");
    assert.equal(front.state, "open");
    assert.ok(front.keyframeAgeMs !== undefined);
    assert.equal(await metric(daemon, "sightline_camera_wakes_total", "front"), 1);
    assert.equal(await metric(daemon, "sightline_camera_pulls_total", "front"), 1);
    const viewers = daemon.sim.err.filter((line) => line.includes("viewer started"));
    assert.equal(viewers.length, 1, "the camera sees one viewer");
  });
});

test("a repeated start extends the lease and never shortens it, and stop ends it", async () => {
  await withDaemon(OPTIONS, async (daemon) => {
    const until = async () => Date.parse((await camera(daemon, "front")).lease?.until ?? "");
    await daemon.command("start", "front", "--for", "10m", "--wait", "frame");
    const first = await until();
    await daemon.command("start", "front", "--for", "20m");
    const second = await until();
    assert.ok(second - first > 500_000, `${second - first} ms`);
    await daemon.command("start", "front", "--for", "1m");
    assert.ok(Math.abs(await until() - second) < 1_000);
    assert.equal((await daemon.command("stop", "front")).code, 0);
    const { state, lease } = await camera(daemon, "front");
    assert.deepEqual([state, lease], ["idle", undefined]);
    assert.equal((await daemon.command("stop", "front")).code, 0);
  });
});

test("commands end with the code of what is wrong, in one sentence with advice", async () => {
  await withDaemon({ ...OPTIONS, world: hastyWorld(4) }, async (daemon) => {
    const wait = ["--wait", "frame"];
    const cases: readonly [number, readonly string[]][] = [
      [2, ["start", "front", "--wait", "picture"]],
      [3, ["start", "nobody", ...wait]],
      [3, ["start", "ghost", ...wait]],
      [4, ["start", "locked", ...wait]],
      [7, ["start", "deaf", ...wait, "--timeout", "1s"]],
      [5, ["start", "deaf", ...wait, "--timeout", "60s"]],
      [6, ["list", "--token", "wrong"]],
      [6, ["list", "--url", "http://127.0.0.1:1"]],
    ];
    for (const [code, args] of cases) {
      const run = await daemon.command(...args);
      assert.equal(run.code, code, `${args.join(" ")}: ${run.err.join(" | ")}`);
      assert.deepEqual(run.out, []);
      assert.match(run.err[0] ?? "", /^sightline: \S/);
      assert.ok(run.err.length <= 2, run.err.join(" | "));
    }
  });
});

test("list, status and events show the daemon's cameras to people and to programs", async () => {
  await withDaemon(OPTIONS, async (daemon) => {
    await daemon.command("start", "front", "--wait", "frame");
    const list = await daemon.command("list");
    assert.match(list.out[0] ?? "", /^NAME +STATE +SINCE +WAY/);
    assert.match(
      list.out[1] ?? "",
      /^front +open .* until stop +rtsp:\/\/127\.0\.0\.1:\d+\/front$/,
    );
    const json = await daemon.command("list", "--json");
    assert.deepEqual(json.out.map((line) => JSON.parse(line).name), [
      "front",
      "locked",
      "deaf",
      "ghost",
    ]);
    assert.match((await daemon.command("status", "front")).out.join("\n"), /lease +until stop/);
    const events = await daemon.command("events");
    assert.match(events.out.join("\n"), /front {2}state: open via/);
    const last = await daemon.command("events", "--json");
    assert.ok(last.out.every((line) => typeof JSON.parse(line).id === "number"));
  });
});

test("a client of the events that goes away is let go", async () => {
  await withDaemon(OPTIONS, async (daemon) => {
    const streams = async () =>
      /^sightline_event_streams (\d+)$/m.exec(await (await daemon.request("/metrics")).text())?.[1];
    const leaving = new AbortController();
    const { body } = await daemon.request("/api/v1/events", { signal: leaving.signal });
    await body?.getReader().read();
    assert.equal(await streams(), "1");
    leaving.abort();
    let left = "1";
    for (let i = 0; i < 500 && left !== "0"; i++) left = await streams() ?? "";
    assert.equal(left, "0");
  });
});

test("the API of a running daemon answers random requests as described, without a 500", async () => {
  await withDaemon(OPTIONS, async (daemon) => {
    const dice = new Dice(6);
    const document = await (await daemon.request("/openapi.json")).json() as OpenApiDocument;
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        for (let i = 0; i < 25; i++) {
          const { path: target, init } = anyRequest(dice, document, path, method, operation);
          // Waiting is tested elsewhere; a stream that goes on would never end.
          const brief = target.replace(/wait=frame/g, "").replace(
            /^(\/api\/v1\/events)\??/,
            "$1?follow=false&",
          );
          const response = await daemon.request(brief, init);
          const text = await response.text();
          const what = `${method} ${brief.slice(0, 200)}: ${response.status} ${text.slice(0, 200)}`;
          assert.ok(operation.responses[response.status] !== undefined, what);
          assert.ok(response.status !== 500, what);
        }
      }
    }
    assert.equal((await daemon.request("/livez")).status, 200);
    assert.equal(daemon.program.err.some((line) => line.includes("bug of ours")), false);
  });
});
