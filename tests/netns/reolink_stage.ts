import { formatEndpoint } from "../../lib/endpoint.ts";
import { type Child, runtimeCommand } from "./child.ts";
import { type Home, Internet, type Masquerade } from "./internet.ts";
import type { Namespace } from "./namespace.ts";
import { CLOUD_ADDRESS } from "./plan.ts";
import { REOLINK_CLOUD, UIDS } from "./reolink_plan.ts";

/** What a player decoded. */
export interface Picture {
  readonly pictures: number;
  readonly errors: string;
}

/** `sightline open` on a host of its own. */
export class Opener {
  readonly #host: Namespace;
  readonly #program: Child;
  readonly #startedAt = performance.now();

  constructor(host: Namespace, uid: string, way: string) {
    const [middleman] = REOLINK_CLOUD.middlemen;
    const account = "admin:sightline";
    const address = `reolink://${account}@${uid}?server=${formatEndpoint(middleman)}&way=${way}`;
    this.#host = host;
    this.#program = host.start(runtimeCommand("main.ts", "open", address, "--json"));
  }

  /** Resolves with where it is to be watched, the way it took, and how many seconds that took. */
  async shown(): Promise<{ readonly url: string; readonly way: string; readonly seconds: number }> {
    const { url } = JSON.parse(await this.#program.line(/"event":"url"/));
    const { way } = JSON.parse(await this.#program.line(/"state":"open"/));
    return { url, way, seconds: (performance.now() - this.#startedAt) / 1_000 };
  }

  /** Decodes so many seconds of the picture. */
  async play(url: string, seconds: number): Promise<Picture> {
    const input = ["-v", "error", "-rtsp_transport", "tcp", "-i", url, "-t", String(seconds)];
    const player = this.#host.start(["ffmpeg", ...input, "-map", "0:v", "-f", "framemd5", "-"]);
    await player.exit;
    return { pictures: player.lines(/^0,/).length, errors: player.errors };
  }

  /** Ends the program as Ctrl-C does; resolves with its exit code. */
  async stop(): Promise<number | undefined> {
    this.#program.kill("SIGINT");
    return await this.#program.exit;
  }
}

/** An internet with the simulated Reolink cloud, and a camera behind a router of each kind. */
export class ReolinkStage {
  readonly #internet: Internet;
  readonly #homes = new Map<Masquerade, Home>();
  #addresses = 60;

  private constructor(internet: Internet) {
    this.#internet = internet;
  }

  /** Resolves once the cloud knows both cameras. */
  static async open(): Promise<ReolinkStage> {
    const stage = new ReolinkStage(await Internet.open());
    try {
      const host = await stage.#internet.addHost(CLOUD_ADDRESS);
      const cloud = host.start(runtimeCommand("tests/netns/programs/reolink_cloud.ts"));
      await cloud.line(/^ready$/);
      await Promise.all((["preserving", "random"] as const).map(async (kind) => {
        await stage.#addCamera(kind);
        await cloud.line(new RegExp(`^online ${UIDS[kind]}$`));
      }));
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  /** The program in a home of its own, to show the camera behind the other router. */
  async openFromAfar(masquerade: Masquerade, camera: Masquerade, way = "auto"): Promise<Opener> {
    const home = await this.#internet.addHome(this.#nextAddress(), masquerade);
    return new Opener(await home.addHost(), UIDS[camera], way);
  }

  /** The program in the home of the camera. */
  async openNextTo(camera: Masquerade): Promise<Opener> {
    const home = this.#homes.get(camera);
    if (home === undefined) throw new Error(`Cannot add neighbour as there is no ${camera} home`);
    return new Opener(await home.addHost(), UIDS[camera], "auto");
  }

  async close(): Promise<void> {
    await this.#internet.close();
  }

  async #addCamera(masquerade: Masquerade): Promise<void> {
    const home = await this.#internet.addHome(this.#nextAddress(), masquerade);
    this.#homes.set(masquerade, home);
    const host = await home.addHost();
    const command = runtimeCommand("tests/netns/programs/reolink_camera.ts", UIDS[masquerade]);
    await host.start(command).line(/^ready$/);
  }

  #nextAddress(): string {
    return `198.51.100.${this.#addresses++}`;
  }
}
