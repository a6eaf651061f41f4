import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs `body` with the path of a file that has this scenario, and removes it afterwards. */
export async function withScenario<T>(
  scenario: unknown,
  body: (file: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-scenario-"));
  try {
    const file = join(folder, "scenario.json");
    await writeFile(file, JSON.stringify(scenario));
    return await body(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
