import { type XmlElement, xmlElement } from "../../xml/xml.ts";
import type { CipherMode } from "./cipher.ts";
import { type BcMessage, NO_PAYLOAD, xmlPayload } from "./codec.ts";
import { BC_MAGIC, BC_MAGIC_DEVICE, BcClass } from "./header.ts";

/** One message as both ends see it: the rows decode, encode and seed the fuzzer. */
export interface MessageVector {
  readonly name: string;
  readonly hex: string;
  /** In force on the connection, with the key of `VECTOR_NONCE` and `VECTOR_PASSWORD`. */
  readonly mode: CipherMode;
  readonly message: BcMessage;
}

export const VECTOR_NONCE = "9E6D1FCB9E69846D";
export const VECTOR_PASSWORD = "hunter2";

const HEADER = { magic: BC_MAGIC, channel: 0, stream: 0, num: 0, code: 0 } as const;
const VERSION = [["version", "1.1"]] as const;

function element(name: string, content: string | readonly XmlElement[] = ""): XmlElement {
  return xmlElement(name, content, typeof content === "string" ? [] : VERSION);
}

export const MESSAGE_VECTORS: readonly MessageVector[] = [
  {
    name: "first request of a login, header only",
    hex: "f0debc0a 01000000 00000000 00 00 0000 12dc 1465",
    mode: "bc",
    message: {
      header: { ...HEADER, id: 1, code: 0xdc12, messageClass: BcClass.legacy },
      payload: NO_PAYLOAD,
    },
  },
  {
    name: "first request of a login, with a body",
    hex: "f0debc0a 01000000 04000000 00 00 0001 01dc 1465  32313233",
    mode: "bc",
    message: {
      header: { ...HEADER, id: 1, num: 0x0100, code: 0xdc01, messageClass: BcClass.legacy },
      payload: { type: "binary", bytes: Uint8Array.of(0x32, 0x31, 0x32, 0x33) },
    },
  },
  {
    name: "nonce without any cipher",
    hex: `f0debc0a 01000000 7c000000 fa 00 0700 00dd 1466
      3c3f786d6c2076657273696f6e3d22312e302220656e636f64696e673d225554462d38223f3e
      3c626f64793e3c456e6372797074696f6e2076657273696f6e3d22312e31223e
      3c747970653e6d64353c2f747970653e3c6e6f6e63653e612d423c2f6e6f6e63653e
      3c2f456e6372797074696f6e3e3c2f626f64793e`,
    mode: "none",
    message: {
      header: {
        ...HEADER,
        id: 1,
        channel: 250,
        num: 7,
        code: 0xdd00,
        messageClass: BcClass.nonce,
      },
      payload: xmlPayload(
        element("Encryption", [element("type", "md5"), element("nonce", "a-B")]),
      ),
    },
  },
  {
    name: "second request of a login",
    hex: `f0debc0a 01000000 1b010000 00 00 0000 0000 1464 00000000
      2312442636490e9a6d5e552434545ace311d1e6b3f071b907b44522c674b2dab
      590004696557449d7049457566251798764369383f1b58897a5f4f22350745dd
      2e030d6964550d8c7a5f722a370c46c6591d0b726b5c3dc72e147d7b6d5f3dcd
      5a1c087a6c5040cc2f1a0a721e5f44d06a5e59391408159a21114c2a291a0f90
      6d490278692c40cf5a6b097d625f4cca2f140e791e5a3cc75a190472192c39c6
      2f1500642a080b8c68424e2f64550d8c7a5f6a2e285749c330584f2e283f1d8d
      21111307350e11914a5e593964553490784452053f1d58897a5f4f22350745dd
      2e030d6964550c866f4802071b2744d06b544c2e64550d9b6f7d53392e5748c3
      3058583b0a060a8b21111307350e11915148487566461a907b5402`,
    mode: "fullAes",
    message: {
      header: { ...HEADER, id: 1, messageClass: BcClass.modern },
      payload: xmlPayload(
        element("LoginUser", [
          element("userName", "9F07915E819A076E2E14169830769D6"),
          element("password", "33E80EF5686450922D3D8E489CEA908"),
          element("userVer", "1"),
        ]),
        element("LoginNet", [element("type", "LAN"), element("udpPort", "0")]),
      ),
    },
  },
  {
    name: "reply that is a status only",
    hex: "f0debc0a 67000000 00000000 fb 01 3412 9001 0000 00000000",
    mode: "aes",
    message: {
      header: {
        ...HEADER,
        id: 103,
        channel: 251,
        stream: 1,
        num: 0x1234,
        code: 400,
        messageClass: BcClass.reply,
      },
      payload: NO_PAYLOAD,
    },
  },
  {
    name: "request of the battery, AES",
    hex: `f0debc0a fd000000 63000000 00 00 0500 0000 1464 63000000
      de15be4058c7e3ea7cb41e5611e137f51823f14950cf733b79394821c52e4ccc
      377f7e31c4dac3e8f2c75a5435651e92345baeaf3b3827fbb9e0ad23372d48d0
      88edbb5863afde5d9d7b268649220136bf2c04781252254a8eae8248eded30d1
      848dba`,
    mode: "aes",
    message: {
      header: { ...HEADER, id: 253, num: 5, messageClass: BcClass.modern },
      extension: { channel: 0 },
      payload: NO_PAYLOAD,
    },
  },
  {
    name: "picture in a device's own magic, not enciphered",
    hex: `a0cbed0f 6d000000 69000000 00 00 0200 c900 0000 65000000
      3c3f786d6c2076657273696f6e3d22312e302220656e636f64696e673d225554462d38223f3e
      3c457874656e73696f6e2076657273696f6e3d22312e31223e
      3c62696e617279446174613e313c2f62696e617279446174613e
      3c2f457874656e73696f6e3e ffd8ffd9`,
    mode: "none",
    message: {
      header: {
        ...HEADER,
        magic: BC_MAGIC_DEVICE,
        id: 109,
        num: 2,
        code: 201,
        messageClass: BcClass.reply,
      },
      extension: { binary: true },
      payload: { type: "binary", bytes: Uint8Array.of(0xff, 0xd8, 0xff, 0xd9) },
    },
  },
];
