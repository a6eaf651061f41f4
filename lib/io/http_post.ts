import type { Duration } from "../machine.ts";
import { IoError } from "./errors.ts";
import { type HttpAnswer, sendHttp } from "./http_client.ts";

export interface PostRequest {
  /** `http:` or `https:`. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export type PostOutcome =
  | {
    readonly type: "answered";
    readonly status: number;
    /** How long the server wants to be left alone, where it said so in seconds. */
    readonly retryAfter: Duration | undefined;
  }
  /** `why` is one sentence, without anything of the URL but its origin. */
  | { readonly type: "failed"; readonly why: string };

/** Sends a POST and reads what is answered but for its content. Rejects for a bug of ours alone. */
export type PostHttp = (request: PostRequest, signal: AbortSignal) => Promise<PostOutcome>;

/** What of an answer is read at most before the connection is dropped: nobody looks at it. */
const MAX_ANSWER_BYTES = 64 << 10;

/** Redirects are not followed; the certificate of an `https:` server must be good. */
export const postHttp: PostHttp = async (request, signal) => {
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  try {
    const answer = await sendHttp({ ...request, method: "POST" }, either);
    await drain(answer);
    const { status, headers } = answer;
    return { type: "answered", status, retryAfter: seconds(headers["retry-after"]) };
  } catch (error) {
    if (error instanceof IoError) return { type: "failed", why: error.message };
    throw error;
  } finally {
    enough.abort();
  }
};

async function drain({ body }: HttpAnswer): Promise<void> {
  let length = 0;
  try {
    for await (const chunk of body) {
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES) return;
    }
  } catch {
    // The status has come, and says it all.
  }
}

function seconds(text: string | undefined): Duration | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : undefined;
}
