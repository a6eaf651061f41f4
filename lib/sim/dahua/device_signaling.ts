import { DecodeError } from "../../bytes/decode_error.ts";
import { fromHex } from "../../bytes/bytes.ts";
import { parseEndpoint, sameEndpoint } from "../../endpoint.ts";
import { parseBody } from "../../dahua/signaling/body.ts";
import { parseIdentify } from "../../dahua/signaling/identify.ts";
import type { Duration, Endpoint, Instant } from "../../machine.ts";
import { InFlight } from "../in_flight.ts";
import type { Backstage, BackstageMessage } from "./backstage.ts";
import {
  type Admission,
  type ChannelAnswer,
  channelGranted,
  REQUEST_MALFORMED,
  REQUEST_UNDERSTOOD,
} from "./channel_answer.ts";
import type { DeviceFaults } from "./device_faults.ts";
import type { DeviceGuard } from "./device_guard.ts";
import { REGISTER_EVERY } from "./main_server.ts";
import type { Negotiations } from "./negotiation.ts";

export interface DeviceSignalingOptions {
  readonly serial: string;
  readonly local: Endpoint;
  readonly main: Endpoint;
  readonly agents: readonly Endpoint[];
  /** Left out: it opens channels to everybody. */
  readonly guard: DeviceGuard | undefined;
  /** Whether to send a check ahead, to open its own NAT. */
  readonly opensHole: boolean;
  readonly faults: Pick<DeviceFaults, "answerDelay" | "silentPunch">;
  readonly negotiations: Negotiations;
  readonly tell: (to: Endpoint, message: BackstageMessage) => void;
  readonly check: (to: Endpoint, bytes: Uint8Array) => void;
  /** An agent that may open sessions has been attached to, and has issued this sign. */
  readonly attached: (agent: Endpoint, sign: Uint8Array) => void;
}

/** Answers kept for requests that come again, and attachments likewise. */
const MAX_REMEMBERED = 64;

const MAX_TASKS = 256;

/** The check ahead must not overtake the answer that travels by way of the main server. */
const CHECK_AHEAD_AFTER: Duration = 200;

const REGISTER_AGAIN_AFTER: Duration = 500;

const ATTACH_AGAIN_AFTER: Duration = 500;
const MAX_ATTACHES = 20;

/** Things the device has put off. */
type Task =
  /** Tell the main server that it is there. */
  | { readonly type: "register" }
  /** Answer a channel request. */
  | { readonly type: "answer"; readonly id: number; readonly answer: ChannelAnswer }
  /** Open its own NAT towards a client. */
  | { readonly type: "checkAhead"; readonly identify: Uint8Array; readonly client: Endpoint }
  /** Attach to an agent, again until it answers. */
  | { readonly type: "attach"; readonly attachment: Attachment };

interface Attachment {
  readonly id: number;
  readonly cseq: number;
  readonly agent: Endpoint;
  attempts: number;
  done: boolean;
}

/** The device's dealings with the cloud: registration, channel requests, agents. */
export class DeviceSignaling {
  readonly #options: DeviceSignalingOptions;
  readonly #tasks = new InFlight<Task>(MAX_TASKS);
  /** By id of the main server's request; oldest first. */
  readonly #answers = new Map<number, ChannelAnswer>();
  readonly #attachments = new Map<number, Attachment>();
  #mapped: Endpoint | undefined;

  constructor(options: DeviceSignalingOptions) {
    this.#options = options;
    this.#tasks.push(0, { type: "register" });
  }

