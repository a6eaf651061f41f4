/** The console in a real browser: everything a person does with it. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../lib/io/clock.ts";
import { type ClipOptions, loadClip } from "../../lib/sim/clip/clip.ts";
import { ClipSource } from "../../lib/sim/clip/clip_source.ts";
import { missing } from "../interop/players.ts";
import { withApiServer } from "../support/api_server.ts";
import { Browser, type Page, type Screen } from "../support/browser.ts";
import { idleStatus, openStatus } from "../support/fake_hub.ts";
import { withServe } from "../support/serving.ts";

const skip = missing("chromium", "--version");
const titled = (name: string) => skip ? `${name}, skipped as ${skip}` : name;
const LIMITS = { skip, timeout: 90_000 };

const DESKTOP: Screen = { width: 1440, height: 900 };
const PHONE: Screen = { width: 390, height: 844, touch: true };

/** A folder for pictures of the page, for people to look at; none are made where it is not given. */
const PICTURES = process.env["SIGHTLINE_SCREENSHOTS"];

async function withPage(
  screen: Screen,
  url: string,
  body: (page: Page) => Promise<void>,
): Promise<void> {
  const browser = await Browser.launch();
  try {
    const page = await browser.open(screen);
    await page.goTo(url);
    await body(page);
  } finally {
    await browser.close();
  }
}

/** A part of a camera's card, as an expression for the page. */
function part(camera: string, selector: string): string {
  return `[...document.querySelectorAll(".camera")]` +
    `.find((card) => card.querySelector("h2").textContent === "${camera}")` +
    `.querySelector(${JSON.stringify(selector)})`;
}

const state = (camera: string) => `${part(camera, ".state-words")}.textContent`;
const live = (camera: string) => part(camera, "video.live");

/** Presses what has the focus after that: as somebody without a mouse does. */
async function use(page: Page, button: string): Promise<void> {
  await page.value(`${button}.focus()`);
  await page.press("Enter");
}

/** The brightness of each of the clock's digits in what is drawn now, as one number each. */
const DIGITS = (video: string) =>
  `(() => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [64, 36];
    const context = canvas.getContext("2d");
    context.drawImage(${video}, 0, 0, 640, 360, 0, 0, 64, 36);
    return [...context.getImageData(0, 0, 64, 36).data].join();
  })()`;

test(
  titled("the console starts a camera, shows its clock moving, and stops it, all by keyboard"),
  LIMITS,
  async () => {
    const cameras = (address: (serial: string) => string) => ({
      front: { address: address("SIMULATED000001") },
    });
    await withServe(cameras, async ({ api, call, sim }) => {
      await withPage(DESKTOP, api, async (page) => {
        await page.until(`${state("front")} === "idle"`);
        await use(page, part("front", "button.primary"));
        await page.until(`${state("front")} === "open"`);
        await page.until(`${part("front", ".is-live")} !== null`);

        const before = await page.value<number>(`${live("front")}.currentTime`);
        const shown = await page.value<string>(DIGITS(live("front")));
        await page.until(`${live("front")}.currentTime > ${before + 2}`);
        assert.notEqual(await page.value<string>(DIGITS(live("front"))), shown);
        const quality = `${live("front")}.getVideoPlaybackQuality().totalVideoFrames`;
        assert.ok(await page.value<number>(quality) > 40);
        await page.until(`(({ buffered, currentTime }) =>
          buffered.end(buffered.length - 1) - currentTime < 1.5)(${live("front")})`);

        const { body } = await call("GET", "/cameras/front");
        assert.equal(body["viewers"], 0, "who only looks is no viewer");
        assert.ok(body["lease"] !== undefined);
        await page.until(`${part("front", ".way-end")}.textContent === "over the LAN"`);
        await page.until(
          `document.querySelector(".events").textContent.includes("Open over the LAN")`,
        );
        await page.until(`document.getElementById("announcer").textContent.includes("open")`);

        await use(page, part("front", ".start button:not(.primary)"));
        await page.until(`${state("front")} === "idle"`);
        await page.until(`${part("front", ".is-live")} === null`);
        await page.until(`${part("front", "video.still")}.readyState >= 2`);
        assert.match(await page.value(`${part("front", ".badge")}.textContent`), /^still, /);
        await sim.line(/session closed/);
        const focused = "document.activeElement.textContent";
        assert.equal(await page.value(focused), "Stop", "the keyboard stays where it was");
        assert.deepEqual(page.complaints, []);
      });
    });
  },
);

