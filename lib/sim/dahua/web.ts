/**
 * The web server of a simulated Dahua device: pictures, movement and a restart for its one account,
 * as the vendor's published HTTP API has them.
 *
 * @module
 */

import { concatBytes, toHex } from "../../bytes/bytes.ts";
import type { ByteStream, World } from "../../io/types.ts";
import type { Endpoint, Entropy } from "../../machine.ts";
import { formatAuth, parseAuthorization } from "../../rtsp/auth_header.ts";
import { digestResponse } from "../../rtsp/digest.ts";
import { drawStill } from "../reolink/still.ts";

/** Longest head of a request. */
const MAX_HEAD_BYTES = 8 << 10;

/** Connections it accepts; more are dropped at once. */
const MAX_CONNECTIONS = 64;

/** Orders it remembers; of more, the latest. */
const MAX_ORDERS = 256;

const MOVES: ReadonlySet<string> = new Set([
  ...["Left", "Right", "Up", "Down", "LeftUp", "LeftDown", "RightUp", "RightDown"],
  ...["ZoomTele", "ZoomWide"],
]);

export interface DahuaWebOptions {
  readonly serial: string;
  readonly user: string;
  readonly password: string;
  /** Whether it turns, tilts and zooms. */
  readonly ptz: boolean;
  readonly entropy: Entropy;
  /** The time of day, for its pictures. */
  readonly wallClock: () => number;
}

interface Request {
  readonly method: string;
  readonly target: string;
  readonly authorization: string;
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string | Uint8Array;
  readonly challenge?: string;
}

export class DahuaWeb {
  /** What it does now; nothing where it stands still. */
  moving: string | undefined;
  /** Where it was told to go last. */
  preset: number | undefined;
  reboots = 0;
  /** Requests with a wrong name or password. */
  refused = 0;
  /** What it was told, without the names of its scripts: `start Left 0 4 0`. */
  readonly orders: string[] = [];
  readonly presets = new Map([[1, "Gate"], [2, "Yard"]]);
  readonly #options: DahuaWebOptions;

  constructor(options: DahuaWebOptions) {
    this.#options = options;
  }

  /** Answers what comes over a connection until its end. Never rejects. */
  async serve(stream: ByteStream): Promise<void> {
    const nonce = toHex(this.#options.entropy(16));
    let rest: Uint8Array = new Uint8Array(0);
    try {
      for (;;) {
        const head = headOf(rest);
        if (head !== undefined) {
          rest = rest.subarray(head.length);
          await stream.write(encodeAnswer(this.#answer(head.text, nonce)));
          continue;
        }
        const bytes = rest.length > MAX_HEAD_BYTES ? undefined : await stream.read();
        if (bytes === undefined) return await stream.end();
        rest = concatBytes([rest, bytes]);
      }
    } catch {
      stream.abort();
    }
  }

  #answer(head: string, nonce: string): Answer {
    const request = parseRequest(head);
    if (request === undefined) return BAD_REQUEST;
    if (!this.#isAllowed(request, nonce)) return this.#challenge(request, nonce);
    const { pathname, searchParams } = new URL(request.target, "http://device");
    switch (pathname) {
      case "/cgi-bin/snapshot.cgi": {
        const body = drawStill(this.#options.wallClock());
        return { status: 200, type: "image/jpeg", body };
      }
      case "/cgi-bin/ptz.cgi":
        return this.#options.ptz ? this.#control(searchParams) : BAD_REQUEST;
      case "/cgi-bin/magicBox.cgi":
        if (searchParams.get("action") !== "reboot") return BAD_REQUEST;
        this.reboots += 1;
        this.#note("reboot");
        return OK;
      default:
        return { status: 404, body: "Error\r\nNot Found\r\n" };
    }
  }

  #control(query: URLSearchParams): Answer {
    const [action, code = "", ...args] = ["action", "code", "arg1", "arg2", "arg3"]
      .map((name) => query.get(name) ?? "");
    switch (action) {
      case "getCurrentProtocolCaps":
        return { status: 200, body: CAPS };
      case "getPresets":
        return { status: 200, body: this.#presetTable() };
      case "start":
        this.#note(["start", code, ...args].join(" "));
        return this.#start(code, Number(args[1]));
      case "stop":
        if (!MOVES.has(code)) return BAD_REQUEST;
        this.#note(["stop", code, ...args].join(" "));
        this.moving = undefined;
        return OK;
      default:
        return BAD_REQUEST;
    }
  }

  #start(code: string, second: number): Answer {
    if (MOVES.has(code)) {
      this.moving = code;
      return OK;
    }
    if (code !== "GotoPreset" || !this.presets.has(second)) return BAD_REQUEST;
    this.preset = second;
    return OK;
  }

  #presetTable(): string {
    return [...this.presets].map(([id, name], i) => {
      return `presets[${i}].Index=${id}\r\npresets[${i}].Name=${name}\r\n`;
    }).join("");
  }

  #note(order: string): void {
    this.orders.push(order);
    if (this.orders.length > MAX_ORDERS) this.orders.shift();
  }

  #challenge({ authorization }: Request, nonce: string): Answer {
    if (authorization !== "") this.refused += 1;
    const challenge = formatAuth("Digest", { realm: this.#realm, qop: "auth", nonce });
    return { status: 401, body: "Error\r\nUnauthorized\r\n", challenge };
  }

  #isAllowed({ method, target, authorization }: Request, nonce: string): boolean {
    const { scheme, parameters } = parseAuthorization(authorization);
    const given = (name: string) => parameters.get(name) ?? "";
    const { user, password } = this.#options;
    const isMeant = scheme === "digest" && given("username") === user && given("uri") === target &&
      given("nonce") === nonce;
    const expected = digestResponse({
      algorithm: "MD5",
      user,
      authRealm: this.#realm,
      password,
      method,
      uri: target,
      nonce,
      qop: { nonceCount: given("nc"), clientNonce: given("cnonce") },
    });
    return isMeant && given("response") === expected;
  }

  /** As devices have it. */
  get #realm(): string {
    return `Login to ${this.#options.serial}`;
  }
}

