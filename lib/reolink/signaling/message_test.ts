import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../../bytes/decode_error.ts";
import { readMessage, type SignalingMessage, writeMessage } from "./message.ts";
import { MESSAGE_VECTORS } from "./signaling_vectors.ts";

for (const { xml, message } of MESSAGE_VECTORS) {
  test(`readMessage() and writeMessage() of ${xml.slice(5, 60)}…`, () => {
    assert.deepEqual(readMessage(xml), message);
    assert.equal(writeMessage(message, "compact"), xml);
    assert.deepEqual(readMessage(writeMessage(message, "lines")), message);
  });
}

test("writeMessage() puts every element on its own line, as cameras do", () => {
  const message = { type: "D2C_T", sid: 62097899, conn: "local", cid: 82000, did: 80 } as const;
  const lines = [
    "<P2P>",
    "<D2C_T>",
    "<sid>62097899</sid>",
    "<conn>local</conn>",
    "<cid>82000</cid>",
    "<did>80</did>",
    "</D2C_T>",
    "</P2P>",
    "",
  ];
  assert.equal(writeMessage(message), lines.join("\n"));
});

test("writeMessage() keeps the order of the wire, whatever the order of the value", () => {
  const message: SignalingMessage = { did: 2, cid: 1, type: "C2D_HB" };
  const xml = "<P2P><C2D_HB><cid>1</cid><did>2</did></C2D_HB></P2P>";
  assert.equal(writeMessage(message, "compact"), xml);
});

test("writeMessage() escapes what would break the document", () => {
  const xml = writeMessage({ type: "C2M_Q", uid: "<&>" }, "compact");
  assert.equal(xml, "<P2P><C2M_Q><uid>&lt;&amp;&gt;</uid></C2M_Q></P2P>");
  assert.deepEqual(readMessage(xml), { type: "C2M_Q", uid: "<&>" });
});

const LENIENT: readonly [string, string, SignalingMessage][] = [
  [
    "a declaration, and zero bytes behind the document",
    '<?xml version="1.0" encoding="UTF-8" ?>\n<P2P><R2C_DISC><sid>1</sid></R2C_DISC></P2P>\n\0\0',
    { type: "R2C_DISC", sid: 1 },
  ],
  [
    "children in another order and unknown ones among them",
    "<P2P><C2D_HB><x><y>1</y></x><did>2</did><cid>1</cid></C2D_HB></P2P>",
    { type: "C2D_HB", cid: 1, did: 2 },
  ],
  [
    "the first of two children of one name",
    "<P2P><R2C_DISC><sid>1</sid><sid>2</sid></R2C_DISC></P2P>",
    { type: "R2C_DISC", sid: 1 },
  ],
  [
    "debug as a word",
    "<P2P><C2R_C><uid>A</uid><cid>1</cid><debug>false</debug></C2R_C></P2P>",
    { type: "C2R_C", uid: "A", cid: 1, debug: 0 },
  ],
  [
    "a cid written unsigned, and a sid written signed",
    "<P2P><R2C_T><cid>4171510507</cid><sid>-1</sid></R2C_T></P2P>",
    { type: "R2C_T", cid: -123456789, sid: 4294967295 },
  ],
  [
    "an optional integer too large for anything",
    "<P2P><M2C_Q_R><ac>99999999999999999999</ac><rsp>0</rsp></M2C_Q_R></P2P>",
    { type: "M2C_Q_R", rsp: 0 },
  ],
  [
    "addresses that are not available",
    `<P2P><M2C_Q_R>
      <reg><ip>192.0.2.1</ip><port/></reg>
      <relay><ip/><port>1</port></relay>
      <log><ip>192.0.2.1</ip><port>0</port></log>
      <t/>
      <rsp>0</rsp>
    </M2C_Q_R></P2P>`,
    { type: "M2C_Q_R", rsp: 0 },
  ],
  [
    "addresses nothing can be sent to",
    `<P2P><R2C_T>
      <dev><ip>0.0.0.0</ip><port>1</port></dev>
      <dmap><ip>255.255.255.255</ip><port>1</port></dmap>
      <sid>1</sid><cid>1</cid>
    </R2C_T></P2P>`,
    { type: "R2C_T", sid: 1, cid: 1 },
  ],
  [
    "addresses that are none",
    `<P2P><R2C_T>
      <dev><ip>fe80::1</ip><port>1</port></dev>
      <dmap><ip>192.0.2.1</ip><port>65536</port></dmap>
      <sid>1</sid><cid>1</cid>
    </R2C_T></P2P>`,
    { type: "R2C_T", sid: 1, cid: 1 },
  ],
];

for (const [name, xml, message] of LENIENT) {
  test(`readMessage() takes ${name}`, () => {
    assert.deepEqual(readMessage(xml), message);
  });
}

const REFUSED: readonly [string, string][] = [
  ["another root", "<X><R2C_DISC><sid>1</sid></R2C_DISC></X>"],
  ["nothing inside", "<P2P></P2P>"],
  ["two messages", "<P2P><R2C_DISC><sid>1</sid></R2C_DISC><C2D_S/></P2P>"],
  ["an unknown message", "<P2P><X2Y/></P2P>"],
  ["a message named like what every object has", "<P2P><constructor/></P2P>"],
  ["a missing child", "<P2P><C2D_HB><cid>1</cid></C2D_HB></P2P>"],
  ["an id that is no number", "<P2P><R2C_DISC><sid>one</sid></R2C_DISC></P2P>"],
  ["an id that is no integer", "<P2P><R2C_DISC><sid>1.5</sid></R2C_DISC></P2P>"],
  ["an id beyond 32 bits", "<P2P><R2C_DISC><sid>4294967296</sid></R2C_DISC></P2P>"],
  ["a token beyond 64 bits", token("18446744073709551616")],
  ["a negative token", token("-1")],
  ["a conn never heard of", "<P2P><C2D_T><sid>1</sid><conn>x</conn><cid>1</cid></C2D_T></P2P>"],
  ["a port that cannot be sent to", "<P2P><C2D_S><to><port>0</port></to></C2D_S></P2P>"],
  ["a UID that is too long", `<P2P><C2M_Q><uid>${"A".repeat(65)}</uid></C2M_Q></P2P>`],
  ["a UID with control characters", "<P2P><C2M_Q><uid>A\u0007</uid></C2M_Q></P2P>"],
  ["too deep a tree", `<P2P><C2D_HB>${"<a>".repeat(6)}${"</a>".repeat(6)}</C2D_HB></P2P>`],
  ["no XML", "hello"],
];

for (const [name, xml] of REFUSED) {
  test(`readMessage() refuses ${name}`, () => {
    assert.throws(() => readMessage(xml), DecodeError);
  });
}

function token(value: string): string {
  return `<P2P><D2R_R><uid>A</uid><token>${value}</token></D2R_R></P2P>`;
}
