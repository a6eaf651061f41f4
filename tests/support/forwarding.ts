/** Everything around a `sightline forward` in a test: cameras, servers behind them, viewers. @module */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dialTcp, listenTcp } from "../../lib/io/tcp.ts";
import type { ByteStream, TcpListener } from "../../lib/io/types.ts";
import { type Program, type ProgramOptions, startSim } from "./program.ts";

export const ANY = { address: "127.0.0.1", port: 0 };

/** A TCP server behind the simulated device. */
export async function startServer(
  serve: (stream: ByteStream) => Promise<void>,
): Promise<TcpListener> {
  return await listenTcp(ANY, (stream) => void serve(stream).catch(() => stream.abort()));
}

export async function echo(stream: ByteStream): Promise<void> {
  for (let bytes = await stream.read(); bytes; bytes = await stream.read()) {
    await stream.write(bytes);
  }
  await stream.end();
}

export async function flood(stream: ByteStream): Promise<void> {
  const bytes = new Uint8Array(16_384);
  for (;;) await stream.write(bytes);
}

/** Runs `body` with a simulated camera made of this scenario. */
export async function withSim(
  scenario: unknown,
  body: (address: string, sim: Program) => Promise<void>,
  options: ProgramOptions = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-"));
  const path = join(folder, "scenario.yaml");
  await writeFile(path, JSON.stringify(scenario));
  const { program, server, serial } = await startSim({ ...options, scenario: path });
  try {
    await body(`dahua://${serial}?server=${server}`, program);
  } finally {
    program.stop();
    await program.exit;
    await rm(folder, { recursive: true });
  }
}

/** The local port a forward listens on, from its JSON line. */
export async function portOf(program: Program, index = 0): Promise<number> {
  const line = await program.line(/"listening"/);
  const { forwards } = JSON.parse(line) as { forwards: { listen: string }[] };
  return Number(forwards[index]?.listen.split(":")[1]);
}

export async function dial(port: number): Promise<ByteStream> {
  return await dialTcp({ address: "127.0.0.1", port }, AbortSignal.timeout(5_000));
}

export async function readExactly(stream: ByteStream, length: number): Promise<number> {
  let sum = 0;
  for (let left = length; left > 0;) {
    const bytes = await stream.read();
    if (bytes === undefined) throw new Error(`Stream ended ${left} bytes early`);
    for (const byte of bytes) sum = (sum * 31 + byte) >>> 0;
    left -= bytes.byteLength;
  }
  return sum;
}

export async function echoOnce(stream: ByteStream): Promise<void> {
  await stream.write(Uint8Array.of(7));
  assert.equal((await stream.read())?.[0], 7);
  await stream.end();
}
