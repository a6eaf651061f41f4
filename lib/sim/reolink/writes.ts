/** What a camera does when it is told to, as rows. [observed] @module */

import { WRITE_LED } from "../../reolink/baichuan/commands/led_write.ts";
import { SWITCH_FLOODLIGHT } from "../../reolink/baichuan/commands/floodlight.ts";
import { WRITE_PIR } from "../../reolink/baichuan/commands/pir_write.ts";
import { CONTROL_PTZ } from "../../reolink/baichuan/commands/ptz_control.ts";
import { CONTROL_PTZ_PRESET } from "../../reolink/baichuan/commands/ptz_preset.ts";
import { PLAY_SIREN } from "../../reolink/baichuan/commands/siren.ts";
import { READ_TALK_ABILITY } from "../../reolink/baichuan/commands/talk_ability.ts";
import { START_TALK } from "../../reolink/baichuan/commands/talk_config.ts";
import { TALK_DATA } from "../../reolink/baichuan/commands/talk_data.ts";
import { STOP_TALK } from "../../reolink/baichuan/commands/talk_stop.ts";
import { wallClockOf } from "../../reolink/baichuan/commands/time.ts";
import { WRITE_TIME } from "../../reolink/baichuan/commands/time_write.ts";
import { CONTROL_ZOOM_FOCUS } from "../../reolink/baichuan/commands/zoom_focus_write.ts";
import type { XmlElement } from "../../xml/xml.ts";
import { bare, BC_STATUS, isWritable, Refusal, type Row, row, writeRow } from "./row.ts";

const DONE = {};

/** The latest time a clock can be set to: its year has four digits. */
const LATEST = Date.UTC(9999, 11, 31);

/** In seconds: no time zone is further from UTC. */
const DAY = 86_400;

const AUDIO_CONFIG = {
  priority: 0,
  audioType: "adpcm",
  sampleRate: 16_000,
  samplePrecision: 16,
  samplesPerBlock: 1_024,
  soundTrack: "mono",
} as const;

export const WRITE_ROWS: readonly Row[] = [
  row(WRITE_TIME, ({ now, camera }, time) => {
    const wallClock = wallClockOf(time);
    const isTime = wallClock >= 0 && wallClock <= LATEST && Math.abs(time.utcOffset) <= DAY;
    if (!isTime) return new Refusal(BC_STATUS.refused);
    camera.utcOffset = time.utcOffset;
    camera.clockOffset += wallClock - camera.wallClock(now);
    return DONE;
  }),
  row(WRITE_LED, ({ camera }, { infrared, status }) => {
    const { led } = camera;
    camera.led = { ...led, ...(infrared && { infrared }), ...(status && { status }) };
    return DONE;
  }),
  row(WRITE_PIR, ({ camera }, { element }) => {
    if (!isWritable(element)) return new Refusal(BC_STATUS.refused);
    camera.pir = element;
    return DONE;
  }),
  row(CONTROL_PTZ, ({ camera }, order) => {
    camera.ptz = order;
    return DONE;
  }),
  row(CONTROL_PTZ_PRESET, ({ camera }, { presets }) => {
    for (const { id, name = `preset ${id}`, command } of presets) {
      const isDone = command === "setPos" ? camera.setPreset(id, name) : camera.hasPreset(id);
      if (!isDone) return new Refusal(BC_STATUS.refused);
      if (command !== "setPos") camera.preset = id;
    }
    return DONE;
  }),
  row(CONTROL_ZOOM_FOCUS, ({ camera }, { command, position }) => {
    if (command === "zoomPos") camera.zoom = position;
    else camera.focus = position;
    return DONE;
  }),
  row(SWITCH_FLOODLIGHT, ({ now, camera }, { on, duration }) => {
    camera.switchFloodlight(now, on, 1_000 * duration);
    return DONE;
  }),
  row(PLAY_SIREN, ({ camera }, order) => {
    camera.siren = order;
    return DONE;
  }),
  row(READ_TALK_ABILITY, () => ({
    duplexes: ["FDX"],
    modes: ["followVideoStream"],
    configs: [AUDIO_CONFIG],
  })),
  row(START_TALK, ({ camera, client }, { config }) => {
    const { audioType, sampleRate, samplesPerBlock } = AUDIO_CONFIG;
    const isOffered = config.audioType === audioType && config.sampleRate === sampleRate &&
      config.samplesPerBlock === samplesPerBlock;
    if (!isOffered) return new Refusal(BC_STATUS.refused);
    return camera.talk.take(client) ? DONE : new Refusal(BC_STATUS.busy);
  }),
  row(TALK_DATA, ({ camera, client }, { media }) => {
    return camera.talk.play(client, media) ? DONE : new Refusal(BC_STATUS.refused);
  }),
  row(STOP_TALK, ({ camera }) => {
    camera.talk.stop();
    return DONE;
  }),
  writeRow(36, /Port$/, (camera, written) => {
    const byName = new Map(written.map((element) => [element.name, element]));
    camera.ports = camera.ports.map((element) => byName.get(element.name) ?? element);
  }),
  writeRow(59, /^UserList$/, (camera, [written]) => {
    if (written !== undefined) camera.users = withoutPasswords(written);
  }),
  // A phone that wants alarms pushed to it: nothing here could send them.
  writeRow(124, /^PushInfo$/),
  writeRow(290, /^FloodlightTask$/, (camera, [written]) => {
    if (written !== undefined) camera.floodlightTask = written;
  }),
  // What it is for is not known; cameras answer it.
  { id: 192, takesTime: false, answer: () => bare(BC_STATUS.ok) },
];

function withoutPasswords(list: XmlElement): XmlElement {
  const children = list.children.map((user) => {
    return { ...user, children: user.children.filter(({ name }) => name !== "password") };
  });
  return { ...list, children };
}
