/**
 * One connection to an MQTT broker (3.1.1, which every broker speaks), through the `mqtt` package.
 *
 * Of the package it takes packets, acknowledgements and keepalive. Connecting again is left to whoever
 * holds the connection, who has to publish everything anew then anyway. The package is loaded when
 * it is first needed: most daemons have no broker.
 *
 * @module
 */

import type { IClientOptions, MqttClient } from "mqtt";
import { Buffer } from "node:buffer";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Duration } from "../machine.ts";
import { reasonOf } from "./errors.ts";
import { PacketGauge } from "./mqtt_packet_gauge.ts";

export interface MqttSettings {
  /** `mqtt:` or `mqtts:`; the certificate of an `mqtts:` broker must be good. */
  readonly server: URL;
  /** PEM of who may have signed that certificate, in place of the system's authorities. */
  readonly ca: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly clientId: string;
  /** What the broker publishes, retained, once this connection is lost. */
  readonly will: { readonly topic: string; readonly payload: string };
}

export interface MqttMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** It is the last one there was, from before the subscription. */
  readonly retained: boolean;
}

export interface MqttLink {
  /** Resolves, when it is over, with why, as a clause. */
  readonly ended: Promise<string>;
  /** Publishes a retained message; resolves with whether the broker has confirmed it. */
  publish(topic: string, payload: string | Uint8Array): Promise<boolean>;
  /** Resolves with whether the broker has agreed. */
  subscribe(topic: string): Promise<boolean>;
  unsubscribe(topic: string): Promise<boolean>;
  /** Says goodbye, so that there is no last will. */
  close(): Promise<void>;
}

export type MqttDialResult =
  | { readonly type: "link"; readonly link: MqttLink }
  /** The broker does not want us, and would not the next time. `why` is a clause. */
  | { readonly type: "refused"; readonly why: string }
  | { readonly type: "failed"; readonly why: string };

/** Connects; never rejects. Messages come to `onMessage`, which must not throw. */
export type DialMqtt = (
  settings: MqttSettings,
  onMessage: (message: MqttMessage) => void,
  signal: AbortSignal,
) => Promise<MqttDialResult>;

const KEEPALIVE_SECONDS = 30;

const PATIENCE: Duration = 10_000;

/** A broker that does not confirm a message for so long is not worth the connection. */
const CONFIRM_TIMEOUT: Duration = 30_000;

/** How long a goodbye may take. */
const GOODBYE_TIMEOUT: Duration = 1_000;

/** Longest packet taken from the broker. Nothing we subscribe to is longer than a few hundred. */
const MAX_PACKET_BYTES = 64 << 10;

/** Why a broker refuses a connection (MQTT 3.1.1, table 3.1). */
const REFUSALS: Readonly<Record<number, string>> = {
  1: "it does not speak MQTT 3.1.1",
  2: "it does not like our client identifier",
  4: "it refuses user name or password",
  5: "it does not allow this user, or wants a user name and password",
};

export const dialMqtt: DialMqtt = async (settings, onMessage, signal) => {
  const Client = clientOf(await import("mqtt/lib/client"));
  if (signal.aborted) return { type: "failed", why: "it was called off" };
  const socket = openSocket(settings);
  const client = new Client(() => socket, optionsOf(settings));
  client.on("message", (topic, payload, { retain }) => {
    onMessage({ topic, payload, retained: retain });
  });
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  let why: string | undefined;
  const blame = (error: unknown) => why ??= reasonOf(error)[1];
  // The package keeps some errors of its socket to itself.
  socket.on("error", blame);
  client.on("error", (error) => {
    blame(error);
    // After packets that it cannot read it would wait for more.
    socket.destroy();
  });
  client.on("close", () => end(why ?? "the broker closed the connection"));
  const callOff = () => void client.end(true);
  signal.addEventListener("abort", callOff);
  try {
    return await new Promise((resolve) => {
      client.on("connect", () => resolve({ type: "link", link: linkOf(client, socket, ended) }));
      client.on("error", (error) => {
        const refusal = refusalOf(error);
        if (refusal !== undefined) resolve({ type: "refused", why: refusal });
      });
      void ended.then((why) => resolve({ type: "failed", why }));
    });
  } finally {
    signal.removeEventListener("abort", callOff);
  }
};

/** Runtimes disagree on whether the `default` of a CommonJS module is its own one or all of it. */
function clientOf(module: { readonly default: unknown }): typeof MqttClient {
  const { default: all } = module as { readonly default: { readonly default?: typeof MqttClient } };
  return all.default ?? all as unknown as typeof MqttClient;
}

function openSocket({ server: { protocol, hostname, port }, ca }: MqttSettings): Socket {
  // A URL has an IPv6 address in brackets.
  const host = hostname.replace(/^\[|\]$/g, "");
  const isSecure = protocol === "mqtts:";
  const target = { host, port: port === "" ? (isSecure ? 8883 : 1883) : Number(port) };
  const name = isIP(host) === 0 ? { servername: host } : {};
  const authority = ca === undefined ? {} : { ca };
  const socket = isSecure
    ? connectTls({ ...target, ...name, ...authority, rejectUnauthorized: true })
    : connectTcp(target);
  const gauge = new PacketGauge(MAX_PACKET_BYTES);
  socket.on("data", (chunk: Uint8Array) => {
    const tooLong = gauge.read(chunk);
    if (tooLong === undefined) return;
    socket.destroy(new Error(`the broker sent a packet of ${tooLong} bytes`));
  });
  return socket;
}

function optionsOf({ username, password, clientId, will }: MqttSettings): IClientOptions {
  return {
    clientId,
    ...(username === undefined ? {} : { username }),
    // Bytes, as text is what its codec writes to standard error where the environment has DEBUG=*.
    ...(password === undefined ? {} : { password: Buffer.from(password) }),
    will: { ...will, payload: Buffer.from(will.payload), qos: 1, retain: true },
    clean: true,
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: PATIENCE,
    reconnectPeriod: 0,
    timerVariant: "native",
    // The same of the client, which would write all its options.
    log: () => {},
  };
}

function linkOf(client: MqttClient, socket: Socket, ended: Promise<string>): MqttLink {
  /** Whether `task` ended well before the connection did; ends that where it takes too long. */
  const confirmed = async (task: Promise<unknown>): Promise<boolean> => {
    const timer = setTimeout(() => {
      socket.destroy(new Error("the broker confirms nothing any more"));
    }, CONFIRM_TIMEOUT);
    const done = task.then(() => true, () => false);
    const over = ended.then(() => false);
    return await Promise.race([done, over]).finally(() => clearTimeout(timer));
  };
  return {
    ended,
    publish: (topic, payload) => {
      const bytes = typeof payload === "string"
        ? payload
        : Buffer.from(payload.buffer, payload.byteOffset, payload.length);
      return confirmed(client.publishAsync(topic, bytes, { qos: 1, retain: true }));
    },
    subscribe: (topic) =>
      confirmed(
        client.subscribeAsync(topic, { qos: 1 }).then((granted) => {
          if (granted.some(({ qos }) => qos > 2)) throw new Error("the broker refused");
        }),
      ),
    unsubscribe: (topic) => confirmed(client.unsubscribeAsync(topic)),
    async close() {
      // It would wait for a confirmation that never comes.
      const timer = setTimeout(() => socket.destroy(), GOODBYE_TIMEOUT);
      await Promise.race([client.endAsync(), ended]);
      clearTimeout(timer);
      socket.destroy();
    },
  };
}

function refusalOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "number" ? REFUSALS[code] : undefined;
}
