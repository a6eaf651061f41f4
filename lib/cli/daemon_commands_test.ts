import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { CameraError, CameraStatus } from "../hub/camera_status.ts";
import type { StartResult } from "../hub/hub.ts";
import { withApiServer } from "../../tests/support/api_server.ts";
import { TOKEN } from "../../tests/support/api_world.ts";
import { runCommand } from "../../tests/support/command.ts";
import { openStatus } from "../../tests/support/fake_hub.ts";
import { eventsCommand } from "./commands/events.ts";
import { listCommand } from "./commands/list.ts";
import { startCommand } from "./commands/start.ts";
import { statusCommand } from "./commands/status.ts";
import { stopCommand } from "./commands/stop.ts";

test("sightline list shows a table of cameras", async () => {
  await withApiServer(async (url, { hub }) => {
    hub.cameras.set("front", openStatus("front"));
    const { code, out } = await runCommand(listCommand, ["--url", url]);
    assert.equal(code, 0);
    const [heading = "", front = "", yard = ""] = out;
    assert.match(heading, /^NAME {3}STATE {2}SINCE +WAY {4}VIEWERS {2}LEASE +RTSP$/);
    assert.match(
      front,
      /^front {2}open {3}\S+ \S+ +relay {2}2 {8}.* rtsp:\/\/127\.0\.0\.1:8554\/front$/,
    );
    assert.match(yard, /^yard {3}idle .* - {6}0 {8}- .*\/yard$/);
  });
});

test("sightline list --json prints one object a camera", async () => {
  await withApiServer(async (url) => {
    const { out } = await runCommand(listCommand, ["--json"], {
      env: { SIGHTLINE_URL: `${url}/` },
    });
    assert.deepEqual(out.map((line) => JSON.parse(line).name), ["front", "yard"]);
  });
});

test("sightline start is quiet on success and tells the daemon what was asked", async () => {
  await withApiServer(async (url, { hub }) => {
    const args = ["front", "--for", "10m", "--wait", "frame", "--timeout", "5s", "--url", url];
    assert.deepEqual(await runCommand(startCommand, args), {
      code: 0,
      out: [],
      complaint: "",
      advice: "",
      logged: [],
    });
    const [{ name, options } = assert.fail("nothing was started")] = hub.starts;
    assert.equal(name, "front");
    assert.deepEqual([options.for, options.wait, options.timeout], [600_000, "frame", 5_000]);
    assert.deepEqual(options.cause, { by: "cli", who: "127.0.0.1" });
  });
});

const cameraError = (changes: Partial<CameraError>): CameraError => ({
  reason: "unreachable",
  stage: "locating",
  detail: "the cloud does not know this serial number",
  advice: "Check it.",
  at: 0,
  ...changes,
});

const FAILURES: readonly [string, number, (status: CameraStatus) => StartResult][] = [
  ["a camera that is offline", 3, (status) => ({ type: "failed", error: cameraError({}), status })],
  [
    "refused credentials",
    4,
    (status) => ({ type: "failed", error: cameraError({ reason: "auth" }), status }),
  ],
  [
    "no path",
    5,
    (status) => ({ type: "failed", error: cameraError({ stage: "punching" }), status }),
  ],
  [
    "a spent budget",
    6,
    () => ({ type: "budget", retryAfter: 5_000, detail: "it is spent", advice: "" }),
  ],
  ["a refusal", 6, () => ({ type: "refused", why: "limit", detail: "too many", advice: "" })],
  [
    "no frame in time",
    7,
    (status) => ({
      type: "timedOut",
      stage: "punching",
      detail: "no answer yet",
      advice: "Try way=relay.",
      status,
    }),
  ],
];

for (const [what, code, result] of FAILURES) {
  test(`sightline start exits with ${code} for ${what}, in one sentence`, async () => {
    await withApiServer(async (url, { hub }) => {
      hub.onStart = result;
      const run = await runCommand(startCommand, ["front", "--wait", "frame", "--url", url]);
      assert.equal(run.code, code);
      assert.match(run.complaint, /^front/);
      assert.doesNotMatch(run.complaint, /\n/);
      assert.deepEqual(run.out, []);
    });
  });
}

test("sightline start says the stage it came to, and the advice", async () => {
  await withApiServer(async (url, { hub }) => {
    hub.onStart = (status) => ({
      type: "timedOut",
      stage: "punching",
      detail: "no answer yet",
      advice: "Try way=relay.",
      status,
    });
    const run = await runCommand(startCommand, ["front", "--wait", "frame", "--url", url]);
    assert.equal(run.complaint, "front, punching: No key frame came in time: no answer yet");
    assert.equal(run.advice, "Try way=relay.");
  });
});

test("sightline start, stop and status exit with 3 for a camera there is not", async () => {
  await withApiServer(async (url) => {
    for (const command of [startCommand, stopCommand, statusCommand]) {
      const { code, complaint } = await runCommand(command, ["nope", "--url", url]);
      assert.equal(code, 3);
      assert.equal(complaint, "nope: There is no camera named nope");
    }
  });
});

test("sightline stop closes a camera, quietly", async () => {
  await withApiServer(async (url, { hub }) => {
    const { code, out } = await runCommand(stopCommand, ["front", "--url", url]);
    assert.deepEqual([code, out], [0, []]);
    assert.deepEqual(hub.stops.map(({ name, cause }) => [name, cause.by]), [["front", "cli"]]);
  });
});

