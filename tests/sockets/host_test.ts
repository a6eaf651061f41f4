import { test } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { isIpv4 } from "../../lib/endpoint.ts";
import { ResolveError } from "../../lib/io/errors.ts";
import { readTextFile } from "../../lib/io/text_file.ts";
import { systemWorld } from "../../lib/io/world.ts";

const { signal } = new AbortController();

test("resolve() finds the IPv4 address of a host name", async () => {
  assert.equal(await systemWorld.resolve("localhost", signal), "127.0.0.1");
});

test("resolve() names a host that does not exist", async () => {
  await assert.rejects(systemWorld.resolve("camera.invalid", signal), (error) => {
    assert.ok(error instanceof ResolveError);
    assert.match(error.message, /^Cannot resolve "camera\.invalid" as /);
    return true;
  });
});

test("resolve() rejects an IPv6 address", async () => {
  await assert.rejects(systemWorld.resolve("::1", signal), { name: "ResolveError" });
});

test("localAddresses() lists IPv4 addresses and no loopback", () => {
  for (const address of systemWorld.localAddresses()) {
    assert.ok(isIpv4(address), address);
    assert.ok(!address.startsWith("127."), address);
  }
});

test("readTextFile() reads a file", async () => {
  const text = await readTextFile(fileURLToPath(import.meta.url), 100_000);
  assert.match(text, /^import \{ test \} from "node:test";\n/);
});

test("readTextFile() stops at a file that is too large", async () => {
  await assert.rejects(readTextFile(fileURLToPath(import.meta.url), 100), {
    name: "FileError",
    code: "too-large",
  });
});

test("readTextFile() names a file that does not exist", async () => {
  await assert.rejects(readTextFile("no/such/file.yaml", 100), {
    name: "FileError",
    code: "not-found",
    message: `Cannot read "no/such/file.yaml" as there is no such file`,
  });
});

test("readTextFile() says that a directory is none", async () => {
  await assert.rejects(readTextFile(fileURLToPath(new URL(".", import.meta.url)), 100), {
    name: "FileError",
    message: /it is a directory$/,
  });
});
