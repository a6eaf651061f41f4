/**
 * Talks to a running daemon: where it is and with which token, and what its answers amount to.
 *
 * @module
 */

import type { CameraJson } from "../../routes/camera_json.ts";
import { CLI_USER_AGENT } from "../../routes/cause.ts";
import { HEARTBEAT } from "../../routes/event_streams.ts";
import { ConfigError } from "../config/config_error.ts";
import { redactAddress } from "../config/redact_address.ts";
import { Secret } from "../config/secret.ts";
import { ORDER_PATIENCE } from "../hub/camera_orders.ts";
import { DialError, IoError } from "../io/errors.ts";
import { type HttpAnswer, type HttpRequest, sendHttp } from "../io/http_client.ts";
import { readText } from "../io/text_file.ts";
import type { Clock } from "../io/types.ts";
import type { Duration } from "../machine.ts";
import type { OptionSpec, ParsedArgs } from "./args.ts";
import type { CliContext } from "./context.ts";
import { daemonFailure } from "./daemon_failure.ts";
import { ExitCode, Failure } from "./exit_code.ts";
import { programVersion } from "./commands/version.ts";

/** Options of every command that talks to a daemon. */
export const DAEMON_OPTIONS: OptionSpec = { values: ["url", "token"] };

/** What they mean, for help texts. */
export const DAEMON_HELP: readonly string[] = [
  "  --url URL      the daemon, default SIGHTLINE_URL or http://127.0.0.1:8580",
  "  --token TOKEN  one of its tokens, default SIGHTLINE_TOKEN; other users of this machine can see",
  "                 what is on the command line",
];

const DEFAULT_URL = "http://127.0.0.1:8580";

/** More than a thousand cameras have to say. */
const MAX_ANSWER_BYTES = 4 << 20;

/** How long the daemon may think about what it need not wait for. */
const PATIENCE: Duration = 10_000;

/** Three times as long as the daemon is silent while nothing happens. */
const SILENCE: Duration = 3 * HEARTBEAT;

/** What the daemon is asked. */
interface Question {
  readonly method: HttpRequest["method"];
  readonly path: string;
  readonly patience: Duration;
  /** Sent as JSON. */
  readonly content?: object | undefined;
  /** Any of them calls it off. */
  readonly signals?: readonly AbortSignal[];
}

export class DaemonClient {
  readonly #base: URL;
  readonly #token: Secret | undefined;
  readonly #clock: Clock;
  readonly #stop: AbortSignal;

  /** Throws `ConfigError` when there is no such URL. */
  constructor({ values }: ParsedArgs, { env, world, stop }: CliContext) {
    const token = values.get("token") ?? env["SIGHTLINE_TOKEN"] ?? "";
    this.#base = readBase(values.get("url") ?? (env["SIGHTLINE_URL"] || DEFAULT_URL));
    this.#token = token === "" ? undefined : new Secret(token);
    this.#clock = world.clock;
    this.#stop = stop;
    if (!/^[\x21-\x7e]*$/.test(token)) {
      throw new ConfigError("The token must be of printable characters, without spaces");
    }
  }

  async cameras(): Promise<readonly CameraJson[]> {
    const { cameras } = await this.#ask("GET", "/api/v1/cameras") as { cameras: CameraJson[] };
    return cameras;
  }

  async camera(name: string): Promise<CameraJson> {
    return await this.#ask("GET", cameraPath(name)) as CameraJson;
  }

  /** `query` is what the API takes; `patience` how long it may wait for the camera. */
  async start(name: string, query: URLSearchParams, patience: Duration): Promise<CameraJson> {
    const text = query.size === 0 ? "" : `?${query}`;
    return await this.#ask("POST", `${cameraPath(name)}/start${text}`, patience) as CameraJson;
  }

  async stop(name: string): Promise<CameraJson> {
    return await this.#ask("POST", `${cameraPath(name)}/stop`) as CameraJson;
  }

