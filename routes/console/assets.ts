/**
 * The page and what it loads, as text inside of the program: nothing is looked for on a disk.
 *
 * @module
 */

import css from "./page/console.css" with { type: "text" };
import icon from "./page/icon.svg" with { type: "text" };
import html from "./page/index.html" with { type: "text" };
import addresses from "./page/addresses.js" with { type: "text" };
import cameraCard from "./page/camera_card.js" with { type: "text" };
import cameraControls from "./page/camera_controls.js" with { type: "text" };
import cameraDetails from "./page/camera_details.js" with { type: "text" };
import cameraFacts from "./page/camera_facts.js" with { type: "text" };
import cameraOrders from "./page/camera_orders.js" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import eventFeed from "./page/event_feed.js" with { type: "text" };
import eventList from "./page/event_list.js" with { type: "text" };
import eventWords from "./page/event_words.js" with { type: "text" };
import folds from "./page/folds.js" with { type: "text" };
import liveEdge from "./page/live_edge.js" with { type: "text" };
import livePlayer from "./page/live_player.js" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import pause from "./page/pause.js" with { type: "text" };
import picture from "./page/picture.js" with { type: "text" };
import pictureBar from "./page/picture_bar.js" with { type: "text" };
import session from "./page/session.js" with { type: "text" };
import sightline from "./page/sightline.js" with { type: "text" };
import snippets from "./page/snippets.js" with { type: "text" };
import sse from "./page/sse.js" with { type: "text" };
import stateMark from "./page/state_mark.js" with { type: "text" };
import still from "./page/still.js" with { type: "text" };
import throughput from "./page/throughput.js" with { type: "text" };
import tokenDialog from "./page/token_dialog.js" with { type: "text" };
import words from "./page/words.js" with { type: "text" };

/** Something the page is made of. */
export interface Asset {
  readonly type: string;
  readonly text: string;
}

const MODULES = {
  "addresses.js": addresses,
  "camera_card.js": cameraCard,
  "camera_controls.js": cameraControls,
  "camera_details.js": cameraDetails,
  "camera_facts.js": cameraFacts,
  "camera_orders.js": cameraOrders,
  "dom.js": dom,
  "event_feed.js": eventFeed,
  "event_list.js": eventList,
  "event_words.js": eventWords,
  "folds.js": folds,
  "live_edge.js": liveEdge,
  "live_player.js": livePlayer,
  "main.js": main,
  "pause.js": pause,
  "picture.js": picture,
  "picture_bar.js": pictureBar,
  "session.js": session,
  "sightline.js": sightline,
  "snippets.js": snippets,
  "sse.js": sse,
  "state_mark.js": stateMark,
  "still.js": still,
  "throughput.js": throughput,
  "token_dialog.js": tokenDialog,
  "words.js": words,
};

export const PAGE: Asset = { type: "text/html; charset=utf-8", text: html };

/** By their name below `/console/`. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map<string, Asset>([
  ["console.css", { type: "text/css; charset=utf-8", text: css }],
  ["icon.svg", { type: "image/svg+xml", text: icon }],
  ...Object.entries(MODULES).map(([name, text]): [string, Asset] => {
    return [name, { type: "text/javascript; charset=utf-8", text }];
  }),
]);
