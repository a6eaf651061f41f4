/** Signaling datagrams as bytes and value; for tests in both directions and as fuzz seeds. @module */

import type { SignalingDatagram } from "./datagram.ts";
import { type SignalingMessage, writeMessage, type XmlLayout } from "./message.ts";

export interface DatagramVector {
  readonly name: string;
  readonly hex: string;
  readonly layout: XmlLayout;
  readonly datagram: SignalingDatagram;
}

const UID = "95270000TESTCAM0";

/** Complete datagrams: magic, length, 1, tid, checksum, then the encrypted XML. */
export const DATAGRAM_VECTORS: readonly DatagramVector[] = [
  {
    name: "goodbye of the vendor's app [capture]",
    hex: `
      3acf872a 43000000 01000000 60000000 54458242
      976c1f4fd3755019996a487cf33032bc81265cef5cc6fe9724d241bf2ab79b73
      9536117b841b52629b12385cd3074f88b7357cb47ca782ec47a14f8939fba225fb0227`,
    layout: "lines",
    datagram: { tid: 96, message: { type: "C2D_DISC", cid: 82000, did: 80 } },
  },
  {
    name: "LAN discovery with a negative cid, on one line",
    hex: `
      3acf872a 90000000 01000000 04030201 50c660ad
      736f1d70afbe2d690b6e5a0762131ae7112474b5ebcaf89688b036d7fd95b555
      7f030055f8e650672c5d700762161cf15b2374b4e5c3f19a97941cf6dde8c837
      2c53461eade1073f711c280b6d5246b5182578bbf399a1c286d81ef0dce8c52b
      7a0f130ffcf61b6573557c5b2b014db3133225e2be8faf9884944dc9e895c837
      3f01130fd2b02a040c0f25160e5423bd`,
    layout: "compact",
    datagram: {
      tid: 0x01020304,
      message: {
        type: "C2D_C",
        uid: UID,
        cli: { port: 53999 },
        cid: -123456789,
        mtu: 1350,
        debug: 0,
        p: "MAC",
      },
    },
  },
  {
    name: "answer to LAN discovery, an element per line",
    hex: `
      3acf872a 94000000 01000000 04030201 91e46f41
      736f1d70af88521f7d72467a01344d89136928eab988f6ac848016e297e5c428
      7f030044f4e4505173597b076c5643b31f216eefbec4c29ad08607ba9fe6c428
      7f030048f3f65051731e6d50330301bd252133f4acc4f89a979600f497dcc87b
      265b110da0b05d6f7a072e01675a5ce046797f8de09ea1c286d04ab886b29d7c
      7135130fd5b02d040c6e4b07545a5cd31d4d7f8d`,
    layout: "lines",
    datagram: {
      tid: 0x01020304,
      message: {
        type: "D2C_C_R",
        timer: { def: 3000, hb: 20000, hbt: 60000 },
        rsp: 0,
        cid: -123456789,
        did: 49,
      },
    },
  },
  {
    name: "lookup",
    hex: `
      3acf872a 3f000000 01000000 c8000000 8580f3b7
      2f6d1f4f6bbc2f685e7046061e1118e6cd230ab497c8f6954cb634d03997b35a
      2301026a3ce4526663115a7961585ef2cd2610c592b599f442de5ed35f84cc`,
    layout: "compact",
    datagram: { tid: 200, message: { type: "C2M_Q", uid: UID, p: "MAC" } },
  },
  {
    name: "heartbeat under a tid that makes the cipher's addition wrap",
    hex: `
      3acf872a 3e000000 01000000 f0ffffff a779ab1b
      076c1f4f43432f687f715f7a745f12eb7f2412b7fac4f29092d649baa9fc917e
      5f02117b141b526e0212385c23074fbe34590dc297bf849b98ce21b1c5ed`,
    layout: "compact",
    datagram: {
      tid: 0xfffffff0,
      message: { type: "C2D_HB", cid: -123456789, did: 49 },
    },
  },
];

export interface MessageVector {
  readonly xml: string;
  readonly message: SignalingMessage;
}

const REG = { address: "192.0.2.11", port: 58200 };
const RELAY = { address: "192.0.2.11", port: 51134 };
const CLIENT = { address: "10.0.0.1", port: 53999 };
const CLIENT_MAPPED = { address: "198.51.100.7", port: 40001 };
const DEV = { address: "192.168.1.20", port: 18371 };
const DMAP = { address: "203.0.113.9", port: 18371 };
const IDS = { cid: 82001, did: 96 };
const SID = 62098713;