test("sightline status tells all there is of a camera", async () => {
  await withApiServer(async (url, { hub }) => {
    hub.cameras.set("front", openStatus("front"));
    const { out } = await runCommand(statusCommand, ["front", "--url", url]);
    const text = out.join("\n");
    for (
      const pattern of [
        /^front$/m,
        /state +open for/,
        /way +relay/,
        /watch +rtsp:\/\/127\.0\.0\.1:8554\/front$/m,
        /battery +80 %/,
        /received +1\.2 MB over relay, 89 B over lan/,
        /round trip +62ms/,
        /loss +1\.0 %/,
        /handshake +locating 120ms, punching running/,
        /last error +.* ago, punching: the camera did not answer/,
        /advice +Try way=relay\./,
        /forward +127\.0\.0\.1:8081 to port 80/,
      ]
    ) assert.match(text, pattern);
    const all = await runCommand(statusCommand, ["--url", url]);
    assert.ok(all.out.includes("yard"));
  });
});

test("commands send the token they are given, and exit with 6 without a good one", async () => {
  await withApiServer(async (url) => {
    assert.equal((await runCommand(listCommand, ["--url", url, "--token", TOKEN])).code, 0);
    const env = { SIGHTLINE_URL: url, SIGHTLINE_TOKEN: TOKEN };
    assert.equal((await runCommand(listCommand, [], { env })).code, 0);
    const wrong = await runCommand(listCommand, ["--token", "hunter2"], { env });
    assert.equal(wrong.code, 6);
    assert.equal(wrong.complaint, "The request has no valid token");
    assert.doesNotMatch(wrong.complaint + wrong.advice, /hunter2/);
  }, { tokens: [TOKEN] });
});

test("commands exit with 6 when no daemon is there", async () => {
  const { code, complaint } = await runCommand(listCommand, ["--url", "http://127.0.0.1:1"]);
  assert.equal(code, 6);
  assert.equal(complaint, "Cannot reach http://127.0.0.1:1 as nothing listens there");
});

test("commands exit with 6 when something else answers there", async () => {
  for (
    const [status, body] of [[200, "<html>"], [404, "nothing"], [302, ""], [200, "[}"]] as const
  ) {
    const server = createServer((_request, response) => {
      response.writeHead(status, { Location: "http://127.0.0.1:1/" }).end(body);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, complaint } = await runCommand(listCommand, ["--url", url]);
    server.close();
    assert.equal(code, 6);
    assert.match(complaint, /none of a sightline daemon/);
  }
});

const USAGE: readonly [readonly string[], RegExp][] = [
  [[], /start needs the NAME of a camera/],
  [["a", "b"], /start takes one NAME; "b" is a second/],
  [["a", "--for", "10"], /Option --for must be a number and a unit/],
  [["a", "--wait", "picture"], /Option --wait must be frame: is "picture"/],
  [["a", "--timeout", "5s"], /--timeout needs --wait frame/],
  [["a", "--url", "127.0.0.1:8580"], /daemon's URL must be as http/],
  [["a", "--url", "http://u:hunter2@127.0.0.1"], /is "http:\/\/u:\*\*\*@127\.0\.0\.1"/],
  [["a", "--token", "hunter 2"], /printable characters/],
];

for (const [args, pattern] of USAGE) {
  test(`sightline start ${args.join(" ")} exits with 2 and says why`, async () => {
    const { code, complaint } = await runCommand(startCommand, args);
    assert.equal(code, 2);
    assert.match(complaint, pattern);
    assert.doesNotMatch(complaint, /hunter/);
  });
}

test("sightline events prints what happened, and ends", async () => {
  await withApiServer(async (url, { hub }) => {
    hub.events.add({ type: "camera", camera: "front", change: "added" });
    hub.events.add({
      type: "wake",
      camera: "yard",
      allowed: false,
      cause: { by: "viewer", who: "10.0.0.9" },
    });
    const { code, out } = await runCommand(eventsCommand, ["--url", url]);
    assert.equal(code, 0);
    assert.deepEqual(out.map((line) => line.replace(/^\S+ +/, "")), [
      "front  camera: added",
      "yard  wake: refused by viewer (10.0.0.9)",
    ]);
    const json = await runCommand(eventsCommand, ["--json", "--url", url]);
    assert.deepEqual(json.out.map((line) => JSON.parse(line).type), ["camera", "wake"]);
  });
});

test("sightline events --follow goes on with what happens, until it is stopped", async () => {
  await withApiServer(async (url, { hub }) => {
    hub.events.add({ type: "camera", camera: "front", change: "added" });
    const stop = new AbortController();
    const { code, out } = await runCommand(eventsCommand, ["--follow", "--url", url], {
      stop: stop.signal,
      onLine(line) {
        if (line.includes("removed")) return stop.abort();
        hub.events.add({ type: "camera", camera: "front", change: "removed" });
      },
    });
    assert.equal(code, 0);
    assert.deepEqual(out.map((line) => line.replace(/^.*camera: /, "")), ["added", "removed"]);
  });
});

test("sightline events --follow waits for a daemon that went away, and tells nothing twice", async () => {
  await withApiServer(async (url, { app, hub }) => {
    hub.events.add({ type: "camera", camera: "front", change: "added" });
    const stop = new AbortController();
    const { code, out, logged } = await runCommand(eventsCommand, ["--follow", "--url", url], {
      stop: stop.signal,
      onLine(line) {
        if (line.includes("removed")) return stop.abort();
        // Ends every stream, as a daemon does that is restarted.
        app.close();
        hub.events.add({ type: "camera", camera: "front", change: "removed" });
      },
    });
    assert.equal(code, 0);
    assert.equal(out.length, 2);
    assert.deepEqual(logged, ["the daemon has gone, waiting for it"]);
  });
});

test("sightline events --follow exits with 6 when there never was a daemon", async () => {
  const { code } = await runCommand(eventsCommand, ["--follow", "--url", "http://127.0.0.1:1"]);
  assert.equal(code, 6);
});
