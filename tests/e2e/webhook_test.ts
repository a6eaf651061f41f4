/** `sightline serve` with webhooks, before a real HTTP server. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { ANYWHERE, type Serving, withServe } from "../support/serving.ts";

const SERIAL = "SIMULATED000001";
const SECRET = "s3cret-of-the-hook";

interface Hit {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: Readonly<Record<string, unknown>>;
}

class Receiver {
  readonly hits: Hit[] = [];
  /** Status of the answer to each. */
  status = (_hit: Hit) => 200;
  readonly #server: Server;
  #waiting: (() => void)[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => body += text);
      request.on("end", () => {
        const hit = { headers: request.headers, body, event: JSON.parse(body) };
        this.hits.push(hit);
        response.writeHead(this.status(hit)).end("thank you");
        const woken = this.#waiting;
        this.#waiting = [];
        for (const wake of woken) wake();
      });
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook/T0KEN`;
  }

  async hit(isWanted: (event: Hit["event"]) => boolean): Promise<Hit> {
    for (;;) {
      const found = this.hits.find(({ event }) => isWanted(event));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const FRONT = (address: Serving["address"]) => ({ front: { address: address(SERIAL) } });

test("webhooks get every change of state, signed, in order, and after a failure again", async () => {
  const receiver = await Receiver.start();
  receiver.status = () => receiver.hits.length === 1 ? 503 : 204;
  try {
    const webhooks = [{ url: receiver.url, secret: SECRET, events: ["state"] }];
    const logs: string[] = [];
    await withServe(FRONT, async ({ call, api, program }) => {
      await call("POST", "/cameras/front/start?for=10m&wait=frame");
      await receiver.hit(({ state }) => state === "open");
      const metrics = await (await fetch(`${api}/metrics`)).text();
      const events = 'sightline_webhook_events_total{webhook="1",outcome="delivered"}';
      assert.match(metrics, new RegExp(`^${events.replaceAll(/[{}]/g, "\\$&")} [1-9]`, "m"));
      logs.push(metrics);
      await call("POST", "/cameras/front/stop");
      await receiver.hit(({ state }) => state === "idle");
      logs.push(...program.err);
    }, { settings: { webhooks } });
    const [first, again] = receiver.hits;
    assert.equal(first?.body, again?.body);
    assert.equal(first?.headers["x-sightline-delivery"], again?.headers["x-sightline-delivery"]);
    const seen = receiver.hits.slice(1).map(({ event }) => [event["previous"], event["state"]]);
    for (const [i, [previous]] of seen.entries()) {
      if (i > 0) assert.equal(previous, seen[i - 1]?.[1]);
    }
    const ids = receiver.hits.slice(1).map(({ event }) => Number(event["id"]));
    assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
    for (const { headers, body, event } of receiver.hits) {
      const timestamp = String(headers["x-sightline-timestamp"]);
      assert.ok(Math.abs(Number(timestamp) - Date.now() / 1_000) < 60);
      const hmac = createHmac("sha256", SECRET).update(`${timestamp}.${body}`).digest("hex");
      assert.equal(headers["x-sightline-signature"], `sha256=${hmac}`);
      assert.equal(headers["content-type"], "application/json");
      assert.equal(event["camera"], "front");
    }
    assert.doesNotMatch(logs.join("\n"), /T0KEN|s3cret/);
  } finally {
    receiver.close();
  }
});

test("webhooks get cause and advice of a failure", async () => {
  const receiver = await Receiver.start();
  try {
    const cameras = (address: Serving["address"]) => ({
      lost: { address: address("UNKNOWN0000001"), mode: "always" },
    });
    await withServe(cameras, async () => {
      const { event } = await receiver.hit(({ state }) => state === "failed");
      const { detail, advice, stage } = event["error"] as Readonly<Record<string, string>>;
      assert.match(detail ?? "", /does not know this serial number/);
      assert.match(advice ?? "", /Check the serial number/);
      assert.equal(stage, "locate");
    }, { settings: { webhooks: [{ url: receiver.url }] } });
  } finally {
    receiver.close();
  }
});

test("SIGHUP changes webhooks, and the end of the daemon is told, too", async () => {
  const [one, two] = [await Receiver.start(), await Receiver.start()];
  try {
    await withServe(FRONT, async ({ reconfigure, address, call }) => {
      const webhooks = [{ url: two.url, events: ["config", "state"] }];
      await reconfigure({ ...ANYWHERE, webhooks, cameras: FRONT(address) });
      await two.hit(({ type }) => type === "config");
      await call("POST", "/cameras/front/start?wait=frame");
    }, { settings: { webhooks: [{ url: one.url, events: ["config", "state"] }] } });
    assert.deepEqual(one.hits, []);
    assert.equal(two.hits.at(-1)?.event["state"], "idle");
  } finally {
    one.close();
    two.close();
  }
});
