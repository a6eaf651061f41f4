import { serveHttp } from "../../lib/io/http.ts";
import type { Endpoint } from "../../lib/machine.ts";
import { type ApiWorld, apiWorld, type ApiWorldOptions } from "./api_world.ts";

/** The API on a fake hub, on a real socket. */
export async function withApiServer(
  body: (url: string, world: ApiWorld) => Promise<void>,
  options: ApiWorldOptions = {},
): Promise<void> {
  let listening: Endpoint = { address: "127.0.0.1", port: 0 };
  const world = apiWorld({ listening: () => listening, ...options });
  const bugs: unknown[] = [];
  const server = await serveHttp(
    listening,
    (request, { address }) => world.app.fetch(request, address),
    (bug) => bugs.push(bug),
  );
  listening = server.local;
  try {
    await body(`http://127.0.0.1:${listening.port}`, world);
  } finally {
    world.app.close();
    await server.close();
  }
  if (bugs.length > 0) throw bugs[0];
}