  /** `order` is what the API takes; `lasts` how long it goes on. */
  async control(name: string, order: object, lasts: Duration): Promise<CameraJson> {
    const path = `${cameraPath(name)}/control`;
    return await this.#ask("POST", path, ORDER_PATIENCE + lasts, order) as CameraJson;
  }

  /** The stream of events after the one numbered `since`, as it comes; it breaks when it falls silent. */
  async events(since: number, follow: boolean): Promise<AsyncIterable<Uint8Array>> {
    const path = `/api/v1/events?since=${since}&follow=${follow}`;
    const silent = new AbortController();
    const signals = [silent.signal];
    const answer = await this.#send({ method: "GET", path, patience: PATIENCE, signals });
    if (answer.status !== 200) throw daemonFailure(answer.status, await bodyOf(answer));
    return this.#whileHeard(answer.body, silent);
  }

  /** The daemon says at least that there is nothing to tell: without a word it is gone. */
  async *#whileHeard(
    chunks: AsyncIterable<Uint8Array>,
    silent: AbortController,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const wait = () => this.#clock.setTimer(SILENCE, () => silent.abort());
    let cancel = wait();
    try {
      for await (const chunk of chunks) {
        cancel();
        cancel = wait();
        yield chunk;
      }
    } finally {
      cancel();
    }
  }

  /** The body of an answer, or why there is none. */
  async #ask(
    method: HttpRequest["method"],
    path: string,
    patience?: Duration,
    content?: object,
  ): Promise<unknown> {
    const answer = await this.#send({
      method,
      path,
      patience: PATIENCE + (patience ?? 0),
      content,
    });
    const body = await bodyOf(answer);
    const good = answer.status >= 200 && answer.status < 300;
    if (good && typeof body === "object" && body !== null) return body;
    throw daemonFailure(answer.status, body);
  }

  async #send({ method, path, patience, content, signals = [] }: Question): Promise<HttpAnswer> {
    const url = new URL(this.#base.href.replace(/\/$/, "") + path);
    const headers = {
      "User-Agent": `${CLI_USER_AGENT}/${programVersion().version}`,
      ...(this.#token !== undefined && { Authorization: `Bearer ${this.#token.reveal()}` }),
      ...(content !== undefined && { "Content-Type": "application/json" }),
    };
    const body = content && { body: new TextEncoder().encode(JSON.stringify(content)) };
    const late = new AbortController();
    const cancel = this.#clock.setTimer(patience, () => late.abort());
    try {
      const signal = AbortSignal.any([this.#stop, late.signal, ...signals]);
      return await sendHttp({ method, url, headers, ...body }, signal);
    } catch (error) {
      if (!(error instanceof DialError)) throw error;
      throw late.signal.aborted ? tooLate(url, patience) : unreachable(error);
    } finally {
      cancel();
    }
  }
}

function cameraPath(name: string): string {
  return `/api/v1/cameras/${encodeURIComponent(name)}`;
}

function readBase(text: string): URL {
  const url = URL.parse(text);
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.search === "" &&
    url.hash === "" && url.username === "" && url.password === "";
  if (plain) return url;
  throw new ConfigError(
    `The daemon's URL must be as http://127.0.0.1:8580: is "${redactAddress(text)}"`,
  );
}

/** What an answer says, or `undefined` when it is not JSON. */
async function bodyOf({ body }: HttpAnswer): Promise<unknown> {
  try {
    return JSON.parse(await readText("the daemon's answer", body, MAX_ANSWER_BYTES));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (!(error instanceof IoError)) throw error;
    throw unreachable(error);
  }
}

function unreachable({ message }: IoError): Failure {
  return new Failure(
    ExitCode.daemon,
    message,
    "Is sightline serve running there? --url or SIGHTLINE_URL says where it is.",
  );
}

function tooLate({ origin }: URL, patience: Duration): Failure {
  return new Failure(ExitCode.daemon, `${origin} did not answer within ${patience / 1_000} s`);
}
