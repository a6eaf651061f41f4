import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex } from "../../bytes/bytes.ts";
import { encodeMessage } from "../../dahua/ptcp/message.ts";
import { encodeSegment } from "../../dahua/ptcp/segment.ts";
import { BaichuanCodec, xmlPayload } from "../../reolink/baichuan/codec.ts";
import { choiceCode } from "../../reolink/baichuan/cipher.ts";
import { LOGIN_REQUEST } from "../../reolink/baichuan/commands/login.ts";
import { BcClass } from "../../reolink/baichuan/header.ts";
import { encodeBcUdp } from "../../reolink/bcudp/datagram.ts";
import { xmlElement } from "../../xml/xml.ts";
import type { TappedDatagram } from "../tap.ts";
import { Masker } from "./masker.ts";

const HERE = { address: "127.0.0.1", port: 1 };
const THERE = { address: "127.0.0.1", port: 2 };

function datagram(bytes: Uint8Array, direction: "in" | "out" = "out"): TappedDatagram {
  return { direction, socket: 1, local: HERE, remote: THERE, bytes };
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

function segment(seq: number, body: Uint8Array, flags = 0): Uint8Array {
  return encodeSegment({ seq, ack: 0, flags, window: 65_535, tsval: 0, tsecr: 0, body });
}

const CONNECT = segment(0, fromHex("00030100"), 2);
const SECRET = "c0rrecthorse";

/** The stream of a client that asks with a password, in several ways. */
const REQUESTS = [
  `DESCRIBE rtsp://u:${SECRET}@127.0.0.1:554/cam?channel=1&password=${SECRET}&subtype=0 RTSP/1.0\r\n`,
  `CSeq: 2\r\nAuthorization: Digest username="a", response="${SECRET}"\r\nUser-Agent: x\r\n\r\n`,
  `SET_PARAMETER rtsp://127.0.0.1/cam RTSP/1.0\r\nContent-Length: ${SECRET.length}\r\n\r\n${SECRET}`,
  "$\x01\x00\x04abcdPLAY rtsp://127.0.0.1/cam RTSP/1.0\r\nCSeq: 3\r\n\r\n",
].join("");

function dataMessages(realm: number, text: string, size: number): Uint8Array {
  const bytes = utf8(text);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += size) {
    parts.push(
      encodeMessage({ type: "data", realm, bytes: bytes.subarray(at, at + size) }),
    );
  }
  return concatBytes(parts);
}

/** Segments of a stream behind its connect. */
function segments(stream: Uint8Array, size: number): Uint8Array[] {
  const all = [CONNECT];
  for (let at = 0; at < stream.byteLength; at += size) {
    all.push(segment(4 + at, stream.subarray(at, at + size)));
  }
  return all;
}

function join(datagrams: readonly Uint8Array[]): string {
  return latin1(concatBytes(datagrams.map((bytes) => bytes.subarray(24))));
}

test("Masker hides passwords of RTSP requests and shows the rest", () => {
  const masker = new Masker();
  const stream = dataMessages(7, REQUESTS, 1280);
  const masked = segments(stream, 1292).map((bytes) => masker.mask(datagram(bytes)));
  const text = join(masked);
  assert.equal(text.includes(SECRET), false, text);
  assert.match(text, /channel=1&password=\*{12}&subtype=0 RTSP\/1\.0\r\nCSeq: 2\r\nAuth/);
  assert.match(text, /Authorization:\*+\r\nUser-Agent: x\r\n/);
  assert.match(text, /abcdPLAY rtsp:\/\/\*{9}\/cam RTSP\/1\.0\r\nCSeq: 3\r\n\r\n$/);
});

test("Masker hides them however messages and segments are cut, again when sent again", () => {
  // The first message must have the first line, without which nothing is shown at all.
  const first = REQUESTS.indexOf("\r\n") + 2;
  const stream = concatBytes([
    dataMessages(7, REQUESTS.slice(0, first), 1280),
    dataMessages(7, REQUESTS.slice(first), 5),
  ]);
  const whole = join(segments(stream, 1292).map((bytes) => new Masker().mask(datagram(bytes))));
  assert.ok(whole.length > 0);
  for (const size of [3, 11, 50, 500]) {
    const masker = new Masker();
    const sent = segments(stream, size);
    const masked = sent.map((bytes) => masker.mask(datagram(bytes)));
    const again = sent.slice(1).map((bytes) => masker.mask(datagram(bytes)));
    assert.equal(join(again), join(masked.slice(1)), `${size}`);
    const plain = utf8(REQUESTS);
    let shown = 0;
    masked.forEach((bytes, i) =>
      shown += bytes.filter((byte, at) => byte === sent[i]?.[at]).length
    );
    assert.ok(shown > plain.byteLength / 2, "most is shown");
    // Of the secret no three bytes in a row are left within one message.
    for (const part of [...SECRET].keys()) {
      const piece = SECRET.slice(part, part + 5);
      if (piece.length === 5) assert.equal(join(masked).includes(piece), false, `${size} ${piece}`);
    }
  }
});

