import type { CameraAddress } from "../config/camera_address.ts";
import { askCloud, serversOf } from "./ask_cloud.ts";
import type { ExamineOptions } from "./examine_options.ts";
import { resolveServers } from "./resolve_servers.ts";

/** Asks the further clouds, one after the other, whether they know a camera that its own does not. */
export async function askOtherClouds(
  address: CameraAddress,
  { world, chart, clouds, signal }: ExamineOptions,
): Promise<void> {
  const own = serversOf(address).map(({ host, port }) => `${host}:${port}`);
  for (const cloud of clouds) {
    const server = `${cloud.host}:${cloud.port}`;
    if (own.includes(server)) continue;
    const servers = await resolveServers([cloud], world, chart, signal);
    const outcome = await askCloud(address, { world, servers }, signal);
    if (signal.aborted) return;
    const isAnswered = outcome !== undefined && outcome.type !== "unanswered";
    chart.noteCloud({ server, knows: isAnswered ? outcome.type === "online" : undefined });
  }
}
