/** RTSP streams as text and what is in them; for tests and as seeds of the fuzzer. @module */

/** A message with its header fields as pairs and its body as text. */
export type PlainMessage =
  | {
    readonly type: "request";
    readonly method: string;
    readonly uri: string;
    readonly fields: readonly (readonly [string, string])[];
    readonly body: string;
  }
  | {
    readonly type: "response";
    readonly status: number;
    readonly reason: string;
    readonly fields: readonly (readonly [string, string])[];
    readonly body: string;
  }
  | { readonly type: "interleaved"; readonly channel: number; readonly payload: string };

export interface MessageVector {
  readonly name: string;
  readonly text: string;
  readonly messages: readonly PlainMessage[];
  /** Whether encoding `messages` gives `text` again: not with liberties peers take. */
  readonly encodes: boolean;
}

const URL = "rtsp://127.0.0.1:8554/cam/realmonitor?channel=1&subtype=0";

export const MESSAGE_VECTORS: readonly MessageVector[] = [
  {
    name: "a request",
    text: `DESCRIBE ${URL} RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n`,
    messages: [{
      type: "request",
      method: "DESCRIBE",
      uri: URL,
      fields: [["CSeq", "2"], ["Accept", "application/sdp"]],
      body: "",
    }],
    encodes: true,
  },
  {
    name: "a response with a body and two fields of one name",
    text: "RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Basic realm=a\r\n" +
      "WWW-Authenticate: Digest realm=a\r\nContent-Length: 5\r\n\r\nhello",
    messages: [{
      type: "response",
      status: 401,
      reason: "Unauthorized",
      fields: [
        ["CSeq", "2"],
        ["WWW-Authenticate", "Basic realm=a"],
        ["WWW-Authenticate", "Digest realm=a"],
        ["Content-Length", "5"],
      ],
      body: "hello",
    }],
    encodes: true,
  },
  {
    name: "interleaved frames between messages",
    text: `$\0\0\x02ab$\x01\0\0OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n$\x02\0\x01c`,
    messages: [
      { type: "interleaved", channel: 0, payload: "ab" },
      { type: "interleaved", channel: 1, payload: "" },
      { type: "request", method: "OPTIONS", uri: "*", fields: [["CSeq", "1"]], body: "" },
      { type: "interleaved", channel: 2, payload: "c" },
    ],
    encodes: true,
  },
  {
    name: "empty lines before a message, lines ended by LF alone, odd white space",
    text: "\r\n\nPLAY * RTSP/1.0\ncseq:3\nRange \t: npt=0- \n\n",
    messages: [{
      type: "request",
      method: "PLAY",
      uri: "*",
      fields: [["cseq", "3"], ["Range", "npt=0-"]],
      body: "",
    }],
    encodes: false,
  },
  {
    name: "a status line without reason, an empty value, and Content-Length twice the same",
    text: "RTSP/1.0 200\r\nSession:\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n$",
    messages: [{
      type: "response",
      status: 200,
      reason: "",
      fields: [["Session", ""], ["Content-Length", "1"], ["content-length", "1"]],
      body: "$",
    }],
    encodes: false,
  },
  {
    name: "a message without header fields",
    text: "OPTIONS * RTSP/1.0\r\n\r\n",
    messages: [{ type: "request", method: "OPTIONS", uri: "*", fields: [], body: "" }],
    encodes: true,
  },
];

/** Streams that must be refused. */
export const BAD_MESSAGES: readonly { readonly name: string; readonly text: string }[] = [
  { name: "a request line of one word", text: "OPTIONS\r\n\r\n" },
  { name: "another protocol", text: "GET / HTTP/1.1\r\nHost: a\r\n\r\n" },
  { name: "RTSP 2", text: "OPTIONS * RTSP/2.0\r\n\r\n" },
  { name: "two blanks in the request line", text: "OPTIONS  * RTSP/1.0\r\n\r\n" },
  { name: "a status of two digits", text: "RTSP/1.0 20 OK\r\n\r\n" },
  { name: "a header field without colon", text: "OPTIONS * RTSP/1.0\r\nCSeq 1\r\n\r\n" },
  { name: "a header field without name", text: "OPTIONS * RTSP/1.0\r\n: 1\r\n\r\n" },
  { name: "a folded header field", text: "OPTIONS * RTSP/1.0\r\nA: 1\r\n 2\r\n\r\n" },
  { name: "a lone CR in a header field", text: "OPTIONS * RTSP/1.0\r\nA: 1\r2\r\n\r\n" },
  { name: "a NUL in a header field", text: "OPTIONS * RTSP/1.0\r\nRequire: \0\r\n\r\n" },
  { name: "a negative length", text: "PLAY * RTSP/1.0\r\nContent-Length: -1\r\n\r\n" },
  { name: "a length in hex", text: "PLAY * RTSP/1.0\r\nContent-Length: 0x1\r\n\r\n" },
  {
    name: "two different lengths",
    text: "PLAY * RTSP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
  },
];
