/** Our dissector and Wireshark's engine with our Lua dissectors before the same captures. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { concatBytes, slices } from "../../lib/bytes/bytes.ts";
import { seqAdd } from "../../lib/bytes/seq.ts";
import { PacketReader, type UdpPacket } from "../../lib/dissect/packet.ts";
import { encodeMessage } from "../../lib/reolink/baichuan/header.ts";
import { encodeBcUdp } from "../../lib/reolink/bcudp/datagram.ts";
import type { Endpoint } from "../../lib/machine.ts";
import { CaptureReader } from "../../lib/pcapng/capture_reader.ts";
import { encodeUdpPacket } from "../../lib/pcapng/udp_packet.ts";
import type { TcpEvent } from "../../lib/recorder/tcp_tap.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { Mutator } from "../hostile/mutator.ts";
import { type CaptureRun, captureRun, dissectFile, withFolder } from "../support/capturing.ts";
import { encodeIp, fragmentsOf, tcpPacket, udpPacket } from "../support/packets.ts";
import { missing, run } from "./players.ts";
import { assertAgree, assertNoLuaError, LUA, NOTES, writePackets } from "./tshark.ts";

const skip = missing("tshark", "--version");

const LOSSY = { loss: 0.04, delay: "3ms", reorder: 0.02, duplicate: 0.02 };

const RUNS: Readonly<Record<string, CaptureRun & { readonly expects: readonly string[] }>> = {
  "a Dahua camera that wants authentication": {
    dahua: { auth: "required" },
    expects: ["dhhttp.code", "istun.tiebreaker", "ptcp.msg.text", "ptcp.msg.port"],
  },
  "a Dahua camera over the relay with loss": {
    dahua: { link: LOSSY },
    query: "&way=relay",
    expects: ["ptcp.msg.realm", NOTES],
  },
  "a Reolink camera with the simple cipher": {
    reolink: { encryption: "bc" },
    expects: ["rls.xml", "bcudp.bitmap", "bc.xml", "bcmedia.posix", "bcmedia.width"],
  },
  "a Reolink camera without cipher, with loss, whose messages are cut anywhere": {
    reolink: { encryption: "none", link: LOSSY, quirks: { maxPiece: 700 } },
    expects: ["bc.xml", "bcudp.missing", "bcmedia.us", NOTES],
  },
  "a Reolink camera with AES": {
    reolink: { encryption: "full" },
    expects: ["bc.id", "bc.opaque"],
  },
};

for (const [name, options] of Object.entries(RUNS)) {
  test(`tshark and dissect agree on ${name}`, { skip, timeout: 90_000 }, async () => {
    await withFolder(async (folder) => {
      await captureRun(folder, options);
      const lines = await assertAgree(join(folder, "run.pcapng"));
      for (const field of options.expects) {
        assert.ok(lines.some((line) => (line[field]?.length ?? 0) > 0), `no ${field}`);
      }
    });
  });
}

const CAMERA = { address: "192.0.2.1", port: 40_001 };
const CLIENT = { address: "192.0.2.2", port: 40_002 };
const CAMERA_V6 = { address: "2001:db8::1", port: 9000 };
const CLIENT_V6 = { address: "2001:db8::2", port: 40_002 };

/** A file with these datagrams, one a millisecond. */
async function writeCapture(file: string, datagrams: Iterable<Uint8Array>): Promise<void> {
  await writePackets(
    file,
    Array.from(datagrams, (payload, i) => {
      const [from, to] = i % 2 === 0 ? [CAMERA, CLIENT] : [CLIENT, CAMERA];
      return encodeUdpPacket(from, to, payload);
    }),
  );
}

/** The datagrams of a run again, at an address of whatever family, the larger ones in fragments. */
function refragmented(file: Uint8Array, address: string): Uint8Array[] {
  return udpOf(file).flatMap(({ from, to, payload }, id) => {
    const packet = udpPacket({ ...from, address }, { ...to, address }, payload);
    if (packet.payload.byteLength < 300) return [encodeIp(packet)];
    const parts = fragmentsOf(packet, id + 1, 256);
    return id % 4 === 0 ? parts.toReversed() : parts;
  });
}

test("tshark and dissect agree on fragments, all of them and not all", {
  skip,
  timeout: 90_000,
}, async () => {
  await withFolder(async (folder) => {
    const run = await captureRun(folder, { reolink: { encryption: "bc" } });
    const file = join(folder, "fragments.pcapng");
    for (const address of ["192.0.2.1", "2001:db8::1"]) {
      const packets = refragmented(run, address);
      await writePackets(file, packets);
      const lines = await assertAgree(file);
      assert.ok(lines.some((line) => line["bcmedia.posix"] !== undefined), "a key frame");
      await writePackets(file, packets.filter((_, i) => i % 97 !== 96));
      await assertAgree(file);
    }
  });
});

