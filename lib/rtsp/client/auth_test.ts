import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { type AuthAttempt, ClientAuth, type ClientAuthOptions, MAX_STALE_RETRIES } from "./auth.ts";
import type { Credentials } from "../credentials.ts";
import { RtspHeaders, type RtspRequest } from "../message.ts";
import { ServerAuth } from "../server/auth.ts";

const URL = "rtsp://h/a";
const SECRET = "pass:word";
const ALICE = credentials("alice", SECRET);
const BOB = credentials("bob", "other");

function credentials(user: string, password: string): Credentials {
  return { user, password: { reveal: () => password } };
}

/** Bytes that differ from call to call. */
function entropy(first = 0): (length: number) => Uint8Array {
  let calls = first;
  return (length) => new Uint8Array(length).fill(++calls);
}

function client(options: Partial<ClientAuthOptions> = {}): ClientAuth {
  return new ClientAuth({ credentials: ALICE, entropy: entropy(), ...options });
}

function request(method: string, uri: string, authorization: string | undefined): RtspRequest {
  const fields: [string, string][] = authorization === undefined
    ? []
    : [["Authorization", authorization]];
  return {
    type: "request",
    method,
    uri,
    headers: new RtspHeaders(fields),
    body: new Uint8Array(0),
  };
}

/** Asks a server until it lets the client in or one of them gives up. */
function negotiate(auth: ClientAuth, server: ServerAuth, uri = URL, asked = uri): AuthAttempt[] {
  const attempts: AuthAttempt[] = [];
  for (let retries = 0;; retries++) {
    const attempt = auth.attempt("DESCRIBE", uri);
    attempts.push(attempt);
    const challenges = server.authorize(request("DESCRIBE", asked, attempt.header));
    if (challenges === undefined) {
      auth.accepted(attempt);
      return attempts;
    }
    const sentBefore = attempts.filter(({ header }) => header !== undefined).length - 1;
    const verdict = auth.challenged(attempt, challenges, Math.max(0, sentBefore));
    if (verdict.type === "refused") throw new Error(verdict.detail);
  }
}

test("ClientAuth and ServerAuth agree on the strongest Digest, and go on with its nonce", () => {
  const [auth, server] = [client(), new ServerAuth({ users: [BOB, ALICE], entropy: entropy() })];
  const [bare, first] = negotiate(auth, server);
  assert.equal(bare?.header, undefined);
  assert.match(
    first?.header ?? "",
    /^Digest username="alice", realm="sightline".*SHA-256.*nc=0{7}1/,
  );
  const [second, ...more] = negotiate(auth, server);
  assert.match(second?.header ?? "", /nc=0{7}2/);
  assert.equal(more.length, 0);
});

test("ClientAuth is refused a wrong password and an unknown user after one try", () => {
  for (const user of [credentials("alice", "wrong"), credentials("carol", SECRET)]) {
    const server = new ServerAuth({ users: [ALICE], entropy: entropy() });
    assert.throws(
      () => negotiate(client({ credentials: user }), server),
      /refuses the user name or password/,
    );
  }
  assert.throws(
    () => negotiate(client(), new ServerAuth({ users: [], entropy: entropy() })),
    /refuses the user/,
  );
});

const DIGEST = 'Digest realm="r", nonce="n1"';

test("ClientAuth answers the strongest challenge it knows", () => {
  const offers = [
    { values: ['Basic realm="r"'], header: /^Basic YWxpY2U6cGFzczp3b3Jk$/ },
    { values: ['Basic realm="r"', DIGEST], header: /^Digest (?!.*algorithm)(?!.*qop)/ },
    { values: [`${DIGEST}, algorithm=MD5-sess`, 'Basic realm="r"'], header: /^Basic/ },
    { values: [DIGEST, `${DIGEST}, algorithm=SHA-256`], header: /algorithm=SHA-256/ },
    { values: [`${DIGEST}, qop="auth-int", Basic realm="r"`], header: /^Basic/ },
    { values: [`${DIGEST}, qop="auth-int,auth", opaque="o"`], header: /opaque="o".*qop=auth/ },
    { values: [`${DIGEST}, qop=""`], header: /^Digest (?!.*qop)/ },
  ];
  for (const { values, header } of offers) {
    const auth = client();
    assert.deepEqual(auth.challenged(auth.attempt("PLAY", URL), values, 0), { type: "retry" });
    assert.match(auth.attempt("PLAY", URL).header ?? "", header);
  }
});

test("ClientAuth gives up where there is nothing it can or may answer", () => {
  const cases = [
    { auth: client({ credentials: undefined }), values: [DIGEST], detail: /asks for a user name/ },
    { auth: client({ allowBasic: false }), values: ['Basic realm="r"'], detail: /in the clear/ },
    { auth: client(), values: ["Negotiate"], detail: /not known here/ },
    { auth: client(), values: [], detail: /not known here/ },
  ];
  for (const { auth, values, detail } of cases) {
    const verdict = auth.challenged(auth.attempt("PLAY", URL), values, 0);
    assert.ok(verdict.type === "refused" && detail.test(verdict.detail));
  }
});

test("ClientAuth tries a stale nonce again, but not for ever", () => {
  const auth = client();
  auth.challenged(auth.attempt("PLAY", URL), [DIGEST], 0);
  for (let retries = 0; retries <= MAX_STALE_RETRIES; retries++) {
    const stale = `Digest realm="r", nonce="s${retries}", stale=true`;
    assert.equal(auth.challenged(auth.attempt("PLAY", URL), [stale], retries).type, "retry");
  }
  const again = 'Digest realm="r", nonce="s9", stale=true';
  const verdict = auth.challenged(auth.attempt("PLAY", URL), [again], MAX_STALE_RETRIES + 1);
  assert.equal(verdict.type, "refused");
});

test("ClientAuth takes a new nonce for a refusal, unless it was accepted before", () => {
  const auth = client();
  auth.challenged(auth.attempt("PLAY", URL), [DIGEST], 0);
  const renewed = ['Digest realm="r", nonce="n2"'];
  assert.equal(auth.challenged(auth.attempt("PLAY", URL), renewed, 0).type, "refused");
  auth.accepted(auth.attempt("PLAY", URL));
  assert.equal(auth.challenged(auth.attempt("PLAY", URL), renewed, 0).type, "retry");
  assert.equal(auth.challenged(auth.attempt("PLAY", URL), renewed, 1).type, "refused");
  assert.equal(auth.challenged(auth.attempt("PLAY", URL), [DIGEST], 1).type, "refused");
});

test("no form of a ClientAuth or its refusals shows the password", () => {
  const auth = client();
  const challenges = ['Basic realm="r"'];
  auth.challenged(auth.attempt("PLAY", URL), challenges, 0);
  const verdict = auth.challenged(auth.attempt("PLAY", URL), challenges, 1);
  const shown = [auth, verdict].flatMap((value) => [inspect(value), JSON.stringify(value)]);
  assert.ok(!shown.join().includes(SECRET));
});
