/** The requests of a client that plays a camera, and odd ones. @module */

const BASE = "rtsp://127.0.0.1:8554/cam/realmonitor?channel=1&subtype=0";

export const RTSP_REQUESTS: readonly string[] = [
  request("OPTIONS", BASE),
  request("DESCRIBE", BASE, "Accept: application/sdp"),
  request("DESCRIBE", BASE, "Require: www.onvif.org/ver20/backchannel"),
  request("SETUP", `${BASE}/trackID=2`, "Transport: RTP/AVP/TCP;unicast;interleaved=1-4"),
  request("SETUP", `${BASE}/trackID=0`, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"),
  request("SETUP", `${BASE}/trackID=1`, "Transport: RTP/AVP/TCP;unicast;interleaved=2-3"),
  request("SETUP", `${BASE}/trackID=0`, "Transport: RTP/AVP;unicast;client_port=4588-4589"),
  request("PLAY", BASE, "Session: 0000000000000000", "Range: npt=0.000-"),
  request("PAUSE", BASE, "Session: 0000000000000000"),
  request("GET_PARAMETER", BASE, "Session: 0000000000000000", "Content-Length: 4", "", "ping")
    .slice(0, -4),
  request("TEARDOWN", BASE, "Session: 0000000000000000"),
  "RTSP/1.0 200 OK\r\nCSeq: 7\r\nContent-Length: 2\r\n\r\nhi",
  "$\x01\x00\x08\x01\x49\x00\x01\x11\x22\x33\x44",
];

function request(method: string, url: string, ...lines: readonly string[]): string {
  return [`${method} ${url} RTSP/1.0`, "CSeq: 7", ...lines, "", ""].join("\r\n");
}