/** What went over the one TCP connection of a run, as segments of up to so many bytes. */
class Segments {
  readonly #size: number;
  readonly #ends: readonly [client: Endpoint, camera: Endpoint];
  readonly packets: Uint8Array[] = [];
  #next = { out: 0xfffffc00, in: 0x7fffff00 };

  constructor(size: number, ends: readonly [client: Endpoint, camera: Endpoint]) {
    this.#size = size;
    this.#ends = ends;
    this.#add("out", new Uint8Array(0), SYN);
    this.#add("in", new Uint8Array(0), SYN | ACK);
  }

  hear(event: TcpEvent): void {
    if (event.type !== "data") return;
    const { direction } = event;
    for (const part of slices(event.bytes, this.#size)) this.#add(direction, part.slice(), ACK);
  }

  #add(direction: "in" | "out", payload: Uint8Array, flags: number): void {
    const [client, camera] = this.#ends;
    const [from, to] = direction === "out" ? [client, camera] : [camera, client];
    const seq = this.#next[direction];
    const ack = (flags & ACK) === 0 ? 0 : this.#next[direction === "out" ? "in" : "out"];
    this.packets.push(encodeIp(tcpPacket({ from, to, seq, ack, flags, payload })));
    this.#next[direction] = seqAdd(seq, payload.byteLength + ((flags & SYN) === 0 ? 0 : 1));
  }
}

const SYN = 2;
const ACK = 16;

/** Every 9th packet of many bytes later by two, every 7th twice. */
function disordered(packets: readonly Uint8Array[]): Uint8Array[] {
  const order = packets.map((bytes, i) => {
    const isLate = i % 9 === 8 && bytes.byteLength > 400;
    return { bytes, at: isLate ? i + 2.5 : i };
  });
  return order.toSorted((a, b) => a.at - b.at)
    .flatMap(({ bytes }, i) => i % 7 === 6 ? [bytes, bytes] : [bytes]);
}

for (
  const [name, ends, change] of [
    ["TCP", [CLIENT, CAMERA], (packets) => packets],
    ["TCP over IPv6, out of order and with retransmissions", [CLIENT_V6, CAMERA_V6], disordered],
  ] as readonly [string, [Endpoint, Endpoint], (packets: Uint8Array[]) => Uint8Array[]][]
) {
  test(`tshark and dissect agree on a Reolink camera by ${name}`, {
    skip,
    timeout: 90_000,
  }, async () => {
    await withFolder(async (folder) => {
      const segments = new Segments(1_000, ends);
      await captureRun(folder, {
        ...{ reolink: { encryption: "bc", quirks: { maxPiece: 700 } }, isByAddress: true },
        tcpTap: (_, event) => segments.hear(event),
      });
      await assertAgree(join(folder, "run.pcapng"));
      const file = join(folder, "tcp.pcapng");
      await writePackets(file, change(segments.packets));
      const lines = await assertAgree(file);
      for (const field of ["bc.xml", "bcmedia.codec", "bcmedia.posix"]) {
        assert.ok(lines.some((line) => (line[field]?.length ?? 0) > 0), `no ${field}`);
      }
    });
  });
}

test(
  "tshark and dissect agree on what tshark captures of a camera on the LAN",
  { skip: skip || cannotCapture(), timeout: 90_000 },
  async () => {
    await withFolder(async (folder) => {
      const file = join(folder, "lo.pcapng");
      let stop = async () => {};
      try {
        await captureRun(folder, {
          ...{ reolink: { encryption: "bc" }, isByAddress: true },
          async onReady(lan = "") {
            stop = await captureTo(file, `tcp port ${lan.split(":")[1]}`);
          },
        });
      } finally {
        await stop();
      }
      const lines = await assertAgree(file);
      assert.ok(lines.some((line) => line["bcmedia.codec"]?.includes("H265")));
    });
  },
);

/** Capturing wants rights. */
function cannotCapture(): string | false {
  const { status } = spawnSync("tshark", ["-i", "lo", "-a", "duration:1", "-w", "/dev/null"], {
    stdio: "ignore",
  });
  return status === 0 ? false : "tshark may not capture";
}

/** Has tshark capture what passes on loopback; returns how to end that. */
async function captureTo(file: string, filter: string): Promise<() => Promise<void>> {
  const child = spawn("tshark", ["-i", "lo", "-f", filter, "-w", file]);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    void ended.then(() => reject(new Error("tshark ended")));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (/Capturing on/.test(text)) resolve();
    });
  });
  return () => {
    child.kill("SIGINT");
    return ended;
  };
}