const REG_XML = "<ip>192.0.2.11</ip><port>58200</port>";
const RELAY_XML = "<ip>192.0.2.11</ip><port>51134</port>";
const CLIENT_XML = "<ip>10.0.0.1</ip><port>53999</port>";
const CLIENT_MAPPED_XML = "<ip>198.51.100.7</ip><port>40001</port>";
const DEV_XML = "<ip>192.168.1.20</ip><port>18371</port>";
const DMAP_XML = "<ip>203.0.113.9</ip><port>18371</port>";
const IDS_XML = "<cid>82001</cid><did>96</did>";
const SID_XML = "<sid>62098713</sid>";

/** Every message, as written on one line. */
export const MESSAGE_VECTORS: readonly MessageVector[] = [
  vector({ type: "C2D_S", to: { port: 3000 } }, "<to><port>3000</port></to>"),
  vector(
    {
      type: "C2D_C",
      uid: UID,
      cli: { port: 53999 },
      cid: -1,
      mtu: 1350,
      debug: 0,
      p: "WIN",
      lver: 3,
    },
    `<uid>${UID}</uid><cli><port>53999</port></cli><cid>-1</cid><mtu>1350</mtu><debug>0</debug><p>WIN</p><lver>3</lver>`,
  ),
  vector(
    {
      type: "D2C_C_R",
      timer: { def: 3000, hb: 20000, hbt: 60000 },
      rsp: -3,
      ...IDS,
      sid: 4294967295,
    },
    `<timer><def>3000</def><hb>20000</hb><hbt>60000</hbt></timer><rsp>-3</rsp>${IDS_XML}<sid>4294967295</sid>`,
  ),
  vector(
    { type: "C2M_Q", uid: UID, ver: 3, family: 6, p: "MAC" },
    `<uid>${UID}</uid><ver>3</ver><family>6</family><p>MAC</p>`,
  ),
  vector(
    {
      type: "M2C_Q_R",
      reg: REG,
      relay: { ...REG, port: 58100 },
      log: { ...REG, port: 57850 },
      t: { ...REG, port: 9996 },
      timer: {},
      retry: {},
      mtu: 1350,
      debug: 251658240,
      ac: -1700607721,
      rsp: 0,
    },
    `<reg>${REG_XML}</reg><relay><ip>192.0.2.11</ip><port>58100</port></relay><log><ip>192.0.2.11</ip><port>57850</port></log><t><ip>192.0.2.11</ip><port>9996</port></t><timer/><retry/><mtu>1350</mtu><debug>251658240</debug><ac>-1700607721</ac><rsp>0</rsp>`,
  ),
  vector(
    { type: "M2C_Q_R", devinfo: { type: "", mac: "", bat: 0, qr: 0 }, rsp: -3 },
    "<devinfo><type/><mac/><bat>0</bat><qr>0</qr></devinfo><rsp>-3</rsp>",
  ),
  vector(
    {
      type: "C2R_C",
      uid: UID,
      cli: CLIENT,
      relay: RELAY,
      cid: 82001,
      debug: 251658240,
      family: 4,
      p: "MAC",
      r: 3,
    },
    `<uid>${UID}</uid><cli>${CLIENT_XML}</cli><relay>${RELAY_XML}</relay><cid>82001</cid><debug>251658240</debug><family>4</family><p>MAC</p><r>3</r>`,
  ),
  vector(
    { type: "R2C_T", dev: DEV, dmap: DMAP, sid: SID, cid: 82001, rsp: 0 },
    `<dev>${DEV_XML}</dev><dmap>${DMAP_XML}</dmap>${SID_XML}<cid>82001</cid><rsp>0</rsp>`,
  ),
  vector(
    {
      type: "R2C_C_R",
      dmap: DMAP,
      dev: DEV,
      relay: RELAY,
      relayt: { ...RELAY, port: 9997 },
      nat: "NULL",
      sid: SID,
      rsp: 0,
      ac: 127536491,
    },
    `<dmap>${DMAP_XML}</dmap><dev>${DEV_XML}</dev><relay>${RELAY_XML}</relay><relayt><ip>192.0.2.11</ip><port>9997</port></relayt><nat>NULL</nat>${SID_XML}<rsp>0</rsp><ac>127536491</ac>`,
  ),
  vector(
    { type: "R2C_C_R", nat: "NULL", rsp: -3, ac: 0 },
    "<nat>NULL</nat><rsp>-3</rsp><ac>0</ac>",
  ),
  vector(
    { type: "C2R_CFM", sid: SID, conn: "map", rsp: 0, ...IDS },
    `${SID_XML}<conn>map</conn><rsp>0</rsp>${IDS_XML}`,
  ),
  vector({ type: "R2C_DISC", sid: SID }, SID_XML),
  vector({ type: "C2R_HB", sid: SID, ...IDS }, `${SID_XML}${IDS_XML}`),
  vector(
    { type: "C2D_T", sid: SID, conn: "local", cid: 82001, mtu: 1350 },
    `${SID_XML}<conn>local</conn><cid>82001</cid><mtu>1350</mtu>`,
  ),
  vector(
    { type: "C2D_T", sid: SID, conn: "map", rsp: 0, cid: 82001, mtu: 1350 },
    `${SID_XML}<conn>map</conn><rsp>0</rsp><cid>82001</cid><mtu>1350</mtu>`,
  ),
  vector({ type: "D2C_T", sid: SID, conn: "map", ...IDS }, `${SID_XML}<conn>map</conn>${IDS_XML}`),
  vector(
    { type: "C2D_A", sid: SID, conn: "relay", ...IDS, mtu: 1350 },
    `${SID_XML}<conn>relay</conn>${IDS_XML}<mtu>1350</mtu>`,
  ),
  vector(
    { type: "D2C_CFM", sid: SID, conn: "local", rsp: 0, ...IDS, time_r: 55607 },
    `${SID_XML}<conn>local</conn><rsp>0</rsp>${IDS_XML}<time_r>55607</time_r>`,
  ),
  vector({ type: "C2D_HB", ...IDS }, IDS_XML),
  vector({ type: "D2C_HB", ...IDS }, IDS_XML),
  vector({ type: "C2D_DISC", ...IDS }, IDS_XML),
  vector({ type: "D2C_DISC", ...IDS }, IDS_XML),
  vector({ type: "D2M_Q", uid: `${UID}ABCD`, r: 3 }, `<uid>${UID}ABCD</uid><r>3</r>`),
  vector(
    {
      type: "M2D_Q_R",
      reg: REG,
      log: { ...REG, port: 57850 },
      timer: {},
      retry: {},
      rsp: 0,
      token: 18446744073709551615n,
      ac: 4000000000,
    },
    `<reg>${REG_XML}</reg><log><ip>192.0.2.11</ip><port>57850</port></log><timer/><retry/><rsp>0</rsp><token>18446744073709551615</token><ac>4000000000</ac>`,
  ),
  vector(
    { type: "D2R_R", uid: `${UID}ABCD`, token: 12345n, r: 3 },
    `<uid>${UID}ABCD</uid><token>12345</token><r>3</r>`,
  ),
  vector({ type: "R2D_R_R", rsp: -4, ac: 4000000000 }, "<rsp>-4</rsp><ac>4000000000</ac>"),
  vector(
    { type: "D2R_HB", uid: `${UID}ABCD`, dev: DEV, needrsp: 1, token: 12345n },
    `<uid>${UID}ABCD</uid><dev>${DEV_XML}</dev><needrsp>1</needrsp><token>12345</token>`,
  ),
  vector(
    { type: "R2D_HB_R", rsp: 0, time_t: 1739376774, timer: { hb: 20000 } },
    "<rsp>0</rsp><time_t>1739376774</time_t><timer><hb>20000</hb></timer>",
  ),
  vector(
    { type: "R2D_C", cli: CLIENT, cmap: CLIENT_MAPPED, relay: RELAY, sid: SID, cid: 82001 },
    `<cli>${CLIENT_XML}</cli><cmap>${CLIENT_MAPPED_XML}</cmap><relay>${RELAY_XML}</relay>${SID_XML}<cid>82001</cid>`,
  ),
  vector(
    { type: "D2R_C_R", sid: SID, dev: DEV, rsp: 0 },
    `${SID_XML}<dev>${DEV_XML}</dev><rsp>0</rsp>`,
  ),
  vector(
    {
      type: "D2R_DISC",
      sid: SID,
      time: { query: 10, setup: 200, conn: 30000 },
      conn: "map",
      rsp: 0,
      did: 96,
      send: {},
      recv: {},
    },
    `${SID_XML}<time><query>10</query><setup>200</setup><conn>30000</conn></time><conn>map</conn><rsp>0</rsp><did>96</did><send/><recv/>`,
  ),
  vector({ type: "R2D_DC_R", sid: SID, rsp: 0 }, `${SID_XML}<rsp>0</rsp>`),
];

function vector(message: SignalingMessage, children: string): MessageVector {
  return { message, xml: `<P2P><${message.type}>${children}</${message.type}></P2P>` };
}

/** Every message in the layout of a camera, as seeds. */
export const MESSAGE_SEEDS: readonly string[] = [
  ...MESSAGE_VECTORS.map(({ xml }) => xml),
  ...MESSAGE_VECTORS.map(({ message }) => writeMessage(message, "lines")),
];
