import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAuth } from "../auth_header.ts";
import type { Credentials } from "../credentials.ts";
import { digestResponse } from "../digest.ts";
import { RtspHeaders, type RtspRequest } from "../message.ts";
import { ServerAuth } from "./auth.ts";

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

test("ServerAuth offers SHA-256 first, then MD5 in the oldest form, then Basic", () => {
  const challenges = new ServerAuth({ users: [ALICE], entropy: entropy() })
    .authorize(request("PLAY", URL, undefined));
  const nonce = "01".repeat(16);
  assert.deepEqual(challenges, [
    `Digest realm="sightline", nonce="${nonce}", qop="auth", algorithm=SHA-256`,
    `Digest realm="sightline", nonce="${nonce}"`,
    'Basic realm="sightline"',
  ]);
});

test("ServerAuth lets users in by Basic, with colons in the password", () => {
  const server = new ServerAuth({ users: [BOB, ALICE], entropy: entropy() });
  const basic = (pair: string) => {
    return server.authorize(request("PLAY", URL, `Basic ${btoa(pair)}`)) === undefined;
  };
  assert.ok(basic(`alice:${SECRET}`) && basic("bob:other"));
  const wrong = ["alice:pass", "alice", "alice:", ":", "", "bob:pass:word", "ALICE:pass:word"];
  assert.ok(!wrong.some(basic));
  assert.notEqual(server.authorize(request("PLAY", URL, "Basic ====")), undefined);
});

/** A digest of `alice` over what is given, on a server whose nonce is known. */
function digest(given: Readonly<Record<string, string>>, algorithm: "MD5" | "SHA-256" = "MD5") {
  const server = new ServerAuth({ users: [ALICE], entropy: entropy() });
  const values = {
    username: "alice",
    realm: "sightline",
    nonce: "01".repeat(16),
    uri: URL,
    ...given,
  };
  const { username: user, realm: authRealm, nonce, uri } = values;
  const response = digestResponse({
    ...{ algorithm, user, authRealm, password: SECRET, method: "PLAY", uri, nonce },
    qop: undefined,
  });
  return (method: string, asked: string) =>
    server.authorize(request(method, asked, formatAuth("Digest", { response, ...values })));
}

test("ServerAuth takes a digest for its own request, realm, nonce and algorithm only", () => {
  assert.equal(digest({})("PLAY", URL), undefined);
  assert.equal(digest({ algorithm: "SHA-256" }, "SHA-256")("PLAY", URL), undefined);
  const refused = [
    digest({})("PAUSE", URL),
    digest({ response: "" })("PLAY", URL),
    digest({ realm: "other" })("PLAY", URL),
    digest({ username: "bob" })("PLAY", URL),
    digest({ algorithm: "SHA-256" })("PLAY", URL),
    digest({ algorithm: "MD5-sess" })("PLAY", URL),
    digest({ qop: "auth" })("PLAY", URL),
    digest({ qop: "auth-int" })("PLAY", URL),
  ];
  for (const challenges of refused) assert.doesNotMatch(challenges?.join() ?? "", /stale/);
  assert.ok(refused.every((challenges) => challenges !== undefined));
});

test("ServerAuth calls a good digest over another connection's nonce stale, and no bad one", () => {
  const good = digest({ nonce: "another" })("PLAY", URL);
  assert.ok(good?.slice(0, 2).every((challenge) => challenge.includes("stale=true")));
  const bad = digest({ nonce: "another", response: "0" })("PLAY", URL);
  assert.ok(bad !== undefined && !bad.join().includes("stale"));
});

test("ServerAuth takes a digest over the whole for a track of it, and over nothing else", () => {
  const same = ["rtsp://h/a", "rtsp://h/a/", "rtsp://h/a/trackID=1", "rtsp://user@h:554/a"];
  for (const asked of same) assert.equal(digest({})("PLAY", asked), undefined, asked);
  for (const asked of ["rtsp://h/b", "rtsp://h/a/b", "*", "/a"]) {
    assert.notEqual(digest({})("PLAY", asked), undefined, asked);
  }
  assert.equal(digest({ uri: "*" })("PLAY", "*"), undefined);
});
