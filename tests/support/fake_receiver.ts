import type { PostHttp, PostOutcome, PostRequest } from "../../lib/io/http_post.ts";

/** Who gets webhooks, and answers as a test says. */
export class FakeReceiver {
  readonly requests: PostRequest[] = [];
  /** Requests at the same time. */
  most = 0;
  /** What it answers to each; `hang` until it is called off. */
  answer: (request: PostRequest) => PostOutcome | "hang" | Promise<PostOutcome> = () => OK;
  #open = 0;

  get post(): PostHttp {
    return async (request, signal) => {
      this.requests.push(request);
      this.#open += 1;
      this.most = Math.max(this.most, this.#open);
      const answer = this.answer(request);
      const outcome = answer === "hang" ? await calledOff(signal) : await answer;
      this.#open -= 1;
      return outcome;
    };
  }

  /** The bodies so far. */
  get bodies(): readonly Readonly<Record<string, unknown>>[] {
    return this.requests.map(({ body }) => JSON.parse(new TextDecoder().decode(body)));
  }
}

export const OK: PostOutcome = { type: "answered", status: 204, retryAfter: undefined };

export const DOWN: PostOutcome = {
  type: "failed",
  why: "Cannot reach https://example.org as nothing listens there",
};

export function status(status: number, retryAfter?: number): PostOutcome {
  return { type: "answered", status, retryAfter };
}

function calledOff(signal: AbortSignal): Promise<PostOutcome> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve({ type: "failed", why: "it was called off" }));
  });
}
