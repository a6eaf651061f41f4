import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { snippetsFor } from "./snippets.js";

const API = "http://127.0.0.1:8580";
const MAIN = "rtsp://127.0.0.1:8554/Front-Door.1";

function snippets(hasBattery: boolean, ...rtsp: readonly string[]) {
  const all = snippetsFor({ name: "Front-Door.1", rtsp, hasBattery }, API);
  const tags = [{ tag: "!secret", resolve: (text: string) => `secret ${text}` }];
  return Object.fromEntries(all.map(({ id, text }) => [id, parse(text, { customTags: tags })]));
}

test("snippetsFor() writes YAML that each program takes, main stream and sub stream", () => {
  const { frigate, go2rtc, "home-assistant": homeAssistant } = snippets(false, MAIN, `${MAIN}/sub`);
  assert.deepEqual(frigate.cameras.front_door_1.ffmpeg.inputs, [
    { path: MAIN, input_args: "preset-rtsp-restream", roles: ["record"] },
    { path: `${MAIN}/sub`, input_args: "preset-rtsp-restream", roles: ["detect"] },
  ]);
  assert.deepEqual(go2rtc, { streams: { front_door_1: MAIN, front_door_1_sub: `${MAIN}/sub` } });
  assert.equal(homeAssistant.camera[0].input, MAIN);
  assert.deepEqual(homeAssistant.rest_command.front_door_1_start, {
    url: `${API}/api/v1/cameras/Front-Door.1/start?for=10m`,
    method: "post",
    headers: { Authorization: "secret sightline" },
  });
});

test("snippetsFor() has programs that never stop only peek at a battery camera", () => {
  const { go2rtc } = snippets(true, MAIN);
  assert.deepEqual(Object.values(go2rtc.streams), [`${MAIN}?peek`, `${MAIN}?peek`]);
});
