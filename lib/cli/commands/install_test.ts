import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type CommandRun, runCommand } from "../../../tests/support/command.ts";
import { installCommand } from "./install.ts";
import { uninstallCommand } from "./uninstall.ts";

/** An image of a system to install into, and a program to install. */
class Image {
  readonly root: string;
  readonly program: string;

  private constructor(folder: string) {
    this.root = join(folder, "root");
    this.program = join(folder, "program");
  }

  static async with(body: (image: Image) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "sightline-install-"));
    try {
      const image = new Image(folder);
      for (const path of ["etc/systemd/system", "etc/init.d"]) await image.makeFolder(path);
      await writeFile(image.program, "first");
      await body(image);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async makeFolder(path: string): Promise<void> {
    await mkdir(join(this.root, path), { recursive: true });
  }

  install(...args: readonly string[]): Promise<CommandRun> {
    return runCommand(installCommand, ["--root", this.root, "--binary", this.program, ...args]);
  }

  uninstall(...args: readonly string[]): Promise<CommandRun> {
    return runCommand(uninstallCommand, ["--root", this.root, ...args]);
  }

  read(path: string): Promise<string> {
    return readFile(join(this.root, path), "utf8");
  }

  /** The permissions in octal, or `undefined` where there is nothing. */
  async mode(path: string): Promise<string | undefined> {
    const found = await stat(join(this.root, path)).catch(() => undefined);
    return found && (found.mode & 0o7777).toString(8);
  }
}

const SYSTEMD = ["--init", "systemd"];
const CONFIG = "etc/sightline/sightline.yaml";

test("sightline install makes program, unit, configuration and a place for secrets", async () => {
  await Image.with(async (image) => {
    const { code, complaint, out } = await image.install(...SYSTEMD);
    assert.equal(code, 0, complaint);
    assert.equal(await image.read("usr/local/bin/sightline"), "first");
    assert.equal(await image.mode("usr/local/bin/sightline"), "755");
    assert.match(
      await image.read("etc/systemd/system/sightline.service"),
      /^ExecStart=\/usr\/local\/bin\/sightline serve --config/m,
    );
    assert.equal(await image.mode(CONFIG), "644");
    assert.equal(await image.mode("etc/sightline/secrets"), "700");
    assert.deepEqual(out.map((line) => line.replace(image.root, "")), [
      "wrote /usr/local/bin/sightline",
      "wrote /etc/sightline/sightline.yaml",
      "wrote /etc/systemd/system/sightline.service",
    ]);
  });
});

test("sightline install replaces the program and keeps the configuration", async () => {
  await Image.with(async (image) => {
    await image.install(...SYSTEMD);
    await writeFile(join(image.root, CONFIG), "cameras: {} # mine\n");
    await writeFile(image.program, "second");
    const { code, out } = await image.install(...SYSTEMD, "--low-memory");
    assert.equal(code, 0);
    assert.equal(await image.read(CONFIG), "cameras: {} # mine\n");
    assert.equal(await image.read("usr/local/bin/sightline"), "second");
    assert.match(await image.read("etc/systemd/system/sightline.service"), /--low-memory$/m);
    assert.deepEqual(out.map((line) => line.split(" ")[0]), ["replaced", "kept", "replaced"]);
  });
});

test("sightline install makes a procd script where procd is, and what keeps it over upgrades", async () => {
  await Image.with(async (image) => {
    await image.makeFolder("sbin");
    await writeFile(join(image.root, "sbin/procd"), "");
    const { code, complaint } = await image.install();
    assert.equal(code, 0, complaint);
    assert.equal(await image.mode("usr/bin/sightline"), "755");
    assert.equal(await image.mode("etc/init.d/sightline"), "755");
    assert.match(await image.read("etc/init.d/sightline"), /command \/usr\/bin\/sightline serve/);
    assert.equal(await image.read("lib/upgrade/keep.d/sightline"), "/etc/sightline/\n");
  });
});

test("sightline install --dry-run shows what it would write, and writes nothing", async () => {
  await Image.with(async (image) => {
    const { code, out } = await image.install(...SYSTEMD, "--dry-run");
    assert.equal(code, 0);
    const text = out.join("\n").replaceAll(image.root, "");
    assert.match(text, /^write {3}\/usr\/local\/bin\/sightline, a copy of /m);
    assert.match(text, /^write {3}\/etc\/systemd\/system\/sightline\.service\n {8}\[Unit\]$/m);
    assert.equal(await image.mode("usr"), undefined);
    assert.equal(await image.mode("etc/sightline"), undefined);
  });
});

