import { type XmlElement, xmlElement } from "../../../xml/xml.ts";
import { type Command, type ContentCodec, payloadOf } from "../command.ts";
import { NO_PAYLOAD } from "../codec.ts";
import { child, type ElementCodec, int, optional, record, text, VERSION } from "../xml_record.ts";

/** Categories clients ask for, in the words of their requests. */
export const ABILITY_CATEGORIES =
  "system, streaming, PTZ, IO, security, replay, disk, network, alarm, record, video, image";

export interface AbilityRequest {
  readonly userName: string;
  /** Categories, joined by commas. */
  readonly categories: string;
}

/** One thing an account may see, and maybe change. */
export interface Ability {
  /** `system`, `streaming`, `PTZ` and so on. */
  readonly category: string;
  /** Left out where it is about the device as a whole. */
  readonly channel?: number;
  readonly name: string;
  readonly mayChange: boolean;
}

export interface AbilityInfo {
  readonly userName: string;
  readonly abilities: readonly Ability[];
}

/** Most abilities kept of one reply. */
export const MAX_ABILITIES = 1_024;

const SUB_MODULE = record({
  channel: optional("channelId", int()),
  values: child("abilityValue", text()),
});

const USER_NAME = child("userName", text());

const ABILITY_INFO: ElementCodec<AbilityInfo> = {
  read: ({ children }) => ({
    userName: USER_NAME.read(children) ?? "",
    abilities: children.flatMap(abilitiesOf).slice(0, MAX_ABILITIES),
  }),
  write(name, { userName, abilities }) {
    const categories = [...new Set(abilities.map(({ category }) => category))];
    const modules = categories.map((category) => {
      return xmlElement(category, modulesOf(abilities.filter((one) => one.category === category)));
    });
    return xmlElement(name, [...USER_NAME.write(userName), ...modules], VERSION);
  },
};

const REQUEST: ContentCodec<AbilityRequest> = {
  read: ({ extension }) => ({
    userName: extension?.userName ?? "",
    categories: extension?.token ?? "",
  }),
  write: ({ userName, categories }) => ({
    extension: { userName, token: categories },
    payload: NO_PAYLOAD,
  }),
};

/**
 * Whether the account may use, or change, something; case does not count. With a channel, what is
 * said of other channels does not count.
 */
export function isAble(
  { abilities }: AbilityInfo,
  name: string,
  change?: boolean,
  channel?: number,
): boolean {
  return abilities.some((one) => {
    const isMeant = one.name.toLowerCase() === name.toLowerCase() &&
      (one.mayChange || change !== true);
    return isMeant && (channel === undefined || (one.channel ?? channel) === channel);
  });
}

function abilitiesOf(category: XmlElement): Ability[] {
  const modules = category.children.filter(({ name }) => name === "subModule");
  return modules.map((module) => SUB_MODULE.read(module)).flatMap(({ channel, values }) => {
    const owner = channel === undefined ? {} : { channel };
    return values.split(",").flatMap((value): Ability[] => {
      const [, name, access] = /^\s*(\w{1,64})_(rw|ro)\s*$/.exec(value) ?? [];
      if (name === undefined) return [];
      return [{ category: category.name, ...owner, name, mayChange: access === "rw" }];
    });
  });
}

function modulesOf(abilities: readonly Ability[]): XmlElement[] {
  const channels = [...new Set(abilities.map(({ channel }) => channel))];
  return channels.map((channel) => {
    const values = abilities.filter((one) => one.channel === channel)
      .map(({ name, mayChange }) => `${name}_${mayChange ? "rw" : "ro"}`).join(", ");
    return SUB_MODULE.write("subModule", channel === undefined ? { values } : { channel, values });
  });
}

export const READ_ABILITY: Command<AbilityRequest, AbilityInfo> = {
  name: "tell what the account may do",
  id: 151,
  scope: "device",
  request: REQUEST,
  reply: payloadOf(ABILITY_INFO, "AbilityInfo"),
  requests: [{
    extension: '<Extension version="1.1"><userName>admin</userName>' +
      "<token>system, PTZ</token></Extension>",
    value: { userName: "admin", categories: "system, PTZ" },
  }],
  replies: [{
    body: '<body><AbilityInfo version="1.1"><userName>admin</userName><system><subModule>' +
      "<abilityValue>general_rw, version_ro</abilityValue></subModule></system><PTZ><subModule>" +
      "<channelId>0</channelId><abilityValue>control_rw</abilityValue></subModule></PTZ>" +
      "</AbilityInfo></body>",
    value: {
      userName: "admin",
      abilities: [
        { category: "system", name: "general", mayChange: true },
        { category: "system", name: "version", mayChange: false },
        { category: "PTZ", channel: 0, name: "control", mayChange: true },
      ],
    },
  }],
};