test("Masker shows nothing of realms that carry anything but RTSP", () => {
  const masker = new Masker();
  const out = dataMessages(9, `POST /RPC2_Login HTTP/1.1\r\n\r\n{"password":"${SECRET}"}`, 1280);
  const back = dataMessages(9, `HTTP/1.1 200 OK\r\nSet-Cookie: ${SECRET}\r\n\r\n`, 1280);
  const shown = [
    ...segments(out, 20).map((bytes) => masker.mask(datagram(bytes))),
    ...segments(back, 20).map((bytes) => masker.mask(datagram(bytes, "in"))),
    masker.mask(datagram(segment(9_000, back), "in")),
  ];
  assert.doesNotMatch(join(shown), /POST|password|HTTP|Cookie|c0rr/);
});

test("Masker does not show what comes ahead of its time on a connection begun anew", () => {
  const masker = new Masker();
  const stream = dataMessages(7, REQUESTS, 1280);
  for (const bytes of segments(stream, 1292)) masker.mask(datagram(bytes));
  const second = segments(dataMessages(8, `GET / HTTP/1.1\r\nX: ${SECRET}`, 1280), 16);
  const text = join(second.map((bytes) => masker.mask(datagram(bytes))));
  assert.doesNotMatch(text, /GET|c0rr/);
});

const HASH = "0123456789ABCDEF0123456789ABCDE";

test("Masker hides hashes and nonce of a Baichuan login, however it is cut", () => {
  const camera = new BaichuanCodec();
  const client = new BaichuanCodec();
  const header = { id: 1, channel: 250, stream: 0, num: 1 };
  const nonce = camera.encode({
    header: { ...header, code: choiceCode("bc"), messageClass: BcClass.nonce },
    payload: xmlPayload(xmlElement("Encryption", [xmlElement("nonce", HASH)])),
  });
  const content = LOGIN_REQUEST.write({ userName: HASH, password: HASH, version: 1 });
  const login = client.encode({
    header: { ...header, code: 0, messageClass: BcClass.modern },
    payload: content.payload ?? xmlPayload(),
  });
  const later = client.encode({
    header: { ...header, id: 80, code: 0, messageClass: BcClass.modern },
    payload: xmlPayload(xmlElement("kept", "in sight")),
  });
  for (const size of [1330, 40, 7]) {
    const masker = new Masker();
    const send = (stream: Uint8Array, direction: "in" | "out") => {
      const parts: Uint8Array[] = [];
      for (let at = 0, packetId = 0; at < stream.byteLength; at += size, packetId++) {
        const payload = stream.subarray(at, at + size);
        const bytes = encodeBcUdp({ type: "data", connectionId: 5, packetId, payload });
        parts.push(masker.mask(datagram(bytes, direction)));
        assert.deepEqual(masker.mask(datagram(bytes, direction)), parts.at(-1), "sent again");
      }
      return concatBytes(parts.map((bytes) => bytes.subarray(20)));
    };
    const shown = [...read(send(nonce, "in")), ...read(send(concatBytes([login, later]), "out"))]
      .join();
    assert.doesNotMatch(shown, /0123|CDE/);
    assert.equal(/in sight/.test(shown), size === 1330, "shown when it is in one piece");
  }
});

function read(stream: Uint8Array): string[] {
  const codec = new BaichuanCodec();
  codec.push(stream);
  const texts: string[] = [];
  for (let next = codec.next(0); next !== undefined; next = codec.next(0)) {
    texts.push(JSON.stringify(next.payload));
  }
  return texts;
}

test("Masker hides what proves an account in signaling, and leaves lengths as they are", () => {
  const text = [
    "DHPOST /device/S/p2p-channel HTTP/1.1",
    "CSeq: 1",
    'Authorization: WSSE profile="UsernameToken"',
    `X-WSSE: UsernameToken Username="U", PasswordDigest="${SECRET}=", Nonce="1", Created="C"`,
    "",
    `<body><DevAuth>${SECRET}</DevAuth><UserName>${SECRET}</UserName>` +
    `<LocalAddr>${SECRET}==</LocalAddr></body>`,
  ].join("\r\n");
  const masked = latin1(new Masker().mask(datagram(utf8(text))));
  assert.equal(masked.includes(SECRET), false);
  assert.equal(masked.length, text.length);
  assert.match(masked, /WSSE profile="UsernameToken"/);
  const clear = "HTTP/1.1 200 OK\r\n\r\n<body><LocalAddr>10.0.0.1:5,10.0.0.2:5</LocalAddr></body>";
  assert.equal(latin1(new Masker().mask(datagram(utf8(clear), "in"))), clear);
});