test(
  titled("the console takes sound and another stream as a viewer, and no longer than the lease"),
  LIMITS,
  async () => {
    const cameras = (address: (serial: string) => string) => ({
      front: { address: address("SIMULATED000001") },
    });
    await withServe(cameras, async ({ api, call }) => {
      await withPage(DESKTOP, api, async (page) => {
        await call("POST", "/cameras/front/start?for=10m&wait=frame");
        await page.until(`${state("front")} === "open"`);
        await use(page, part("front", ".picture-bar button:last-child"));
        await page.until(`${part("front", ".is-live")} !== null`);
        await use(page, part("front", "[aria-label=Sound]"));
        await page.until(`${live("front")}.webkitAudioDecodedByteCount > 0`);
        assert.equal((await call("GET", "/cameras/front")).body["viewers"], 1);
        const select = part("front", ".picture-bar select");
        await page.value(`(${select}.value = "sub", ${select}.dispatchEvent(new Event("change")))`);
        await page.until(`${part("front", ".badge")}.textContent === "live"`);
        const { body } = await call("GET", "/cameras/front");
        const streams = body["streams"] as readonly { path: string; viewers: number }[];
        assert.deepEqual(streams.map(({ path, viewers }) => [path, viewers]), [
          ["/front", 0],
          ["/front/sub", 1],
        ]);
        await call("POST", "/cameras/front/stop");
        await page.until(`${state("front")} === "idle"`);
        await page.until(`${part("front", ".is-live")} === null`);
        const { body: after } = await call("GET", "/cameras/front");
        assert.deepEqual([after["state"], after["viewers"]], ["idle", 0]);
        assert.deepEqual(page.complaints, []);
      });
    });
  },
);

/** A fake hub with a camera of every kind, and the clip as the picture of all of them. */
async function withFakeCameras(
  options: { readonly tokens?: readonly string[]; readonly video?: ClipOptions["video"] },
  body: (url: string, asked: readonly string[]) => Promise<void>,
): Promise<void> {
  const { tokens = [], video = "h264" } = options;
  const asked: string[] = [];
  await withApiServer(async (url, { hub }) => {
    const source = new ClipSource(systemClock, loadClip({ video }));
    hub.onOpen = (path) => {
      asked.push(path);
      return Promise.resolve({ type: "source", source });
    };
    const at = Date.now() - 90_000;
    const battery = { percent: 64, charging: false, at };
    const hostile = '<img src=x onerror="window.hit = true"> & "quoted"';
    hub.cameras.clear();
    hub.cameras.set("front", { ...openStatus("front"), since: at });
    hub.cameras.set(
      "yard",
      idleStatus("yard", { state: "sleeping", battery, keyframeAge: 90_000 }),
    );
    hub.cameras.set(
      "gate",
      idleStatus("gate", {
        state: "failed",
        since: at,
        stage: hostile,
        lastError: { reason: "timeout", stage: hostile, detail: hostile, advice: hostile, at },
        handshake: [{ stage: "locating", at, duration: 1_500, outcome: "failed" }],
      }),
    );
    hub.events.add({ type: "config", outcome: "rejected", detail: hostile });
    await body(url, asked);
  }, { tokens, clock: systemClock });
}

test(
  titled("the console has an open camera do what it can be told, by keyboard"),
  LIMITS,
  async () => {
    await withApiServer(async (url, { hub }) => {
      hub.cameras.clear();
      hub.cameras.set("front", openStatus("front"));
      hub.cameras.set("yard", { ...openStatus("yard"), state: "idle" });
      hub.cameras.set("gate", { ...openStatus("gate"), controls: undefined });
      await withPage(DESKTOP, url, async (page) => {
        await page.until(`${state("front")} === "open"`);
        const group = (camera: string) => part(camera, "[role=group]");
        assert.equal(await page.value(`${group("front")}.hidden`), false);
        assert.equal(await page.value(`${group("yard")}.hidden`), true, "it is not open");
        assert.equal(await page.value(`${group("gate")}.hidden`), true, "it has not said anything");
        const press = async (label: string) => {
          const before = hub.orders.length;
          await use(page, part("front", `[aria-label="${label}, front"]`));
          await page.until(`${part("front", ".orders [aria-disabled]")} === null`);
          assert.equal(hub.orders.length, before + 1, label);
        };
        for (const label of ["Light on", "Status LED off", "Sound the siren", "Tilt up"]) {
          await press(label);
        }
        await press("Go to the preset");
        assert.deepEqual(hub.orders.map(({ order }) => order), [
          { type: "light", on: true, for: 180_000 },
          { type: "led", on: false },
          { type: "siren", on: true },
          { type: "ptz", direction: "up", speed: 32, for: 500 },
          { type: "preset", id: 3 },
        ]);
        hub.onControl = () => ({
          ...{ type: "refused", why: "control", detail: "<b>it has none</b>", advice: "Ask it." },
        } as const);
        await press("Turn left");
        const problem = `${part("front", ".orders + .problem")}.textContent`;
        await page.until(`${problem} === "<b>it has none</b>. Ask it."`);
        hub.cameras.set("front", { ...openStatus("front"), state: "idle" });
        await page.until(`${part("front", ".orders button")}.ariaDisabled === "true"`);
        assert.equal(await page.value(`${group("front")}.hidden`), false, "the keyboard is in it");
        assert.deepEqual(page.complaints.filter(({ text }) => !/^Failed to load/.test(text)), []);
      });
    }, { clock: systemClock });
  },
);

