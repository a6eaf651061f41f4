import type { CameraAddress, HostPort } from "../config/camera_address.ts";

/** An address without account, as `parseCameraAddress()` reads it. */
export function formatAddress(address: CameraAddress): string {
  if (address.vendor === "dahua") {
    const { serial, channel, subtype, way, server, dialect } = address;
    const parts = [`channel=${channel}`, `subtype=${subtype}`, `way=${way}`, `dialect=${dialect}`];
    return `dahua://${serial}?${[...parts, `server=${hostPort(server)}`].join("&")}`;
  }
  const { target, stream, channel, way, servers } = address;
  if (target.type === "host") return `reolink://${target.host}:${target.port}`;
  const parts = [`stream=${stream}`, `channel=${channel}`, `way=${way}`];
  if (servers.length > 0) parts.push(`server=${servers.map(hostPort).join()}`);
  return `reolink://${target.uid}?${parts.join("&")}`;
}

function hostPort({ host, port }: HostPort): string {
  return `${host}:${port}`;
}
