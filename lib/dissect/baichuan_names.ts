/** What messages of Baichuan are about, by their ids. */
const NAMES: Readonly<Record<number, string>> = {
  1: "login",
  2: "logout",
  3: "preview",
  4: "stop preview",
  10: "talk ability",
  11: "stop talk",
  18: "move",
  19: "preset",
  23: "reboot",
  31: "watch events",
  33: "event",
  78: "picture settings",
  80: "version",
  93: "ping",
  104: "read time",
  105: "write time",
  109: "snapshot",
  114: "UID",
  115: "Wi-Fi signal",
  145: "channels",
  146: "streams",
  151: "abilities",
  190: "presets",
  199: "support",
  201: "talk",
  202: "talk data",
  208: "read lights",
  209: "write lights",
  212: "read sensor",
  213: "write sensor",
  234: "keep alive",
  252: "batteries",
  253: "battery",
  263: "siren",
  288: "floodlight",
  291: "floodlights",
  294: "read zoom and focus",
  295: "zoom or focus",
};

/** A name for people, with the number. */
export function baichuanName(id: number): string {
  const name = NAMES[id];
  return name === undefined ? `message ${id}` : `${name} (${id})`;
}
