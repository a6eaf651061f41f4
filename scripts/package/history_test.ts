import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { missing } from "../../tests/interop/players.ts";
import { mustCommand } from "../build/command.ts";
import { historyOf } from "./history.ts";

const skip = missing("git", "--version");

/** A repository of its own. */
class Repository {
  readonly top: string;

  private constructor(top: string) {
    this.top = top;
  }

  static async with(body: (repository: Repository) => Promise<void>): Promise<void> {
    const repository = new Repository(await mkdtemp(join(tmpdir(), "sightline-history-")));
    try {
      await repository.git("init", "--quiet");
      await body(repository);
    } finally {
      await rm(repository.top, { recursive: true });
    }
  }

  async git(...args: readonly string[]): Promise<void> {
    const who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "tag.gpgSign=false"];
    await mustCommand(["git", ...who, "-c", "commit.gpgSign=false", ...args], { cwd: this.top });
  }

  async commit(subject: string): Promise<void> {
    await this.write(subject);
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--message", subject);
  }

  write(text: string): Promise<void> {
    return writeFile(join(this.top, "file"), text);
  }
}

test(
  "historyOf() has the commits since the last release, or all before the first",
  { skip },
  async () => {
    await Repository.with(async (repository) => {
      await repository.commit("one");
      await repository.commit("two");
      const all = { since: undefined, changes: ["two", "one"] };
      assert.deepEqual(await historyOf("0.1.0", repository.top), all);
      await repository.git("tag", "v0.1.0");
      assert.deepEqual(await historyOf("0.1.0", repository.top), all, "the same release again");
      await repository.commit("three");
      const next = await historyOf("0.2.0", repository.top);
      assert.deepEqual(next, { since: "v0.1.0", changes: ["three"] });
    });
  },
);

test("historyOf() refuses what is not committed, and names it", { skip }, async () => {
  await Repository.with(async (repository) => {
    await repository.commit("one");
    await repository.write("two");
    await assert.rejects(historyOf("0.1.0", repository.top), /must be committed: not so file$/);
  });
});

test("historyOf() refuses a version that was released from another commit", { skip }, async () => {
  await Repository.with(async (repository) => {
    await repository.commit("one");
    await repository.git("tag", "v0.1.0");
    await repository.commit("two");
    await assert.rejects(historyOf("0.1.0", repository.top), /v0\.1\.0 is another commit$/);
  });
});
