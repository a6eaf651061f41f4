/** What a camera tells when it is asked, as rows. [observed] @module */

import { type Ability, READ_ABILITY } from "../../reolink/baichuan/commands/ability.ts";
import { READ_BATTERY } from "../../reolink/baichuan/commands/battery.ts";
import { READ_CHANNEL_LIST } from "../../reolink/baichuan/commands/channel_list.ts";
import { READ_LED } from "../../reolink/baichuan/commands/led_read.ts";
import type { DeviceInfo } from "../../reolink/baichuan/commands/login.ts";
import { PING } from "../../reolink/baichuan/commands/ping.ts";
import { READ_PIR } from "../../reolink/baichuan/commands/pir_read.ts";
import { type StreamKind, STREAMS } from "../../reolink/baichuan/commands/preview.ts";
import { READ_PTZ_PRESETS } from "../../reolink/baichuan/commands/ptz_presets.ts";
import { READ_STREAM_LIST, type StreamInfo } from "../../reolink/baichuan/commands/stream_list.ts";
import { READ_SUPPORT } from "../../reolink/baichuan/commands/support.ts";
import { localTime, type SystemGeneral } from "../../reolink/baichuan/commands/time.ts";
import { READ_TIME } from "../../reolink/baichuan/commands/time_read.ts";
import { READ_UID } from "../../reolink/baichuan/commands/uid.ts";
import { READ_VERSION } from "../../reolink/baichuan/commands/version.ts";
import { READ_WIFI_SIGNAL } from "../../reolink/baichuan/commands/wifi_signal.ts";
import { READ_ZOOM_FOCUS } from "../../reolink/baichuan/commands/zoom_focus_read.ts";
import { elementsOf } from "../../reolink/baichuan/command.ts";
import { xmlPayload } from "../../reolink/baichuan/codec.ts";
import type { CameraSettings } from "./camera_settings.ts";
import { versioned } from "./default_elements.ts";
import type { CameraState } from "./camera_state.ts";
import type { XmlElement } from "../../xml/xml.ts";
import { PICTURE } from "./material.ts";
import { type Ask, BC_STATUS, readRow, Refusal, type Row, row } from "./row.ts";

const FIRMWARE = "v3.1.0.2368_23062508";

/** What the one account may do: enough for public clients to try everything. */
const ABILITIES: readonly Ability[] = [
  ...abilities("system", "general_rw, norm_rw, version_ro, uid_ro, reboot_rw"),
  ...abilities("network", "port_rw"),
  ...abilities("alarm", "motion_rw, rfAlarm_rw"),
  ...abilities("image", "ispBasic_rw, ledState_rw"),
  ...abilities("video", "osdName_rw"),
  ...abilities("PTZ", "control_rw"),
  ...abilities("streaming", "preview_rw, streamTable_rw"),
];

function abilities(category: string, values: string): Ability[] {
  return values.split(", ").map((value) => {
    const [name = "", access] = value.split("_");
    return { category, channel: 0, name, mayChange: access === "rw" };
  });
}

/** Bits of the capabilities that a camera tells of. */
const SUPPORT_BITS = {
  siren: 1 << 2,
  floodlight: (1 << 1) | (1 << 2),
  /** People, vehicles, animals. */
  ai: (1 << 1) | (1 << 2) | (1 << 4),
  panTiltAndZoom: 2,
} as const;

/** What a camera says of itself to whoever has logged in. */
export function deviceInfo(): DeviceInfo {
  const { width, height } = PICTURE;
  return {
    firmware: FIRMWARE,
    inputs: "0",
    outputs: "0",
    disks: "0",
    type: "ipc",
    channels: 1,
    audioChannels: "1",
    ipChannels: "0",
    analogChannels: "1",
    resolution: { name: `${width}*${height}`, width, height },
    language: "English",
    sdCard: "0",
    ptzMode: "pt",
    typeInfo: "IPC",
    softwareVersion: "33554880",
    hardwareVersion: "0",
    norm: "NTSC",
  };
}

