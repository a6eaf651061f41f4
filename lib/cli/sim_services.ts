/** What is behind the ports of simulated Dahua devices: their test picture, and their web server. */

import { DahuaWeb, startDahuaWeb } from "../sim/dahua/web.ts";
import { startRtspCamera } from "../sim/rtsp_camera.ts";
import type { DahuaCameraScenario, Scenario } from "../sim/scenario.ts";
import type { Endpoint } from "../machine.ts";
import type { CliContext } from "./context.ts";

interface Service {
  readonly endpoint: Endpoint;
  close(): Promise<void>;
}

/** The scenario with services behind every camera that names none of its own. */
export async function startServices(
  scenario: Scenario,
  { world, log }: CliContext,
): Promise<{ readonly scenario: Scenario; close(): Promise<void> }> {
  const services: Service[] = [];
  const pictures = new Map<DahuaCameraScenario["video"], Service>();
  const listen = { address: "127.0.0.1", port: 0 };
  const close = async () => {
    await Promise.all(services.map((service) => service.close()));
  };
  const pictureOf = async (video: DahuaCameraScenario["video"]): Promise<Service> => {
    const picture = pictures.get(video) ??
      await startRtspCamera(world, { listen, log, clip: { video } });
    if (!pictures.has(video)) services.push(picture);
    pictures.set(video, picture);
    return picture;
  };
  const webOf = async (camera: DahuaCameraScenario): Promise<Service> => {
    const { entropy, clock: { wallClock } } = world;
    const web = await startDahuaWeb(world, new DahuaWeb({ ...camera, entropy, wallClock }));
    services.push(web);
    return web;
  };
  try {
    const cameras: DahuaCameraScenario[] = [];
    for (const camera of scenario.dahua.cameras) {
      if (camera.ports !== undefined) {
        cameras.push(camera);
        continue;
      }
      const [picture, web] = [await pictureOf(camera.video), await webOf(camera)];
      cameras.push({ ...camera, ports: { "80": web.endpoint, "554": picture.endpoint } });
    }
    return { scenario: { ...scenario, dahua: { ...scenario.dahua, cameras } }, close };
  } catch (error) {
    await close();
    throw error;
  }
}
