/** What the program does with a camera's password, and where it must never show. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { systemWorld } from "../../lib/io/world.ts";
import type { World } from "../../lib/io/types.ts";
import { deviceKey } from "../../lib/dahua/signaling/device_auth.ts";
import { type LoopbackDahua, startLoopbackDahua } from "../support/loopback_dahua.ts";
import { type Program, startProgram } from "../support/program.ts";

const SERIAL = "4K0123PAZ00001";
const SALT = "0123456789abcdef0123456789abcdef";
const USER = "viewer";

/** Each has what URLs, shells and regular expressions take for something else. */
const RIGHT = "c0rrect/horse?b@ttery:staple";
const WRONG = "Tr0ub4dor&3 %41 pässwort#";

const FORMATS: readonly (readonly string[])[] = [
  ["--log-level", "trace"],
  ["--log-level", "trace", "--log-format", "json", "--json"],
];

/** A camera that wants authentication, and the program's world with an ear on its sockets. */
async function withCamera(
  body: (camera: LoopbackDahua, world: World, proofs: () => readonly string[]) => Promise<void>,
): Promise<void> {
  const settings = { auth: "required", user: USER, password: RIGHT, salt: { value: SALT } };
  const camera = await startLoopbackDahua({
    dahua: { cameras: [{ serial: SERIAL, ...settings }] },
  });
  const sent: string[] = [];
  const world: World = {
    ...systemWorld,
    async openUdp(at) {
      const socket = await systemWorld.openUdp(at);
      const send = socket.send.bind(socket);
      socket.send = (to, bytes) => {
        sent.push(new TextDecoder().decode(bytes));
        send(to, bytes);
      };
      return socket;
    },
  };
  const proofs = () => sent.flatMap((text) => /<DevAuth>(.*?)<\/DevAuth>/.exec(text)?.[1] ?? []);
  try {
    await body(camera, world, proofs);
  } finally {
    camera.close();
  }
}

/** Where the program may get a password from: what it is called with, and its environment. */
const SOURCES = {
  "in the address": (server: string, password: string) => ({
    address: `dahua://${USER}:${encodeURIComponent(password)}@${SERIAL}?server=${server}`,
    env: {},
  }),
  "from the environment": (server: string, password: string) => ({
    address: `dahua://${USER}@${SERIAL}?server=${server}`,
    env: { SIGHTLINE_PASSWORD: password },
  }),
} as const;

/** Fails when the program has said anything from which the password could be had. */
function assertDiscreet({ out, err }: Program, password: string, proofs: readonly string[] = []) {
  const secrets = [
    password,
    encodeURIComponent(password),
    encodeURI(password),
    JSON.stringify(password).slice(1, -1),
    deviceKey({ user: USER, password: { reveal: () => password } }, SALT),
    ...proofs,
  ];
  const said = [...out, ...err].join("\n");
  for (const secret of secrets) {
    const at = said.toLowerCase().indexOf(secret.toLowerCase());
    assert.ok(at < 0, `says ${said.slice(Math.max(0, at - 60), at + 60)}`);
  }
}

for (const [name, from] of Object.entries(SOURCES)) {
  for (const format of FORMATS) {
    const how = `${name}, ${format.join(" ")}`;

    test(`sightline forward tries a wrong password once, exits with 4 and keeps it, ${how}`, async () => {
      await withCamera(async ({ server, device }, world, proofs) => {
        const { address, env } = from(server, WRONG);
        const program = startProgram(["forward", address, "0:554", ...format], { world, env });
        assert.equal(await program.exit, 4);
        assert.deepEqual(device.guard?.counters, { attempts: 1, failures: 1, locked: 0 });
        assert.equal(proofs().length, 1);
        assert.match(program.err.join("\n"), /refused user name or password/);
        assertDiscreet(program, WRONG, proofs());
      });
    });

    test(`sightline forward keeps a right password to itself, ${how}`, async () => {
      await withCamera(async ({ server, device }, world, proofs) => {
        const { address, env } = from(server, RIGHT);
        const program = startProgram(["forward", address, "0:554", ...format], { world, env });
        await program.line(/Connected to|"event":"open"/);
        program.stop();
        assert.equal(await program.exit, 0);
        assert.equal(device.guard?.counters.failures, 0);
        assert.ok(proofs().length > 0);
        assertDiscreet(program, RIGHT, proofs());
      });
    });
  }
}

const PASSWORD = "0pen$esame";
const CAMERA = `${USER}:${PASSWORD}@${SERIAL}`;

const MISTAKES: readonly [string, readonly string[]][] = [
  ["without a serial", ["forward", `dahua://${USER}:${PASSWORD}@`, "0:554"]],
  ["with too short a serial", ["forward", `dahua://${USER}:${PASSWORD}@4K`, "0:554"]],
  ["that ends behind the password", ["forward", `dahua://${USER}:${PASSWORD}`, "0:554"]],
  ["that ends so, with parameters", ["forward", `dahua://${USER}:${PASSWORD}?way=lan`, "0:554"]],
  ["with an unknown parameter", ["forward", `dahua://${CAMERA}?wya=lan`, "0:554"]],
  ["with an impossible value", ["forward", `dahua://${CAMERA}?way=east`, "0:554"]],
  ["without slashes", ["forward", `dahua:${CAMERA}`, "0:554"]],
  ["with one slash", ["forward", `dahua:/${CAMERA}`, "0:554"]],
  ["without a scheme", ["forward", CAMERA, "0:554"]],
  ["with another scheme", ["forward", `rtsp://${CAMERA}`, "0:554"]],
  ["of another vendor", ["forward", `reolink://${CAMERA}`, "0:554"]],
  ["with a slash in the password", ["forward", `dahua://u:a/${CAMERA}`, "0:554"]],
  ["with a question mark in the password", ["forward", `dahua://u:${PASSWORD}?b@${SERIAL}`, "0:1"]],
  ["with a question mark before it", ["forward", `dahua://u:a?${PASSWORD}@${SERIAL}`, "0:1"]],
  ["with a hash in the password", ["forward", `dahua://u:${PASSWORD}#b@${SERIAL}`, "0:554"]],
  ["with a broken escape in it", ["forward", `dahua://u:${PASSWORD}%zz@${SERIAL}`, "0:554"]],
  ["with the password as a parameter", [
    "forward",
    `dahua://${SERIAL}?password=${PASSWORD}`,
    "0:1",
  ]],
  ["with nothing to forward", ["forward", `dahua://${CAMERA}`]],
  ["in place of a forward", ["forward", `dahua://${SERIAL}`, `dahua://${CAMERA}`]],
  ["behind its forwards", ["forward", "0:554", `dahua://${CAMERA}`]],
  ["in place of a command", [`dahua://${CAMERA}`, "0:554"]],
  ["in place of a duration", ["forward", "--for", `dahua://${CAMERA}`, "0:554"]],
  ["in place of a log level", ["forward", "--log-level", `dahua://${CAMERA}`, "0:554"]],
  ["as an option", ["forward", `--dahua://${CAMERA}`, "0:554"]],
  ["where none belongs", ["sim", `dahua://${CAMERA}`]],
  ["as a scenario", ["sim", "--scenario", `dahua://${CAMERA}`]],
];

for (const [name, args] of MISTAKES) {
  test(`sightline complains of an address ${name} without its password`, async () => {
    const program = startProgram(args);
    assert.equal(await program.exit, 2);
    assertDiscreet(program, PASSWORD);
  });
}
