/** Every command and push there is. @module */

import type { Command, Push } from "../command.ts";
import { READ_ABILITY } from "./ability.ts";
import { ALARM_EVENTS } from "./alarm_events.ts";
import { BATTERY_LIST, READ_BATTERY } from "./battery.ts";
import { CHANNEL_LIST, READ_CHANNEL_LIST } from "./channel_list.ts";
import { SWITCH_FLOODLIGHT } from "./floodlight.ts";
import { FLOODLIGHT_STATUS_LIST } from "./floodlight_status.ts";
import { READ_LED } from "./led_read.ts";
import { WRITE_LED } from "./led_write.ts";
import { LOGIN } from "./login.ts";
import { LOGOUT } from "./logout.ts";
import { NONCE } from "./nonce.ts";
import { PING } from "./ping.ts";
import { READ_PIR } from "./pir_read.ts";
import { WRITE_PIR } from "./pir_write.ts";
import { START_PREVIEW } from "./preview_start.ts";
import { STOP_PREVIEW } from "./preview_stop.ts";
import { CONTROL_PTZ } from "./ptz_control.ts";
import { CONTROL_PTZ_PRESET } from "./ptz_preset.ts";
import { READ_PTZ_PRESETS } from "./ptz_presets.ts";
import { REBOOT } from "./reboot.ts";
import { PLAY_SIREN } from "./siren.ts";
import { SNAPSHOT } from "./snapshot.ts";
import { READ_STREAM_LIST } from "./stream_list.ts";
import { READ_SUPPORT } from "./support.ts";
import { READ_TALK_ABILITY } from "./talk_ability.ts";
import { START_TALK } from "./talk_config.ts";
import { TALK_DATA } from "./talk_data.ts";
import { STOP_TALK } from "./talk_stop.ts";
import { READ_TIME } from "./time_read.ts";
import { WRITE_TIME } from "./time_write.ts";
import { READ_UID } from "./uid.ts";
import { READ_VERSION } from "./version.ts";
import { WATCH_EVENTS } from "./watch_events.ts";
import { READ_WIFI_SIGNAL } from "./wifi_signal.ts";
import { READ_ZOOM_FOCUS } from "./zoom_focus_read.ts";
import { CONTROL_ZOOM_FOCUS } from "./zoom_focus_write.ts";

/** Does with a command what can be done whatever its values are. */
export interface CommandVisitor {
  command<Request, Reply>(command: Command<Request, Reply>): void;
  push<T>(push: Push<T>): void;
}

/** Shows every command and push to `visitor`. */
export function visitCommands(visitor: CommandVisitor): void {
  visitor.command(NONCE);
  visitor.command(LOGIN);
  visitor.command(LOGOUT);
  visitor.command(START_PREVIEW);
  visitor.command(STOP_PREVIEW);
  visitor.command(READ_TALK_ABILITY);
  visitor.command(STOP_TALK);
  visitor.command(CONTROL_PTZ);
  visitor.command(CONTROL_PTZ_PRESET);
  visitor.command(REBOOT);
  visitor.command(WATCH_EVENTS);
  visitor.command(READ_VERSION);
  visitor.command(PING);
  visitor.command(READ_TIME);
  visitor.command(WRITE_TIME);
  visitor.command(SNAPSHOT);
  visitor.command(READ_UID);
  visitor.command(READ_WIFI_SIGNAL);
  visitor.command(READ_CHANNEL_LIST);
  visitor.command(READ_STREAM_LIST);
  visitor.command(READ_ABILITY);
  visitor.command(READ_PTZ_PRESETS);
  visitor.command(READ_SUPPORT);
  visitor.command(START_TALK);
  visitor.command(TALK_DATA);
  visitor.command(READ_LED);
  visitor.command(WRITE_LED);
  visitor.command(READ_PIR);
  visitor.command(WRITE_PIR);
  visitor.command(READ_BATTERY);
  visitor.command(PLAY_SIREN);
  visitor.command(SWITCH_FLOODLIGHT);
  visitor.command(READ_ZOOM_FOCUS);
  visitor.command(CONTROL_ZOOM_FOCUS);
  visitor.push(ALARM_EVENTS);
  visitor.push(BATTERY_LIST);
  visitor.push(CHANNEL_LIST);
  visitor.push(FLOODLIGHT_STATUS_LIST);
}
