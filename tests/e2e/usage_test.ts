import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { startProgram } from "../support/program.ts";

const SERIAL = "dahua://4K0123PAZ00001";

const MISTAKES: readonly [string, readonly string[], RegExp][] = [
  ["an unknown command", ["forwrad"], /no command "forwrad"; did you mean forward\?/],
  ["an unknown option", ["forward", "--fro", "1s"], /no option --fro; did you mean --for\?/],
  ["an option without its value", ["sim", "--scenario"], /--scenario needs a value/],
  ["a flag with a value", ["sim", "--json=1"], /--json takes no value/],
  ["nothing to forward", ["forward", SERIAL], /needs an ADDRESS and at least one PORT:DEVICEPORT/],
  ["a malformed address", ["forward", "4K0123PAZ00001", "1:2"], /must look like dahua:\/\/SERIAL/],
  ["a misspelt parameter", ["forward", `${SERIAL}?wya=lan`, "1:2"], /no parameter named "wya"/],
  ["an impossible port", ["forward", SERIAL, "99999:554"], /must be \[BIND:\]PORT:DEVICEPORT/],
  ["a forward without device port", ["forward", SERIAL, "554"], /must be \[BIND:\]PORT/],
  ["a bind that is no address", ["forward", SERIAL, "lan:1:2"], /must bind an IPv4 address/],
  ["a bad duration", ["forward", SERIAL, "0:554", "--for", "5"], /500ms, 30s, 10m or 2h: is "5"/],
  ["a Reolink camera", ["forward", "reolink://95270000YGAKNWKJ", "1:2"], /needs a dahua:\/\//],
  ["a bad log level", ["sim", "--log-level", "loud"], /must be one of error, warn/],
  ["a missing scenario", ["sim", "--scenario", "/nowhere.yaml"], /there is no such file/],
];

for (const [name, args, message] of MISTAKES) {
  test(`sightline explains ${name} in one line and exits with 2`, async () => {
    const program = startProgram(args);
    assert.equal(await program.exit, 2);
    assert.equal(program.err.length, 1);
    assert.match(program.err[0] ?? "", message);
  });
}

test("sightline serve says what to do where there is no configuration", async () => {
  const program = startProgram(["serve"]);
  assert.equal(await program.exit, 2);
  assert.match(program.err.join("\n"), /no such file\n\s+--config FILE says where it is/);
});

test("sightline help COMMAND is COMMAND --help, and knows no other", async () => {
  const program = startProgram(["help", "forward"]);
  assert.equal(await program.exit, 0);
  assert.match(program.out.join("\n"), /^Usage: sightline forward/);
  const unknown = startProgram(["help", "forwrad"]);
  assert.equal(await unknown.exit, 2);
  assert.match(unknown.err.join("\n"), /did you mean forward\?/);
});

test("sightline open prints no address when it ends before there is a picture", async () => {
  const address = `${SERIAL}?server=127.0.0.1:9`;
  const program = startProgram(["open", address, "--listen", "127.0.0.1:0", "--for", "500ms"]);
  assert.equal(await program.exit, 0);
  assert.deepEqual(program.out, []);
});

test("sightline explains a port that is taken, and what to do", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const program = startProgram(["open", SERIAL, "--listen", `127.0.0.1:${port}`]);
  assert.equal(await program.exit, 2);
  server.close();
  assert.match(program.err.join("\n"), /already in use\n\s+Another program has that port/);
});

test("sightline without arguments shows its commands and exits with 2", async () => {
  const program = startProgram([]);
  assert.equal(await program.exit, 2);
  assert.match(program.out.join("\n"), /forward .*ports of a Dahua device/);
});

for (const command of ["forward", "sim", "demo", "version"]) {
  test(`sightline ${command} --help shows how it is used`, async () => {
    const program = startProgram([command, "--help"]);
    assert.equal(await program.exit, 0);
    assert.match(program.out.join("\n"), new RegExp(`Usage: sightline ${command}`));
  });
}

test("sightline version --json names version and runtime", async () => {
  const program = startProgram(["version", "--json"]);
  assert.equal(await program.exit, 0);
  assert.match(program.out[0] ?? "", /^\{"version":"\d+\.\d+\.\d+","runtime":"(Deno|Bun) /);
});
