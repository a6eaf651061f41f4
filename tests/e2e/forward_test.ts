import assert from "node:assert/strict";
import { test } from "node:test";
import { listenTcp } from "../../lib/io/tcp.ts";
import { openUdp } from "../../lib/io/udp_socket.ts";
import {
  ANY,
  dial,
  echo,
  echoOnce,
  flood,
  portOf,
  readExactly,
  startServer,
  withSim,
} from "../support/forwarding.ts";
import { hastyWorld, type Program, startProgram } from "../support/program.ts";

const HASTY = { world: hastyWorld(10) };

test("sightline forward carries several ports and connections at once, and stops cleanly", async () => {
  const server = await startServer(echo);
  const at = `127.0.0.1:${server.local.port}`;
  const camera = { serial: "SIMULATED000001", ports: { "80": at, "37777": at } };
  await withSim({ dahua: { cameras: [camera] } }, async (address) => {
    const program = startProgram(["forward", address, "0:80", "0:37777", "--json"]);
    const ports = [await portOf(program, 0), await portOf(program, 1)];
    const streams = await Promise.all([...ports, ...ports, ports[0] ?? 0].map(dial));
    await Promise.all(streams.map(async (stream, i) => {
      const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => (at * 7 + i) & 0xff);
      let sum = 0;
      for (const byte of bytes) sum = (sum * 31 + byte) >>> 0;
      const [, read] = await Promise.all([stream.write(bytes), readExactly(stream, 200_000)]);
      assert.equal(read, sum);
    }));
    program.stop();
    assert.equal(await program.exit, 0);
    const opened = program.out.filter((line) => line.includes('"event":"open"'));
    assert.equal(opened.length, 1, "a further session for the fifth changes nothing");
    assert.ok(program.err.some((line) => /open session=further/.test(line)));
    assert.equal(await streams[0]?.read().catch(() => undefined), undefined);
  });
  await server.close();
});

test("sightline forward accepts a connection before the tunnel stands", async () => {
  const server = await startServer(echo);
  const camera = {
    serial: "SIMULATED000001",
    ports: { "80": `127.0.0.1:${server.local.port}` },
    faults: { answerDelay: "1s" },
  };
  await withSim({ dahua: { cameras: [camera] } }, async (address) => {
    const program = startProgram(["forward", address, "0:80", "--json"]);
    const stream = await dial(await portOf(program));
    await stream.write(Uint8Array.of(1, 2, 3));
    assert.equal(program.out.some((line) => line.includes('"open"')), false);
    assert.deepEqual(Array.from((await stream.read()) ?? []), [1, 2, 3]);
    program.stop();
    assert.equal(await program.exit, 0);
  });
  await server.close();
});

test("sightline forward --for ends by itself with 0", async () => {
  await withSim({}, async (address) => {
    const program = startProgram(["forward", address, "0:554", "--for", "300ms"]);
    assert.equal(await program.exit, 0);
  });
});

test("sightline forward keeps a fast viewer going while another one is stalled", async () => {
  const server = await startServer(flood);
  const camera = {
    serial: "SIMULATED000001",
    ports: { "80": `127.0.0.1:${server.local.port}` },
    link: { delay: "1ms" },
  };
  await withSim({ dahua: { cameras: [camera] } }, async (address) => {
    const program = startProgram(["forward", address, "0:80", "--json"]);
    const port = await portOf(program);
    const stalled = await dial(port);
    const fast = await dial(port);
    const closed = program.line(/its reader left \d+ bytes unread/);
    let read = 0;
    const reading = (async () => {
      for (let bytes = await fast.read(); bytes; bytes = await fast.read()) {
        read += bytes.byteLength;
      }
    })().catch(() => {});
    await closed;
    const atClose = read;
    await readExactly(await dial(port), 1 << 20);
    assert.ok(atClose > 1 << 20 && read > atClose, "the fast one must go on");
    program.stop();
    assert.equal(await program.exit, 0);
    stalled.abort();
    await reading;
  });
  await server.close();
});

test("sightline forward says that a port is taken and exits with 2", async () => {
  const taken = await listenTcp(ANY, (stream) => stream.abort());
  const program = startProgram(["forward", "dahua://4K0123PAZ00001", `${taken.local.port}:554`]);
  assert.equal(await program.exit, 2);
  assert.match(
    program.err.join("\n"),
    /Cannot listen on TCP 127\.0\.0\.1:\d+ as the port is already in use\n.*choose another/,
  );
  await taken.close();
});