test("sightline install --config takes a configuration, but none that tells a password", async () => {
  await Image.with(async (image) => {
    const file = join(image.root, "mine.yaml");
    await writeFile(file, "cameras:\n  front:\n    address: dahua://admin:x@4K0123PAZ00001\n");
    const refused = await image.install(...SYSTEMD, "--config", file);
    assert.equal(refused.code, 2);
    assert.match(refused.complaint, /mine\.yaml:3: a secret is in it/);
    assert.equal(await image.mode("etc/sightline"), undefined);
    await writeFile(file, "cameras: {} # from a file\n");
    assert.equal((await image.install(...SYSTEMD, "--config", file)).code, 0);
    assert.equal(await image.read(CONFIG), "cameras: {} # from a file\n");
  });
});

test("sightline install --config takes none that the service could not start with", async () => {
  await Image.with(async (image) => {
    const file = join(image.root, "mine.yaml");
    const withCamera = (line: string) =>
      writeFile(
        file,
        `cameras:\n  front:\n    address: dahua://admin@4K0123PAZ00001\n    ${line}\n`,
      );
    const places = [["systemd", "${CREDENTIALS_DIRECTORY}/secrets_front"], [
      "procd",
      "secrets/front",
    ]];
    await withCamera("mode: sometimes");
    const mistaken = await image.install(...SYSTEMD, "--config", file);
    assert.match(mistaken.complaint, /mine\.yaml:4:11: cameras\.front\.mode must be/);
    for (const [init = "", place] of places) {
      await withCamera(`password_file: ${place}`);
      const { code, complaint } = await image.install("--init", init, "--config", file);
      assert.equal(code, 2);
      assert.match(complaint, /password_file cannot be used: .*\/etc\/sightline\/secrets\/front/);
    }
    assert.equal(await image.mode("usr/local/bin/sightline"), undefined);
    await image.makeFolder("etc/sightline/secrets");
    await writeFile(join(image.root, "etc/sightline/secrets/front"), "hunter2\n");
    for (const [init = "", place] of places) {
      await withCamera(`password_file: ${place}`);
      const { code, complaint } = await image.install("--init", init, "--config", file);
      assert.equal(code, 0, complaint);
    }
  });
});

test("sightline install says so where nothing runs services", async () => {
  await Image.with(async (image) => {
    const { code, complaint } = await image.install();
    assert.equal(code, 2);
    assert.match(complaint, /^Neither systemd nor procd is here/);
  });
});

test("sightline install leaves a program alone that cannot be replaced", async () => {
  await Image.with(async (image) => {
    await image.install(...SYSTEMD);
    await rm(image.program);
    const error = await image.install(...SYSTEMD).catch((thrown: Error) => thrown);
    assert.match(
      (error as Error).message,
      /^Cannot write ".*\/usr\/local\/bin\/sightline" as there/,
    );
    assert.equal(await image.read("usr/local/bin/sightline"), "first");
    assert.equal(await image.mode("usr/local/bin/sightline.new"), undefined);
  });
});

test("sightline install and uninstall leave a service of a package to its package manager", async () => {
  await Image.with(async (image) => {
    await image.makeFolder("lib/systemd/system");
    await writeFile(join(image.root, "lib/systemd/system/sightline.service"), "");
    for (const refused of [await image.install(...SYSTEMD), await image.uninstall(...SYSTEMD)]) {
      assert.equal(refused.code, 2);
      assert.match(refused.complaint, /belongs to a package/);
    }
    const ours = "etc/systemd/system/sightline.service";
    await writeFile(join(image.root, ours), "");
    assert.equal((await image.uninstall(...SYSTEMD)).code, 0);
    assert.equal(await image.mode(ours), undefined);
    assert.equal(await image.mode("lib/systemd/system/sightline.service"), "644");
  });
});

test("sightline install refuses a prefix that would need quoting, and one from nowhere", async () => {
  await Image.with(async (image) => {
    for (const prefix of ["/opt/my programs", "/opt/$(id)", "opt"]) {
      const { code, complaint } = await image.install(...SYSTEMD, "--prefix", prefix);
      assert.equal(code, 2, prefix);
      assert.match(complaint, /^Option --prefix must be/);
    }
  });
});

test("sightline install copies no interpreter: from its sources it needs --binary", async () => {
  const { code, complaint } = await runCommand(installCommand, ["--dry-run", ...SYSTEMD]);
  assert.equal(code, 2);
  assert.match(complaint, /runs from its sources/);
});

test("sightline uninstall takes back what install did, and keeps what the administrator wrote", async () => {
  await Image.with(async (image) => {
    await image.install(...SYSTEMD);
    const { code, complaint } = await image.uninstall(...SYSTEMD);
    assert.equal(code, 0, complaint);
    assert.equal(await image.mode("usr/local/bin/sightline"), undefined);
    assert.equal(await image.mode("etc/systemd/system/sightline.service"), undefined);
    assert.equal(await image.mode(CONFIG), "644");
    assert.equal((await image.uninstall(...SYSTEMD, "--purge")).code, 0);
    assert.equal(await image.mode("etc/sightline"), undefined);
  });
});