  /** Returns true when the device has just learned its public endpoint. Throws `DecodeError`. */
  handleMessage(now: Instant, from: Endpoint, message: BackstageMessage): boolean {
    if (message.type === "registered" && sameEndpoint(from, this.#options.main)) {
      const isFirst = this.#mapped === undefined;
      this.#mapped = message.mapped;
      return isFirst;
    }
    if (message.type === "request") this.#handleRequest(now, message);
    else if (message.type === "attached") this.#handleAttached(message);
    return false;
  }

  handleTimeout(now: Instant): void {
    for (let task = this.#tasks.takeDue(now); task !== undefined; task = this.#tasks.takeDue(now)) {
      this.#perform(now, task);
    }
  }

  pollTimeout(): Instant | undefined {
    return this.#tasks.next;
  }

  #handleRequest(now: Instant, request: Backstage<"request">): void {
    const { id } = request;
    const answer = this.#answers.get(id) ?? this.#decide(now, request);
    remember(this.#answers, id, answer);
    this.#tasks.push(now + this.#options.faults.answerDelay, { type: "answer", id, answer });
    this.handleTimeout(now);
  }

  #decide(now: Instant, request: Backstage<"request">): ChannelAnswer {
    const { guard } = this.#options;
    try {
      const fields = parseBody(request.body);
      if (request.channel === "p2p-channel") {
        const verdict = guard?.checkChannel(now, fields);
        if (verdict?.type === "refused") return verdict.answer;
        return this.#grantChannel(now, request, fields, verdict?.admission);
      }
      const verdict = guard?.checkRelay(now, fields);
      if (verdict?.type === "refused") return verdict.answer;
      return this.#grantRelay(now, request, fields);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return REQUEST_MALFORMED;
    }
  }

  #grantChannel(
    now: Instant,
    { client }: Backstage<"request">,
    fields: ReadonlyMap<string, string>,
    admission: Admission | undefined,
  ): ChannelAnswer {
    const { negotiations, local, opensHole, faults } = this.#options;
    const identify = parseIdentify(fields.get("Identify") ?? "");
    const silence = faults.silentPunch === true ? Infinity : Number(faults.silentPunch);
    const kind = admission === undefined ? "plain" : "authenticated";
    negotiations.expect(identify, kind, now + silence);
    if (opensHole && silence < Infinity) {
      const at = now + faults.answerDelay + Math.max(silence, CHECK_AHEAD_AFTER);
      this.#tasks.push(at, { type: "checkAhead", identify, client });
    }
    return channelGranted(identify, local, this.#mapped ?? local, admission);
  }

  #grantRelay(
    now: Instant,
    { id, cseq }: Backstage<"request">,
    fields: ReadonlyMap<string, string>,
  ): ChannelAnswer {
    const agent = parseEndpoint(fields.get("agentAddr") ?? "");
    if (!this.#options.agents.some((known) => sameEndpoint(known, agent))) return REQUEST_MALFORMED;
    const attachment = { id, cseq, agent, attempts: 0, done: false };
    remember(this.#attachments, id, attachment);
    this.#tasks.push(now + this.#options.faults.answerDelay, { type: "attach", attachment });
    return REQUEST_UNDERSTOOD;
  }

  #handleAttached({ id, sign }: Backstage<"attached">): void {
    const attachment = this.#attachments.get(id);
    if (attachment === undefined || attachment.done) return;
    attachment.done = true;
    this.#options.attached(attachment.agent, fromHex(sign));
  }

  #perform(now: Instant, task: Task): void {
    const { tell, check, main, serial, negotiations } = this.#options;
    switch (task.type) {
      case "register":
        // Until the first answer, it may be that the question was lost.
        this.#tasks.push(now + (this.#mapped ? REGISTER_EVERY : REGISTER_AGAIN_AFTER), task);
        return tell(main, { type: "register", serial });
      case "answer":
        return tell(main, { type: "answer", id: task.id, ...task.answer });
      case "checkAhead": {
        const bytes = negotiations.checkAhead(task.identify, task.client);
        return bytes && check(task.client, bytes);
      }
      case "attach":
        return this.#attach(now, task.attachment);
    }
  }

  #attach(now: Instant, attachment: Attachment): void {
    if (attachment.done || attachment.attempts >= MAX_ATTACHES) return;
    attachment.attempts += 1;
    const { id, cseq, agent } = attachment;
    this.#options.tell(agent, { type: "attach", id, cseq });
    this.#tasks.push(now + ATTACH_AGAIN_AFTER, { type: "attach", attachment });
  }
}

/** Puts a value into a map that keeps only the latest. */
function remember<Value>(map: Map<number, Value>, key: number, value: Value): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_REMEMBERED && oldest !== undefined) map.delete(oldest);
}
