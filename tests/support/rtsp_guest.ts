import { systemWorld } from "../../lib/io/world.ts";
import type { ByteStream } from "../../lib/io/types.ts";
import { encodeMessage, RtspHeaders } from "../../lib/rtsp/message.ts";
import { MessageReader } from "../../lib/rtsp/message_reader.ts";

/** How long a guest waits for one answer, in milliseconds. */
const PATIENCE = 20_000;

/** An RTSP client that does as it is told, and takes its leave whenever it likes. */
export class Guest {
  readonly stream: ByteStream;
  readonly #url: string;
  readonly #reader = new MessageReader();
  #session: string | undefined;
  #requests = 0;

  private constructor(url: string, stream: ByteStream) {
    this.#url = url;
    this.stream = stream;
  }

  /** Has a guest call, and resets its connection when `stay` is over. */
  static async call(url: string, stay: (guest: Guest) => Promise<void>): Promise<void> {
    const { hostname, port } = new URL(url);
    const to = { address: hostname, port: Number(port) };
    const stream = await systemWorld.dialTcp(to, AbortSignal.timeout(PATIENCE));
    try {
      await stay(new Guest(url, stream));
    } finally {
      stream.abort();
    }
  }

  async describe(): Promise<void> {
    await this.#ask("DESCRIBE", this.#url);
  }

  /** Sets up the first two tracks. */
  async setUp(): Promise<void> {
    await this.describe();
    for (const track of [0, 1]) {
      const transport = `RTP/AVP/TCP;unicast;interleaved=${2 * track}-${2 * track + 1}`;
      await this.#ask("SETUP", `${this.#url}/trackID=${track}`, ["Transport", transport]);
    }
  }

  async play(): Promise<void> {
    await this.setUp();
    await this.#ask("PLAY", this.#url);
  }

  /** Takes in whatever comes, until there is no more. */
  async drain(): Promise<void> {
    while (await this.stream.read().catch(() => undefined) !== undefined);
  }

  async #ask(method: string, uri: string, ...fields: [string, string][]): Promise<void> {
    fields.unshift(["CSeq", String(++this.#requests)]);
    if (this.#session !== undefined) fields.push(["Session", this.#session]);
    const headers = new RtspHeaders(fields);
    const request = { type: "request", method, uri, headers, body: new Uint8Array(0) } as const;
    await this.stream.write(encodeMessage(request));
    const timer = setTimeout(() => this.stream.abort(), PATIENCE);
    await this.#answer(method);
    clearTimeout(timer);
  }

  async #answer(method: string): Promise<void> {
    for (;;) {
      const message = this.#reader.next();
      if (message?.type === "response") {
        if (message.status !== 200) throw new Error(`${method} is answered ${message.status}`);
        this.#session = message.headers.get("Session")?.split(";")[0] ?? this.#session;
        return;
      }
      if (message !== undefined) continue;
      const bytes = await this.stream.read();
      if (bytes === undefined) throw new Error(`${method} is not answered`);
      this.#reader.push(bytes);
    }
  }
}
