/** Messages as text and value; for tests in both directions and as seeds of the fuzzer. @module */

import { DhHeaders } from "./headers.ts";
import type { DhRequest, DhResponse } from "./message.ts";

export type SignalingVector =
  & {
    readonly name: string;
    /** The datagram as text. */
    readonly text: string;
    /** Whether the encoder writes exactly this text; else it is only to be read. */
    readonly canonical: boolean;
  }
  & (
    | { readonly type: "request"; readonly value: DhRequest }
    | { readonly type: "response"; readonly value: DhResponse }
  );

const AUTHORIZATION = 'WSSE profile="UsernameToken"';

/** Nonce, time and digest of a capture. */
const OLD_TOKEN =
  'UsernameToken Username="P2PClient", PasswordDigest="UbOt/zqNAoDhkxOmhiK/H84YaSc=", Nonce="1390900817", Created="2023-12-16T17:52:05Z"';
const TOKEN =
  'UsernameToken Username="cba1b29e32cb17aa46b8ff9e73c7f40b", PasswordDigest="RJk2jM0LWTrQxx6FnKgLnCNJAOs=", Nonce="1208787743", Created="2025-02-12T16:12:54Z"';

export const CHANNEL_REQUEST_BODY =
  "<body><Identify>8a 77 c6 8d b5 fe e6 58</Identify><IpEncrpt>true</IpEncrpt><LocalAddr>127.0.0.1:40000</LocalAddr><version>5.0.0</version></body>";

export const CHANNEL_ANSWER_BODY =
  "<body><Identify>8a 77 c6 8d b5 fe e6 58</Identify><IpEncrpt>false</IpEncrpt><LocalAddr>192.168.1.110:45660</LocalAddr><NatValueT>1</NatValueT><Policy>p2p,udprelay</Policy><PubAddr>212.200.247.162:15634</PubAddr><Relay>:0</Relay><version>6.0.0</version></body>";

export const SIGNALING_VECTORS: readonly SignalingVector[] = [
  {
    name: "a request without body",
    type: "request",
    canonical: true,
    text: lines(
      "DHGET /probe/p2psrv HTTP/1.1",
      "CSeq: 1",
      `Authorization: ${AUTHORIZATION}`,
      `X-WSSE: ${OLD_TOKEN}`,
      "",
      "",
    ),
    value: {
      method: "GET",
      dialect: "dh",
      path: "/probe/p2psrv",
      cseq: 1,
      headers: new DhHeaders([["Authorization", AUTHORIZATION], ["X-WSSE", OLD_TOKEN]]),
      body: "",
    },
  },
  {
    name: "a request with a body and an empty header value",
    type: "request",
    canonical: true,
    text: lines(
      "DHPOST /device/SERIAL/p2p-channel HTTP/1.1",
      "CSeq: 5",
      `Authorization: ${AUTHORIZATION}`,
      `X-WSSE: ${TOKEN}`,
      "Content-Type: ",
      "Content-Length: 144",
      "",
      CHANNEL_REQUEST_BODY,
    ),
    value: {
      method: "POST",
      dialect: "dh",
      path: "/device/SERIAL/p2p-channel",
      cseq: 5,
      headers: new DhHeaders([
        ["Authorization", AUTHORIZATION],
        ["X-WSSE", TOKEN],
        ["Content-Type", ""],
      ]),
      body: CHANNEL_REQUEST_BODY,
    },
  },
  {
    name: "a request with a body but neither length nor type, as some clients send it",
    type: "request",
    canonical: false,
    text: lines(
      "DHPOST /relay/start/7 HTTP/1.1",
      "CSeq: 7",
      "",
      "<body><Client>:0</Client></body>",
    ),
    value: {
      method: "POST",
      dialect: "dh",
      path: "/relay/start/7",
      cseq: 7,
      headers: new DhHeaders(),
      body: "<body><Client>:0</Client></body>",
    },
  },
  {
    name: "a request of the newer dialect",
    type: "request",
    canonical: true,
    text: lines("NFGET /online/relay HTTP/1.1", "CSeq: 3", "X-Version: 6.7.11", "", ""),
    value: {
      method: "GET",
      dialect: "nf",
      path: "/online/relay",
      cseq: 3,
      headers: new DhHeaders([["X-Version", "6.7.11"]]),
      body: "",
    },
  },
  {
    name: "a response with lines that end in LF and a colon without a blank",
    type: "response",
    canonical: false,
    text: "HTTP/1.1 200 OK\nCSeq:2\ncontent-type:\n\n<body><US>127.0.0.2:8801</US></body>",
    value: {
      code: 200,
      reason: "OK",
      cseq: 2,
      headers: new DhHeaders([["content-type", ""]]),
      body: "<body><US>127.0.0.2:8801</US></body>",
    },
  },
  {
    name: "a response without headers",
    type: "response",
    canonical: true,
    text: lines("HTTP/1.1 100 Trying", "", ""),
    value: {
      code: 100,
      reason: "Trying",
      cseq: undefined,
      headers: new DhHeaders(),
      body: "",
    },
  },
  {
    name: "the relay channel's notice, whose reason has several words",
    type: "response",
    canonical: true,
    text: lines("HTTP/1.1 200 Server Nat Info!", "CSeq: 8", "", ""),
    value: {
      code: 200,
      reason: "Server Nat Info!",
      cseq: 8,
      headers: new DhHeaders(),
      body: "",
    },
  },
  {
    name: "the device's answer",
    type: "response",
    canonical: true,
    text: lines(
      "HTTP/1.1 200 OK",
      "CSeq: 5",
      "Content-Type: ",
      "Content-Length: 259",
      "",
      CHANNEL_ANSWER_BODY,
    ),
    value: {
      code: 200,
      reason: "OK",
      cseq: 5,
      headers: new DhHeaders([["Content-Type", ""]]),
      body: CHANNEL_ANSWER_BODY,
    },
  },
  {
    name: "a refusal with a date and an XML declaration",
    type: "response",
    canonical: false,
    text: lines(
      "HTTP/1.1 403 Forbidden",
      "CSeq: 5",
      "Date: Wed, 12 Feb 2025 16:12:54 GMT",
      "Content-Length: 9999",
      "",
      '<?xml version="1.0"?><body><ErrCode>4</ErrCode><Error>DevPwd_InvalidSalt</Error></body>\0\0',
    ),
    value: {
      code: 403,
      reason: "Forbidden",
      cseq: 5,
      headers: new DhHeaders([["Date", "Wed, 12 Feb 2025 16:12:54 GMT"]]),
      body:
        '<?xml version="1.0"?><body><ErrCode>4</ErrCode><Error>DevPwd_InvalidSalt</Error></body>',
    },
  },
];

function lines(...parts: readonly string[]): string {
  return parts.join("\r\n");
}