/** The streams it has. */
export function streamList({ streams }: CameraSettings): readonly StreamInfo[] {
  const { width, height, fps } = PICTURE;
  const kinds: readonly StreamKind[] = ["main", "sub", "extern"];
  const tables = kinds.filter((kind) => streams[kind] !== "none").map((kind) => ({
    type: STREAMS[kind].type,
    resolution: { width, height },
    defaultFramerate: fps,
    defaultBitrate: 512,
    framerates: [fps, 15, 10, 4],
    bitrates: [256, 512, 1024],
  }));
  return [{ channelBits: 1, tables }];
}

/** What its clock shows, and how. */
function systemGeneral({ now, camera }: Ask): SystemGeneral {
  return {
    ...localTime(camera.wallClock(now), camera.utcOffset),
    osdFormat: "DMY",
    deviceId: "0",
    timeFormat: 0,
    language: "English",
    deviceName: camera.name,
  };
}

const NORM = versioned("Norm", { norm: "NTSC" });

const READ_TIME_AND_NORM = {
  ...READ_TIME,
  reply: {
    ...READ_TIME.reply,
    write(value: SystemGeneral) {
      const content = READ_TIME.reply.write(value);
      return { payload: xmlPayload(...elementsOf(content), NORM) };
    },
  },
};

/** Its accounts, without their passwords. */
function users({ settings, users }: CameraState): readonly XmlElement[] {
  // Cameras spell it like this.
  return [versioned("AbilitySuppport", { userName: settings.user }), users];
}

export const READ_ROWS: readonly Row[] = [
  row(READ_VERSION, ({ camera: { name, settings } }) => ({
    name,
    model: settings.model,
    serialNumber: `00000000${settings.uid.slice(-8)}`,
    build: "build 23062508",
    hardware: "IPC_SIMULATED",
    config: "v3.1.0.0",
    firmware: FIRMWARE,
    detail: "IPC_SIMULATED0000000000000000000",
    itemNumber: "P000",
  })),
  row(PING, () => ({ type: "LAN" })),
  row(READ_TIME_AND_NORM, systemGeneral, true),
  row(READ_UID, ({ camera }) => ({ uid: camera.settings.uid })),
  row(READ_WIFI_SIGNAL, () => ({ signal: -52 })),
  row(READ_CHANNEL_LIST, () => [{ channel: 0, loginState: "online" }]),
  row(READ_STREAM_LIST, ({ camera }) => streamList(camera.settings)),
  row(READ_ABILITY, (_ask, { userName }) => ({ userName, abilities: ABILITIES })),
  row(READ_PTZ_PRESETS, ({ camera }) => ({ channel: 0, presets: camera.presets })),
  row(READ_SUPPORT, ({ camera: { settings } }) => ({
    channels: 1,
    audioChannels: 1,
    audioTalk: 1,
    noExternStream: settings.streams.extern === "none" ? 1 : 0,
    items: [{
      channel: 0,
      ptzType: SUPPORT_BITS.panTiltAndZoom,
      battery: settings.power === "battery" ? 1 : 0,
      doorbell: 0,
      audioVersion: SUPPORT_BITS.siren,
      ledControl: SUPPORT_BITS.floodlight,
      motion: 1,
      aiType: SUPPORT_BITS.ai,
    }],
  })),
  row(READ_LED, ({ camera }) => camera.led),
  row(READ_PIR, ({ camera }) => ({ element: camera.pir }), true),
  row(READ_BATTERY, ({ now, camera }) => {
    if (camera.settings.power === "mains") return new Refusal(BC_STATUS.refused);
    return camera.battery(now);
  }, true),
  row(READ_ZOOM_FOCUS, ({ camera: { zoom, focus } }) => ({
    channel: 0,
    zoom: { max: 5_000, min: 1_000, current: zoom },
    focus: { max: 250, min: 0, current: focus },
  })),
  readRow(37, ({ ports }) => ports, true),
  readRow(58, users),
  readRow(438, ({ floodlightTask }) => [floodlightTask]),
];
