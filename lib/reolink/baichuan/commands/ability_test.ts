import assert from "node:assert/strict";
import { test } from "node:test";
import { xmlElement } from "../../../xml/xml.ts";
import { xmlPayload } from "../codec.ts";
import { type AbilityInfo, isAble, MAX_ABILITIES, READ_ABILITY } from "./ability.ts";

function read(values: readonly string[]): AbilityInfo {
  const modules = values.map((value) => {
    return xmlElement("subModule", [xmlElement("abilityValue", value)]);
  });
  const info = [xmlElement("userName", "admin"), xmlElement("system", modules)];
  return READ_ABILITY.reply.read({ payload: xmlPayload(xmlElement("AbilityInfo", info)) });
}

test("isAble() tells whether an account may see, or change", () => {
  const info = read(["general_rw,version_ro", "Motion_RW, reboot_rw, odd, _ro"]);
  assert.deepEqual(info.abilities.map(({ name }) => name), ["general", "version", "reboot"]);
  assert.ok(isAble(info, "GENERAL") && isAble(info, "general", true));
  assert.ok(isAble(info, "version") && !isAble(info, "version", true));
  assert.ok(!isAble(info, "motion"));
});

test("READ_ABILITY keeps only so many of what a camera lists", () => {
  const many = Array.from({ length: 50 }, () => "a_rw,".repeat(30));
  assert.equal(read(many).abilities.length, MAX_ABILITIES);
});

test("isAble() of a channel does not look at other channels", () => {
  const abilities = [
    { category: "PTZ", channel: 1, name: "control", mayChange: true },
    { category: "system", name: "reboot", mayChange: true },
  ];
  const info: AbilityInfo = { userName: "admin", abilities };
  assert.ok(isAble(info, "control", true, 1) && !isAble(info, "control", true, 0));
  assert.ok(isAble(info, "reboot", true, 0), "it is about the device as a whole");
});