test(titled("looking at the console never reaches or wakes a camera"), LIMITS, async () => {
  await withFakeCameras({}, async (url, asked) => {
    await withPage(DESKTOP, url, async (page) => {
      await page.until(`${part("yard", "video.still")}.readyState >= 2`);
      await page.until(`${part("front", "video.still")}.readyState >= 2`);
      await use(page, part("front", ".picture-bar button:last-child"));
      await page.until(`${part("front", ".is-live")} !== null`);
      assert.ok(asked.length >= 3);
      assert.deepEqual(asked.filter((path) => !path.endsWith("?peek")), []);
    });
  });
});

test(
  titled("the console shows what cameras and clouds say as text, whatever it is"),
  LIMITS,
  async () => {
    await withFakeCameras({}, async (url) => {
      await withPage(DESKTOP, url, async (page) => {
        await page.until(`document.querySelector(".events").textContent.includes("<img src=x")`);
        await page.until(`${part("gate", ".error")}.textContent.includes('& "quoted"')`);
        assert.equal(await page.value(`document.querySelectorAll("img[src=x]").length`), 0);
        assert.equal(await page.value("typeof window.hit"), "undefined");
      });
    });
  },
);

test(
  titled("the console says which codec this browser cannot play, and goes on"),
  LIMITS,
  async (t) => {
    await withFakeCameras({ video: "h265" }, async (url) => {
      await withPage(DESKTOP, url, async (page) => {
        const type = JSON.stringify('video/mp4; codecs="hvc1.1.6.L63.90"');
        if (await page.value(`MediaSource.isTypeSupported(${type})`)) {
          return t.skip("this browser plays H.265");
        }
        const note = `${part("front", ".note")}.textContent`;
        await page.until(`${note}.includes("cannot show H.265")`);
        await use(page, part("front", ".picture-bar button:last-child"));
        const problem = `${part("front", ".picture .problem")}.textContent`;
        await page.until(`${problem}.includes("cannot play H.265")`);
        assert.match(await page.value(problem), /Choose the sub stream/);
      });
    });
  },
);

test(
  titled("the console asks for a token where there are some, and forgets it with the tab"),
  LIMITS,
  async () => {
    const token = "t0ken-of-the-console";
    await withFakeCameras({ tokens: [token] }, async (url) => {
      await withPage(PHONE, url, async (page) => {
        await page.until(`document.querySelector("dialog").open`);
        await page.insert("wrong-one");
        await page.press("Enter");
        await page.until(`document.querySelector("dialog .problem").textContent !== ""`);
        assert.equal(await page.value(`document.querySelectorAll(".camera").length`), 0);
        await page.insert(token);
        await page.press("Enter");
        await page.until(`${state("front")} === "open"`);
        await page.until(`document.querySelectorAll(".events li").length > 0`);
        assert.equal(await page.value("localStorage.length"), 0);
        assert.doesNotMatch(await page.value("document.documentElement.outerHTML"), /t0ken/);
        await page.value(`document.getElementById("sign-out").click()`);
        await page.until(`document.querySelector("dialog")?.open && sessionStorage.length === 0`);
      });
    });
  },
);

const AXE = fileURLToPath(
  new URL("../../scripts/tools/node_modules/axe-core/axe.min.js", import.meta.url),
);
const noAxe = skip || (existsSync(AXE) ? false : "the developers' tools are not installed");

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const LOOKS: readonly { readonly name: string; readonly screen: Screen }[] = [
  { name: "desktop-light", screen: DESKTOP },
  { name: "desktop-dark", screen: { ...DESKTOP, dark: true } },
  { name: "phone-light", screen: { ...PHONE, reducedMotion: true } },
  { name: "phone-dark", screen: { ...PHONE, dark: true } },
];

test(titled("axe finds nothing against the console, wide and narrow, light and dark"), {
  ...LIMITS,
  skip: noAxe,
}, async () => {
  const axe = await readFile(AXE, "utf8");
  await withFakeCameras({}, async (url) => {
    const browser = await Browser.launch();
    try {
      for (const { name, screen } of LOOKS) {
        const page = await browser.open(screen);
        await page.goTo(url);
        await examine(page, axe, name);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });
});

/** With a live picture, a still and a failure on the page, and everything unfolded in turn. */
async function examine(page: Page, axe: string, name: string): Promise<void> {
  await page.until(`${part("front", "video.still")}.readyState >= 2`);
  await page.until(`${part("yard", "video.still")}.readyState >= 2`);
  if (PICTURES !== undefined) await page.screenshot(join(PICTURES, `${name}.png`));
  await use(page, part("front", ".picture-bar button:last-child"));
  await page.until(`${part("front", ".is-live")} !== null`);
  for (const fold of [1, 2, 3, 4]) {
    await use(page, part("front", `.fold-row button:nth-child(${fold})`));
    const panel = `.fold-row ~ .fold:nth-of-type(${fold + 1})`;
    await page.until(`!${part("front", panel)}.hidden`);
    const found = await page.value<readonly Finding[]>(
      `${axe}; axe.run().then(({ violations }) => violations.map(({ id, nodes }) =>
        ({ id, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) })))`,
    );
    assert.deepEqual(found, [], name);
    if (PICTURES !== undefined) await page.screenshot(join(PICTURES, `${name}-${fold}.png`), true);
  }
  const wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  assert.equal(await page.value(wide), 0, `${name}: nothing is wider than the screen`);
}
