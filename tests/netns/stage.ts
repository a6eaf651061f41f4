import { runtimeCommand } from "./child.ts";
import { Client } from "./client.ts";
import { type Home, Internet, type Masquerade } from "./internet.ts";
import { CLOUD_ADDRESS, SERIALS } from "./plan.ts";

/** An internet with the simulated cloud, and a camera behind a router of each kind. */
export class Stage {
  readonly #internet: Internet;
  readonly #homes = new Map<Masquerade, Home>();
  #addresses = 20;

  private constructor(internet: Internet) {
    this.#internet = internet;
  }

  /** Resolves once the cloud knows both cameras. */
  static async open(): Promise<Stage> {
    const stage = new Stage(await Internet.open());
    try {
      await stage.#startCloud();
      await Promise.all((["preserving", "random"] as const).map((kind) => stage.#addCamera(kind)));
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  /** A client in a home of its own. */
  async addClient(
    masquerade: Masquerade,
    camera: Masquerade,
  ): Promise<{ readonly client: Client; readonly home: Home }> {
    const home = await this.#internet.addHome(this.#nextAddress(), masquerade);
    const client = await Client.start(await home.addHost(), SERIALS[camera]);
    return { client, home };
  }

  /** A client in the home of the camera. */
  async addNeighbour(camera: Masquerade): Promise<Client> {
    const home = this.#homes.get(camera);
    if (home === undefined) throw new Error(`Cannot add neighbour as there is no ${camera} home`);
    return await Client.start(await home.addHost(), SERIALS[camera]);
  }

  async close(): Promise<void> {
    await this.#internet.close();
  }

  async #startCloud(): Promise<void> {
    const host = await this.#internet.addHost(CLOUD_ADDRESS);
    const cloud = host.start(runtimeCommand("tests/netns/programs/cloud.ts"));
    await cloud.line(/^ready$/);
  }

  async #addCamera(masquerade: Masquerade): Promise<void> {
    const home = await this.#internet.addHome(this.#nextAddress(), masquerade);
    this.#homes.set(masquerade, home);
    const host = await home.addHost();
    const command = runtimeCommand("tests/netns/programs/camera.ts", SERIALS[masquerade]);
    await host.start(command).line(/^ready$/);
  }

  #nextAddress(): string {
    return `198.51.100.${this.#addresses++}`;
  }
}
