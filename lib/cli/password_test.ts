import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCameraAddress } from "../config/camera_address.ts";
import { systemWorld } from "../io/world.ts";
import { Log } from "../log/log.ts";
import { readArgs } from "./args.ts";
import type { CliContext } from "./context.ts";
import { withPassword } from "./password.ts";

function setUp(stdin: string, env: Record<string, string> = {}) {
  const logged: string[] = [];
  const context: CliContext = {
    world: systemWorld,
    print: () => {},
    complain: () => {},
    log: new Log((_level, message) => logged.push(message)),
    stop: new AbortController().signal,
    onHangup: () => () => {},
    env,
    readTextFile: () => Promise.reject(new Error("no file is read")),
    readStdin: () => Promise.resolve(stdin),
  };
  return { context, logged };
}

const PLAIN = parseCameraAddress("dahua://4K0123PAZ00001");
const WITH_USER = parseCameraAddress("dahua://viewer@4K0123PAZ00001");
const WITH_PASSWORD = parseCameraAddress("dahua://viewer:own@4K0123PAZ00001");
const FROM_STDIN = readArgs(["--password-stdin"], { flags: ["password-stdin"] });
const NOTHING = readArgs([], {});

test("withPassword() takes a line of standard input, for the user named or admin", async () => {
  const { context } = setUp("s3cret\n");
  const plain = await withPassword(PLAIN, FROM_STDIN, context);
  assert.equal(plain.credentials?.user, "admin");
  assert.equal(plain.credentials?.password?.reveal(), "s3cret");
  const named = await withPassword(WITH_USER, FROM_STDIN, context);
  assert.equal(named.credentials?.user, "viewer");
});

for (
  const [name, stdin] of [["nothing", "\n"], ["more than one line", "s3cret\nmore\n"]] as const
) {
  test(`withPassword() takes ${name} on standard input for a mistake, without repeating it`, async () => {
    const { context } = setUp(stdin);
    await assert.rejects(withPassword(PLAIN, FROM_STDIN, context), (error: Error) => {
      assert.equal(error.name, "ConfigError");
      assert.doesNotMatch(error.message, /s3cret|more\n/);
      return true;
    });
  });
}

test("withPassword() takes the environment's where the address has none", async () => {
  const { context, logged } = setUp("", { SIGHTLINE_PASSWORD: "from-env" });
  const address = await withPassword(WITH_USER, NOTHING, context);
  assert.equal(address.credentials?.password?.reveal(), "from-env");
  assert.deepEqual(logged, []);
  const own = await withPassword(WITH_PASSWORD, NOTHING, context);
  assert.equal(own.credentials?.password?.reveal(), "own");
});

test("withPassword() warns of a password on the command line, without repeating it", async () => {
  const { context, logged } = setUp("");
  await withPassword(WITH_PASSWORD, NOTHING, context);
  assert.match(logged.join(), /can be seen by other users/);
  assert.doesNotMatch(logged.join(), /own/);
});

test("withPassword() refuses two passwords", async () => {
  const { context } = setUp("s3cret\n");
  await assert.rejects(withPassword(WITH_PASSWORD, FROM_STDIN, context), { name: "ConfigError" });
});

test("withPassword() leaves an address without any as it is", async () => {
  const { context } = setUp("");
  assert.equal(await withPassword(PLAIN, NOTHING, context), PLAIN);
});
