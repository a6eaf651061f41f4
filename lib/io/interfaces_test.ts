import assert from "node:assert/strict";
import { test } from "node:test";
import { isIpv4 } from "../endpoint.ts";
import {
  broadcastAddresses,
  byImportance,
  defaultInterface,
  directedBroadcast,
} from "./interfaces.ts";

const ROUTES = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0
`;

test("defaultInterface() names the interface of the default route", () => {
  assert.equal(defaultInterface(ROUTES), "wlan0");
  assert.equal(defaultInterface(""), undefined);
  assert.equal(defaultInterface("nothing\nof the kind"), undefined);
});

test("byImportance() puts the addresses of one interface before the others", () => {
  const addresses = ["docker0", "wlan0", "wg0", "wlan0"].map((name, i) => {
    return { name, address: `192.0.2.${i}`, netmask: "255.255.255.0" };
  });
  const order = (first: string | undefined) => byImportance(addresses, first).map((a) => a.address);
  assert.deepEqual(order("wlan0"), ["192.0.2.1", "192.0.2.3", "192.0.2.0", "192.0.2.2"]);
  assert.deepEqual(order(undefined), addresses.map(({ address }) => address));
});

test("directedBroadcast() is the last address of a network that has one", () => {
  const of = (address: string, netmask: string) =>
    directedBroadcast({ name: "x", address, netmask });
  assert.deepEqual(of("192.168.1.20", "255.255.255.0"), ["192.168.1.255"]);
  assert.deepEqual(of("172.17.5.9", "255.255.0.0"), ["172.17.255.255"]);
  assert.deepEqual(of("10.0.0.17", "255.255.255.240"), ["10.0.0.31"]);
  assert.deepEqual(of("10.0.0.1", "255.255.255.254"), []);
  assert.deepEqual(of("10.0.0.1", "255.255.255.255"), []);
});

test("broadcastAddresses() always has the one for wherever we are", () => {
  const addresses = broadcastAddresses();
  assert.equal(addresses[0], "255.255.255.255");
  assert.ok(addresses.every(isIpv4));
});
