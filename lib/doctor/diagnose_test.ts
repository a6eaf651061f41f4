import assert from "node:assert/strict";
import { test } from "node:test";
import type { TunnelEnd } from "../tunnel_end.ts";
import { CAUSES } from "./cause.ts";
import { causeOf, diagnose } from "./diagnose.ts";
import type { Findings, ServerFinding, StreamFinding, WayFinding } from "./findings.ts";

const END: TunnelEnd = { reason: "timeout", stage: "punching", detail: "nobody came", advice: "" };

const SERVER: ServerFinding = {
  role: "main",
  endpoint: { address: "10.0.0.1", port: 8800 },
  sent: 1,
  answers: 1,
  garbage: 0,
  after: 20,
  clockAhead: undefined,
};

const STREAM: StreamFinding = {
  way: "lan",
  hasAnswered: true,
  hasKeyframe: true,
  end: undefined,
  isWayLost: false,
};

const FINDINGS: Findings = {
  vendor: "dahua",
  wanted: "auto",
  hasPassword: true,
  names: [{ host: "cloud.example", addresses: ["10.0.0.1"], detail: "" }],
  servers: [SERVER],
  hasHeard: true,
  isPassedOn: true,
  isSaltRefused: false,
  otherClouds: [],
  lookupEnd: undefined,
  cameraAfter: 100,
  isGone: false,
  isSpared: false,
  ways: [],
  stream: undefined,
};

function way(changes: Partial<WayFinding>): WayFinding {
  return {
    way: "lan",
    outcome: "open",
    end: undefined,
    rtt: 5,
    loss: 0,
    breach: undefined,
    ...changes,
  };
}

const failed = (end: Partial<TunnelEnd>, changes: Partial<WayFinding> = {}): WayFinding =>
  way({ outcome: "failed", end: { ...END, ...end }, ...changes });

const WORKS = { stream: STREAM, ways: [way({})] };

/** What was found, and what it is called. */
const ROWS: readonly (readonly [string, Partial<Findings>, keyof typeof CAUSES])[] = [
  ["a key frame over a good way", WORKS, "works"],
  [
    "a loss above 5 %",
    { ...WORKS, ways: [way({ loss: 0.051 })] },
    "works-lossy",
  ],
  ["a loss of 5 %", { ...WORKS, ways: [way({ loss: 0.05 })] }, "works"],
  [
    "a clock a minute off",
    { ...WORKS, servers: [{ ...SERVER, clockAhead: 60_000 }] },
    "works",
  ],
  [
    "a clock more than a minute off",
    { ...WORKS, servers: [{ ...SERVER, clockAhead: -60_001 }] },
    "works-wrong-clock",
  ],
  [
    "a clock off by one server of two",
    { ...WORKS, servers: [{ ...SERVER, clockAhead: 500 }, { ...SERVER, clockAhead: 90_000 }] },
    "works-wrong-server-clock",
  ],
  [
    "a relay of Reolink's that is heard late",
    { ...WORKS, vendor: "reolink", servers: [{ ...SERVER, role: "relay", after: 9_000 }] },
    "works",
  ],
  [
    "the way asked for failed, another did not",
    { ...WORKS, wanted: "relay", ways: [way({}), failed({}, { way: "relay" })] },
    "pinned-way",
  ],
  [
    "one way alone, which broke off",
    { ...WORKS, ways: [way({ breach: END })] },
    "stream-breaks",
  ],
  [
    "one way of two that broke off",
    { ...WORKS, ways: [way({ breach: END }), way({ way: "relay" })] },
    "works-breaking",
  ],
  [
    "a camera that is gone in the end",
    { ...WORKS, isGone: true, ways: [way({}), failed({}, { way: "relay" })] },
    "lost",
  ],
  [
    "no name resolved",
    { names: [{ host: "x", addresses: [], detail: "no" }], lookupEnd: END },
    "unresolved",
  ],
  [
    "one name of two resolved, and nothing heard",
    {
      names: [{ host: "x", addresses: [], detail: "no" }, ...FINDINGS.names],
      hasHeard: false,
      ways: [failed({ stage: "main-probe" })],
    },
    "nothing-answers",
  ],
  [
    "nothing heard but of another cloud",
    {
      hasHeard: false,
      ways: [failed({ stage: "main-probe" })],
      otherClouds: [{ server: "x:1", knows: false }],
    },
    "server-silent",
  ],
  [
    "another cloud knows it",
    {
      ways: [failed({ stage: "locate", reason: "unreachable" })],
      otherClouds: [{ server: "x:1", knows: true }],
    },
    "other-cloud",
  ],
  ["an account a server refused", {
    ways: [failed({ stage: "main-probe", reason: "auth" })],
  }, "client-refused"],
  ["a camera that refused an account", {
    ways: [failed({ stage: "authenticate", reason: "auth" })],
  }, "password-refused"],
  ["a camera that refused a salt", {
    isSaltRefused: true,
    ways: [failed({ stage: "authenticate", reason: "auth" })],
  }, "salt-unknown"],
  ["a camera that refused to do without an account", {
    hasPassword: false,
    isSaltRefused: true,
    ways: [failed({ stage: "channel", reason: "auth" })],
  }, "password-missing"],
  ["a server that refused for reasons of its own", {
    ways: [failed({ stage: "locate", reason: "peer" })],
  }, "server-refuses"],
  ["a server that did not pass it on", {
    isPassedOn: false,
    ways: [failed({ stage: "channel" })],
  }, "server-silent"],
  ["punching failed on all ways", {
    ways: [failed({}), failed({}, { way: "direct" }), failed({}, { way: "relay" })],
  }, "no-way"],
  ["a login that was not answered", {
    ways: [way({})],
    stream: { ...STREAM, hasKeyframe: false, end: { ...END, stage: "login" } },
  }, "login-failed"],
  ["an address where nobody is", {
    vendor: "reolink",
    names: [],
    servers: [],
    hasHeard: false,
    ways: [failed({ stage: "connecting", reason: "timeout" }, { way: "tcp" })],
  }, "not-started"],
  ["a camera that was spared, and could not be looked for", {
    vendor: "reolink",
    isSpared: true,
    ways: [failed({ stage: "lookup", reason: "unreachable" })],
  }, "spared"],
  ["nothing at all", { names: [], servers: [] }, "not-started"],
];

for (const [found, changes, cause] of ROWS) {
  test(`causeOf() calls ${found} ${cause}`, () => {
    assert.equal(causeOf({ ...FINDINGS, ...changes }).type, cause);
  });
}

test("diagnose() gives one sentence each, and the exit code of the cause", () => {
  for (const [, changes, cause] of ROWS) {
    const diagnosis = diagnose({ ...FINDINGS, ...changes });
    assert.equal(diagnosis.exitCode, CAUSES[cause].exitCode);
    for (const text of [diagnosis.cause, diagnosis.remedy]) {
      assert.match(text, /^[A-Z].*[.]$/);
      assert.doesNotMatch(text, /undefined/);
    }
  }
});

test("CAUSES ends with 0 where a picture came or nothing is wrong so far, and nowhere else", () => {
  for (const [type, { exitCode }] of Object.entries(CAUSES)) {
    assert.equal(exitCode === 0, type.startsWith("works") || type === "spared", type);
  }
});
