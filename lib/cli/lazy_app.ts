import type { App, AppOptions } from "../../routes/app_options.ts";
import type { World } from "../io/types.ts";

export interface LazyAppOptions extends Omit<AppOptions, "doctor"> {
  readonly addressOf: AppOptions["doctor"]["addressOf"];
  readonly visit: AppOptions["doctor"]["visit"];
  /** The world in which the doctor examines cameras. */
  readonly cameraWorld: World;
}

/**
 * The API and the doctor behind it, loaded with the first request: without them a daemon listens in
 * little more than half the time.
 */
export class LazyApp {
  readonly #options: LazyAppOptions;
  #app: Promise<App> | undefined;

  constructor(options: LazyAppOptions) {
    this.#options = options;
  }

  /** Answers a request; `peer` is the address it came from, without the port. */
  async fetch(request: Request, peer: string): Promise<Response> {
    this.#app ??= load(this.#options);
    return await (await this.#app).fetch(request, peer);
  }

  /** Ends what is still streamed, and examinations. */
  async close(): Promise<void> {
    (await this.#app)?.close();
  }
}

async function load({ cameraWorld, addressOf, visit, ...options }: LazyAppOptions): Promise<App> {
  const [{ createApp }, { DoctorDesk }] = await Promise.all([
    import("../../routes/app.ts"),
    import("../doctor/doctor_desk.ts"),
  ]);
  const desk = new DoctorDesk(cameraWorld);
  const begin: AppOptions["doctor"]["begin"] = (...args) => desk.begin(...args);
  const app = createApp({ ...options, doctor: { begin, addressOf, visit } });
  return {
    fetch: app.fetch,
    close() {
      app.close();
      desk.close();
    },
  };
}
