import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStreams } from "../../tests/support/memory_stream.ts";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import type { ByteStream } from "../io/types.ts";
import type { ClipOptions } from "./clip/clip.ts";
import { isLivePath, MAX_CAMERA_CONNECTIONS, startRtspCamera } from "./rtsp_camera.ts";

/** A camera in memory, and how to connect to it. */
async function start(clip: ClipOptions = {}) {
  let onStream: (stream: ByteStream) => void = () => {};
  const local = { address: "127.0.0.1", port: 554 };
  const camera = await startRtspCamera({
    clock: new VirtualClock(),
    entropy: (length) => new Uint8Array(length).fill(1),
    listenTcp: (_at, handler) => {
      onStream = handler;
      return Promise.resolve({ local, close: () => Promise.resolve() });
    },
  }, { listen: local, clip });
  const connect = () => {
    const [server, client] = memoryStreams();
    onStream(server);
    return client;
  };
  const describe = async (path: string) => {
    const client = connect();
    const request = `DESCRIBE rtsp://127.0.0.1${path} RTSP/1.0\r\nCSeq: 1\r\n\r\n`;
    await client.write(new TextEncoder().encode(request));
    await settled();
    return new TextDecoder().decode(client.take());
  };
  return { camera, connect, describe };
}

const LIVE = "/cam/realmonitor?channel=1&subtype=0";

test("startRtspCamera() serves the clip at its live path, and nothing elsewhere", async () => {
  const { camera, describe } = await start();
  const live = await describe(LIVE);
  assert.match(live, /^RTSP\/1.0 200 OK/);
  assert.match(live, /H264\/90000[^]*MPEG4-GENERIC\/16000\/1/);
  assert.match(await describe("/other"), /^RTSP\/1.0 404/);
  await camera.close();
});

test("startRtspCamera() serves H.265 where it is asked to", async () => {
  const { camera, describe } = await start({ video: "h265" });
  assert.match(await describe(LIVE), /H265\/90000[^]*sprop-vps=[^]*MPEG4-GENERIC\/16000\/1/);
  await camera.close();
});

test("startRtspCamera() counts connections and ends them all when closed", async () => {
  const { camera, connect } = await start();
  const clients = [connect(), connect()];
  assert.deepEqual([camera.connections, camera.accepted], [2, 2]);
  await clients[0]?.end();
  await settled();
  assert.deepEqual([camera.connections, camera.accepted], [1, 2]);
  await camera.close();
  assert.equal(camera.connections, 0);
  assert.ok(clients[1]?.isOver);
});

test("startRtspCamera() drops connections beyond its limit", async () => {
  const { camera, connect } = await start();
  const clients = Array.from({ length: MAX_CAMERA_CONNECTIONS + 1 }, connect);
  assert.equal(camera.connections, MAX_CAMERA_CONNECTIONS);
  assert.deepEqual(clients.map(({ isOver }) => isOver).indexOf(true), MAX_CAMERA_CONNECTIONS);
  await camera.close();
});

test("isLivePath() takes channels from 1 and subtypes 0 to 2, and leaves the rest out", () => {
  const good = [
    "/cam/realmonitor?channel=1&subtype=0",
    "/cam/realmonitor?subtype=2&channel=16&unicast=true",
    "/cam/realmonitor",
    "/CAM/RealMonitor?channel=1",
  ];
  const bad = [
    "/",
    "/cam",
    "/cam/realmonitor/1",
    "/cam/realmonitor?channel=0",
    "/cam/realmonitor?channel=x",
    "/cam/realmonitor?channel=1&subtype=3",
  ];
  assert.deepEqual(good.map(isLivePath), good.map(() => true));
  assert.deepEqual(bad.map(isLivePath), bad.map(() => false));
});