/** A web server that listens. */
export interface DahuaWebServer {
  readonly endpoint: Endpoint;
  /** Ends every connection, too. */
  close(): Promise<void>;
}

/** Has it listen on any free port of loopback. Rejects with `ListenError`. */
export async function startDahuaWeb(
  { listenTcp }: Pick<World, "listenTcp">,
  web: DahuaWeb,
): Promise<DahuaWebServer> {
  const streams = new Set<ByteStream>();
  const listener = await listenTcp({ address: "127.0.0.1", port: 0 }, (stream) => {
    if (streams.size >= MAX_CONNECTIONS) return stream.abort();
    streams.add(stream);
    void web.serve(stream).finally(() => streams.delete(stream));
  });
  return {
    endpoint: listener.local,
    async close() {
      for (const stream of streams) stream.abort();
      await listener.close();
    },
  };
}

const OK: Answer = { status: 200, body: "OK\r\n" };

const BAD_REQUEST: Answer = { status: 400, body: "Error\r\nBad Request!\r\n" };

const CAPS = [
  ...["caps.Focus=false", "caps.Iris=false", "caps.Name=DH-SD1", "caps.Pan=true"],
  ...["caps.PanSpeedMax=8", "caps.PanSpeedMin=1", "caps.PresetMax=300", "caps.PresetMin=1"],
  ...["caps.Tile=true", "caps.TileSpeedMax=8", "caps.TileSpeedMin=1", "caps.Zoom=true", ""],
].join("\r\n");

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
};

/** The first head there is, with the line that ends it. */
function headOf(bytes: Uint8Array): { readonly text: string; readonly length: number } | undefined {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, MAX_HEAD_BYTES));
  const end = text.indexOf("\r\n\r\n");
  return end < 0 ? undefined : { text: text.slice(0, end), length: end + 4 };
}

function parseRequest(head: string): Request | undefined {
  const [first = "", ...lines] = head.split("\r\n");
  const [, method, target] = /^(GET) (\/\S*) HTTP\/1\.[01]$/.exec(first) ?? [];
  if (method === undefined || target === undefined) return undefined;
  if (!URL.canParse(target, "http://device")) return undefined;
  const field = lines.find((line) => /^authorization:/i.test(line)) ?? "";
  return { method, target, authorization: field.replace(/^[^:]*:/, "").trim() };
}

function encodeAnswer({ status, type = "text/plain;charset=utf-8", body, challenge }: Answer) {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? "Error"}`,
    ...(challenge === undefined ? [] : [`WWW-Authenticate: ${challenge}`]),
    `Content-Type: ${type}`,
    `Content-Length: ${bytes.byteLength}`,
    ...["Connection: keep-alive", "", ""],
  ].join("\r\n");
  return concatBytes([new TextEncoder().encode(head), bytes]);
}
