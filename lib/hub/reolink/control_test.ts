import assert from "node:assert/strict";
import { test } from "node:test";
import { BaichuanError } from "../../reolink/baichuan/baichuan_error.ts";
import type { Camera } from "../../reolink/baichuan/command.ts";
import type { AbilityInfo } from "../../reolink/baichuan/commands/ability.ts";
import { READ_PTZ_PRESETS } from "../../reolink/baichuan/commands/ptz_presets.ts";
import type { Support } from "../../reolink/baichuan/commands/support.ts";
import { READ_ZOOM_FOCUS } from "../../reolink/baichuan/commands/zoom_focus_read.ts";
import { readReolinkControls } from "./control.ts";

const PRESETS = { channel: 0, presets: [{ id: 1, name: "gate" }, { id: 2 }] };
const ZOOM = { channel: 0, zoom: { min: 0, max: 33, current: 1 } };

/** A camera that answers these questions and refuses others. */
function camera(answers: Readonly<Record<number, unknown>>, channel = 0): Camera {
  return {
    channel,
    request: <Request, Reply>({ id }: { readonly id: number }, _value: Request) => {
      const answer = answers[id];
      return answer === undefined
        ? Promise.reject(new BaichuanError({ reason: "refused", code: 400, detail: "no" }))
        : Promise.resolve(answer as Reply);
    },
  };
}

const TALKATIVE = camera({ [READ_PTZ_PRESETS.id]: PRESETS, [READ_ZOOM_FOCUS.id]: ZOOM });

function supports(item: Partial<Support["items"][number]>, channel = 0): Support {
  return { items: [{ channel, ...item }] };
}

function abilities(...names: readonly string[]): AbilityInfo {
  return {
    userName: "admin",
    abilities: names.map((name) => ({ category: "x", channel: 0, name, mayChange: true })),
  };
}

/** Kinds of controls, and directions. */
async function told(
  support: Support | undefined,
  able: AbilityInfo | undefined,
  asked = TALKATIVE,
): Promise<string | undefined> {
  const controls = await readReolinkControls(asked, { support, abilities: able });
  return controls?.map((control) =>
    control.type === "ptz" ? `ptz ${control.directions.join("/")}` : control.type
  ).join(", ");
}

const PAN = "ptz left/right";
const PAN_TILT = `${PAN}/up/down`;

const MOUNTS: readonly (readonly [number | undefined, string])[] = [
  [undefined, ""],
  [0, ""],
  [1, "zoom"],
  [2, `${PAN_TILT}, preset, zoom`],
  [3, `${PAN_TILT}, preset`],
  [5, `${PAN_TILT}, preset, zoom`],
  [6, `${PAN_TILT}, preset`],
  [7, `${PAN}, preset`],
  [99, ""],
];

for (const [ptzType, expected] of MOUNTS) {
  test(`readReolinkControls() of a mount of kind ${ptzType} has "${expected}"`, async () => {
    const support = supports(ptzType === undefined ? {} : { ptzType });
    assert.equal(await told(support, abilities("control")), expected);
  });
}

test("readReolinkControls() reads light and siren from their bits", async () => {
  assert.equal(await told(supports({ ledControl: 2, audioVersion: 4 }), undefined), "light, siren");
  assert.equal(await told(supports({ ledControl: 4 }), undefined), "light");
  assert.equal(await told(supports({ ledControl: 1, audioVersion: 3 }), undefined), "");
});

test("readReolinkControls() offers what the account may change, and no more", async () => {
  const able = abilities("ledState", "rfAlarm", "reboot");
  assert.equal(await told(undefined, able), "led, pir, reboot");
  const readOnly = {
    ...able,
    abilities: able.abilities.map((one) => ({ ...one, mayChange: false })),
  };
  assert.equal(await told(undefined, readOnly), "");
  assert.equal(await told(supports({ ptzType: 2 }), able), "led, pir, reboot", "not to be moved");
});

test("readReolinkControls() goes by its own channel", async () => {
  const support = supports({ ptzType: 3, ledControl: 2 }, 1);
  assert.equal(await told(support, undefined), "");
  const other = camera({ [READ_PTZ_PRESETS.id]: PRESETS }, 1);
  assert.equal(await told(support, undefined, other), `light, ${PAN_TILT}, preset`);
});

test("readReolinkControls() knows nothing of a camera that says nothing", async () => {
  assert.equal(await told(undefined, undefined), undefined);
  const silent = camera({});
  assert.equal(await told(supports({ ptzType: 2 }), undefined, silent), PAN_TILT);
  const odd = camera({
    [READ_ZOOM_FOCUS.id]: { channel: 0, zoom: { min: 5, max: 5, current: 5 } },
  });
  assert.equal(await told(supports({ ptzType: 1 }), undefined, odd), "");
});

test("readReolinkControls() lets a bug be one", async () => {
  const broken: Camera = { channel: 0, request: () => Promise.reject(new TypeError("ours")) };
  await assert.rejects(told(supports({ ptzType: 2 }), undefined, broken), TypeError);
});
