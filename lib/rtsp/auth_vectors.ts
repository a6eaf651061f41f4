/** Challenges and digests as text and value; for tests and as seeds of the fuzzer. @module */

import type { DigestInput } from "./digest.ts";

export interface ChallengeVector {
  readonly name: string;
  readonly text: string;
  readonly challenges: readonly {
    readonly scheme: string;
    readonly parameters: Readonly<Record<string, string>>;
  }[];
}

export const CHALLENGE_VECTORS: readonly ChallengeVector[] = [
  {
    name: "Digest as Dahua devices send it",
    text: 'Digest realm="Login to 4K0123PAZ00001", nonce="82c45a4b8a2ed0a3bdc5d0f0f3c1a1f9"',
    challenges: [{
      scheme: "digest",
      parameters: {
        realm: "Login to 4K0123PAZ00001",
        nonce: "82c45a4b8a2ed0a3bdc5d0f0f3c1a1f9",
      },
    }],
  },
  {
    name: "Basic with an empty realm",
    text: 'Basic realm=""',
    challenges: [{ scheme: "basic", parameters: { realm: "" } }],
  },
  {
    name: "several schemes in one header, parameters without quotes, odd white space",
    text: 'Digest realm = "a, b=c" ,nonce=x1,  qop="auth,auth-int",algorithm=SHA-256 ,' +
      'stale=TRUE, Basic REALM="a", Negotiate',
    challenges: [
      {
        scheme: "digest",
        parameters: {
          realm: "a, b=c",
          nonce: "x1",
          qop: "auth,auth-int",
          algorithm: "SHA-256",
          stale: "TRUE",
        },
      },
      { scheme: "basic", parameters: { realm: "a" } },
      { scheme: "negotiate", parameters: {} },
    ],
  },
  {
    name: "quotes and backslashes inside quotes, a parameter twice",
    text: String.raw`Digest realm="a\"b\\c", realm="d", nonce="e"`,
    challenges: [{ scheme: "digest", parameters: { realm: String.raw`a"b\c`, nonce: "e" } }],
  },
  {
    name: "a quote that never ends, up to it",
    text: 'Digest realm="a", nonce="b',
    challenges: [{ scheme: "digest", parameters: { realm: "a", nonce: "" } }],
  },
  { name: "nothing", text: " , ,", challenges: [] },
  { name: "parameters of no scheme", text: 'realm="a"', challenges: [] },
];

export interface DigestVector {
  readonly name: string;
  readonly input: DigestInput;
  readonly response: string;
}

const RFC_7616 = {
  user: "Mufasa",
  authRealm: "http-auth@example.org",
  password: "Circle of Life",
  method: "GET",
  uri: "/dir/index.html",
  nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
  qop: {
    nonceCount: "00000001",
    clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
  },
};

export const DIGEST_VECTORS: readonly DigestVector[] = [
  {
    name: "RFC 7616 section 3.9.1, MD5",
    input: { ...RFC_7616, algorithm: "MD5" },
    response: "8ca523f5e9506fed4657c9700eebdbec",
  },
  {
    name: "RFC 7616 section 3.9.1, SHA-256",
    input: { ...RFC_7616, algorithm: "SHA-256" },
    response: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
  },
  {
    name: "RFC 2617 section 3.5",
    input: {
      ...RFC_7616,
      algorithm: "MD5",
      authRealm: "testrealm@host.com",
      password: "Circle Of Life",
      nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
      qop: { nonceCount: "00000001", clientNonce: "0a4f113b" },
    },
    response: "6629fae49393a05397450978507c4ef1",
  },
  {
    name: "RFC 2069 section 2.4 as its erratum has it, without qop",
    input: {
      ...RFC_7616,
      algorithm: "MD5",
      authRealm: "testrealm@host.com",
      password: "CircleOfLife",
      nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
      qop: undefined,
    },
    response: "1949323746fe6a43ef61f9606e7febea",
  },
];