test("tshark -z expert shows retransmission, gap, zero window and more", { skip }, async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "run.pcapng");
    const header = (seq: number, flags: number, window: number) => {
      const bytes = new Uint8Array(24 + 12);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, 0x50544350);
      view.setUint32(4, seq);
      view.setUint8(13, flags);
      view.setUint16(14, window);
      bytes[24] = 0x13;
      return bytes;
    };
    const ack = header(0, 0, 100).subarray(0, 24);
    const request = concatBytes([
      header(0, 2, 100).subarray(0, 24),
      Uint8Array.of(0x0a, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0),
    ]);
    await writeCapture(file, [
      ...[header(0, 0, 100), ack, header(24, 0, 100), ack, header(12, 0, 0), request],
      ...[header(12, 0, 100), header(0, 4, 0).subarray(0, 24)],
    ]);
    const lines = await assertAgree(file);
    assert.deepEqual(lines.flatMap((line) => line[NOTES] ?? []), [
      ...["gapof12bytes", "retransmissionof12bytes", "zerowindow", "asksforaretransmission"],
      ...["retransmissionof12bytes", "reset"],
    ]);
    const { stdout } = await run("tshark", [...LUA, "-r", file, "-q", "-z", "expert"]);
    for (const note of ["gap of 12 bytes", "retransmission of 12 bytes", "zero window", "reset"]) {
      assert.match(stdout, new RegExp(`Sequence +PTCP +${note}`));
    }
  });
});

test("tshark -z expert shows what BcUDP and Baichuan went through", { skip }, async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "run.pcapng");
    const header = { id: 3, channel: 0, stream: 0, num: 5, code: 200, messageClass: 0 };
    const frame = new TextEncoder().encode("01wb\x08\0\x08\0\0\x01\0\0\0\0\x03\0");
    const media = [frame, new Uint8Array(16).fill(0x7a)].map((payload) => {
      return encodeMessage(header, new Uint8Array(0), payload);
    });
    const data = (packetId: number, payload: Uint8Array = new Uint8Array(4)) => {
      return encodeBcUdp({ type: "data", connectionId: 7, packetId, payload });
    };
    const bitmap = Uint8Array.of(0, 1);
    const ack = encodeBcUdp({ type: "ack", connectionId: 8, packetId: 0, latency: 0, bitmap });
    await writeCapture(file, [
      ...[data(0, media[0]), ack, data(2), ack, data(1, media[1]), ack, data(1), ack],
    ]);
    await assertAgree(file);
    const { stdout } = await run("tshark", [...LUA, "-r", file, "-q", "-z", "expert"]);
    for (
      const [group, protocol, note] of [
        ["Sequence", "BCUDP", "gap of 1 packets"],
        ["Sequence", "BCUDP", "retransmission of packet 1"],
        ["Sequence", "BCUDP", "1 packets missing"],
        ["Malformed", "BAICHUAN", "a BcMedia frame must begin here"],
      ]
    ) assert.match(stdout, new RegExp(`${group} +${protocol} +${note}`));
  });
});

test(
  "malformed captures crash neither tshark nor dissect",
  { skip, timeout: 120_000 },
  async () => {
    await withFolder(async (folder) => {
      const seeds: Uint8Array[] = [];
      for (
        const options of [RUNS["a Dahua camera that wants authentication"], {
          reolink: { encryption: "bc" },
        }]
      ) {
        if (options === undefined) continue;
        const file = await captureRun(folder, { ...options, duration: "1s" });
        seeds.push(...udpOf(file).map(({ payload }) => payload));
      }
      const mutator = new Mutator(new Rng(7), seeds);
      const file = join(folder, "bad.pcapng");
      await writeCapture(
        file,
        Array.from({ length: 6_000 }, () => mutator.next().subarray(0, 1_400)),
      );
      const lines = await dissectFile(file);
      assert.equal(lines.length, 6_000);
      assert.ok(lines.filter(({ errors }) => errors.length > 0).length > 500);
      await assertNoLuaError(file, 6_000);
      await writePackets(
        file,
        segmentsOf(Array.from({ length: 3_000 }, () => {
          return mutator.next().subarray(BCUDP_HEADER, 1_400);
        })),
      );
      assert.equal((await dissectFile(file)).length, 3_000);
      await assertNoLuaError(file, 3_000);
      // Broken as files, too: cut anywhere, and with bytes changed.
      const whole = readFileSync(file);
      for (const end of [5, 30, 60, 1_001, 20_002]) {
        await writeFile(file, whole.subarray(0, end));
        await dissectFile(file);
      }
    });
  },
);

const BCUDP_HEADER = 20;

/** A TCP stream of these pieces, of many connections, as a broken message hides what follows. */
function segmentsOf(pieces: readonly Uint8Array[]): Uint8Array[] {
  let seq = 0;
  return pieces.map((payload, i) => {
    const client = { ...CLIENT, port: 1_024 + Math.floor(i / 20) };
    const packet = tcpPacket({ from: CAMERA, to: client, seq, ack: 1, payload });
    seq = i % 20 === 19 ? 0 : seq + payload.byteLength;
    return encodeIp(packet);
  });
}

/** The datagrams of a file of our own. */
function udpOf(file: Uint8Array): UdpPacket[] {
  const reader = new CaptureReader();
  const packets = new PacketReader();
  reader.push(file);
  const found: UdpPacket[] = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
    const packet = packets.read(frame);
    if (packet.type === "udp") found.push(packet);
  }
  return found;
}