test("sightline forward says that the serial number is unknown and exits with 3", async () => {
  await withSim({}, async (address) => {
    const other = address.replace("SIMULATED000001", "SIMULATED000002");
    const program = startProgram(["forward", other, "0:554"], HASTY);
    assert.equal(await program.exit, 3);
    assertTold(program, /does not know this serial number, or the camera is offline/);
  });
});

test("sightline forward says that a cloud never answers and exits with 5", async () => {
  await withSim({ dahua: { servers: { main: { silent: true } } } }, async (address) => {
    const program = startProgram(["forward", address, "0:554"], HASTY);
    assert.equal(await program.exit, 5);
    assertTold(program, /did not answer \d+ requests in \d+\.\d s/);
  });
});

test("sightline forward says that nothing listens at the cloud's address and exits with 5", async () => {
  const socket = await openUdp(ANY);
  const { port } = socket.local;
  socket.close();
  const address = `dahua://4K0123PAZ00001?server=127.0.0.1:${port}`;
  const program = startProgram(["forward", address, "0:1"], HASTY);
  assert.equal(await program.exit, 5);
  assertTold(program, /did not answer/);
});

test("sightline forward says that the cloud answers garbage and exits with 5", async () => {
  await withSim({ dahua: { servers: { main: { garbage: true } } } }, async (address) => {
    const program = startProgram(["forward", address, "0:554"], HASTY);
    assert.equal(await program.exit, 5);
    assertTold(program, /not in a way that can be understood/);
  });
});

test("sightline forward says that a name does not resolve and exits with 5", async () => {
  const address = "dahua://4K0123PAZ00001?server=cloud.invalid:8800";
  const program = startProgram(["forward", address, "0:554"], HASTY);
  assert.equal(await program.exit, 5);
  assertTold(program, /cloud\.invalid/);
});

test("sightline forward says that no punch was answered and exits with 5", async () => {
  const camera = { serial: "SIMULATED000001", faults: { silentPunch: true } };
  await withSim({ dahua: { cameras: [camera] } }, async (address) => {
    const program = startProgram(["forward", `${address}&way=direct`, "0:554"], HASTY);
    assert.equal(await program.exit, 5);
    assertTold(program, /did not answer hole punching|no address that can be reached/);
  });
});

test("sightline forward says that the device vanished in the middle of a stream and, with --once, exits with 5", async () => {
  const server = await startServer(flood);
  const camera = {
    serial: "SIMULATED000001",
    ports: { "80": `127.0.0.1:${server.local.port}` },
    faults: { vanishAfter: "500ms" },
  };
  await withSim({ dahua: { cameras: [camera] } }, async (address) => {
    const program = startProgram(["forward", address, "0:80", "--once", "--json"], HASTY);
    const stream = await dial(await portOf(program));
    await readExactly(stream, 100_000);
    assert.equal(await program.exit, 5);
    assertTold(program, /nothing was heard from the device for 12 s/);
    stream.abort();
  });
  await server.close();
});

test("sightline forward comes back to a camera that was away, and to those who wait for it", async () => {
  const server = await startServer(echo);
  const free = await openUdp(ANY);
  const { port } = free.local;
  free.close();
  const ports = { "80": `127.0.0.1:${server.local.port}` };
  const scenario = { dahua: { port, cameras: [{ serial: "SIMULATED000001", ports }] } };
  let program: Program | undefined;
  await withSim(scenario, async (address) => {
    program = startProgram(["forward", address, "0:80", "--json"], HASTY);
    await echoOnce(await dial(await portOf(program)));
  });
  if (program === undefined) throw new Error("the forward was started");
  await program.line(/"event":"lost"/);
  const waiting = await dial(await portOf(program));
  await withSim(scenario, async () => {
    await echoOnce(waiting);
    program?.stop();
    assert.equal(await program?.exit, 0);
  });
  await server.close();
});

/** One line of complaint and one of advice, and no trace of a stack anywhere. */
function assertTold({ err }: Program, message: RegExp): void {
  assert.ok(
    err.some((line) => line.startsWith("sightline: ") && message.test(line)),
    err.join("\n"),
  );
  assert.doesNotMatch(err.join("\n"), /\bat .*\.ts:\d+|bug of ours/);
}
