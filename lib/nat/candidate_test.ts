import assert from "node:assert/strict";
import { test } from "node:test";
import { type Candidate, comparePreference, isPrivateAddress, toCandidates } from "./candidate.ts";

test("toCandidates() keeps usable endpoints once and in order", () => {
  const endpoints = [
    { address: "10.0.0.2", port: 5 },
    { address: "10.0.0.1", port: 5 },
    { address: "10.0.0.2", port: 5 },
    { address: "10.0.0.2", port: 6 },
    { address: "127.0.0.1", port: 65535 },
    { address: "10.0.0.1", port: 0 },
    { address: "10.0.0.1", port: 65536 },
    { address: "10.0.0.1", port: 1.5 },
    { address: "0.0.0.0", port: 5 },
    { address: "224.0.0.1", port: 5 },
    { address: "255.255.255.255", port: 5 },
    { address: "example.com", port: 5 },
  ];
  assert.deepEqual(
    toCandidates("host", endpoints).map(({ kind, endpoint }) =>
      `${kind} ${endpoint.address} ${endpoint.port}`
    ),
    ["host 10.0.0.2 5", "host 10.0.0.1 5", "host 10.0.0.2 6", "host 127.0.0.1 65535"],
  );
});

test("comparePreference() prefers the LAN to the internet, and that to a relay", () => {
  const endpoint = { address: "10.0.0.1", port: 5 };
  const kinds = ["relay", "srflx", "host"] as const;
  const candidates: Candidate[] = kinds.map((kind) => ({ kind, endpoint }));
  assert.deepEqual(candidates.sort(comparePreference).map(({ kind }) => kind), [
    "host",
    "srflx",
    "relay",
  ]);
});

test("isPrivateAddress() knows the addresses for use inside a network", () => {
  const inside = [
    "10.0.0.1",
    "127.0.0.1",
    "192.168.1.1",
    "169.254.0.1",
    "172.16.0.1",
    "172.31.0.1",
  ];
  const outside = ["11.0.0.1", "100.1.2.3", "192.169.1.1", "172.15.0.1", "172.32.0.1", "1.10.0.1"];
  assert.ok(inside.every(isPrivateAddress));
  assert.ok(!outside.some(isPrivateAddress));
});
