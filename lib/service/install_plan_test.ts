import assert from "node:assert/strict";
import { test } from "node:test";
import { installPlan, SERVICE_MANAGERS, type Step, uninstallPlan } from "./install_plan.ts";

const OPTIONS = { binary: "/usr/local/bin/sightline", from: "/tmp/sightline", lowMemory: false };

const pathOf = (step: Step) => step.type === "run" ? step.command.join(" ") : step.path;

test("installPlan() has all files in place before the service manager is told", () => {
  for (const manager of SERVICE_MANAGERS) {
    const types = installPlan({ ...OPTIONS, manager }).map(({ type }) => type);
    const firstRun = types.indexOf("run");
    assert.ok(firstRun > 0 && types.slice(firstRun).every((type) => type === "run"), manager);
  }
});

test("installPlan() keeps the configuration that is there, and replaces all else", () => {
  for (const manager of SERVICE_MANAGERS) {
    const files = installPlan({ ...OPTIONS, manager }).filter((step) => step.type === "file");
    const kept = files.filter(({ keep }) => keep).map(({ path }) => path);
    assert.deepEqual(kept, ["/etc/sightline/sightline.yaml"], manager);
  }
});

test("installPlan() lets only root read secrets", () => {
  const secrets = installPlan({ ...OPTIONS, manager: "systemd" }).find((step) =>
    pathOf(step) === "/etc/sightline/secrets"
  );
  assert.deepEqual(secrets, { type: "folder", path: "/etc/sightline/secrets", mode: 0o700 });
});

test("installPlan() writes the program's path and options into unit and script", () => {
  for (const manager of SERVICE_MANAGERS) {
    const steps = installPlan({ ...OPTIONS, manager, lowMemory: true });
    const text = steps.map((step) => step.type === "file" ? step.text : "").join("");
    assert.match(
      text,
      /\/usr\/local\/bin\/sightline serve --config \/etc\/sightline\/sightline\.yaml --low-memory$/m,
    );
  }
});

test("uninstallPlan() removes what installPlan() wrote, but not what the administrator did", () => {
  for (const manager of SERVICE_MANAGERS) {
    const written = installPlan({ ...OPTIONS, manager })
      .filter((step) => step.type === "copy" || step.type === "file" && step.keep !== true)
      .map(pathOf);
    const removed = uninstallPlan({ manager, binary: OPTIONS.binary, purge: false })
      .filter(({ type }) => type === "remove").map(pathOf);
    assert.deepEqual(removed.toSorted(), written.toSorted(), manager);
  }
});

test("uninstallPlan() with purge removes configuration and state as well", () => {
  const steps = uninstallPlan({ manager: "systemd", binary: OPTIONS.binary, purge: true });
  const removed = steps.filter(({ type }) => type === "remove").map(pathOf);
  for (const path of ["/etc/sightline", "/var/lib/sightline", "/var/lib/private/sightline"]) {
    assert.ok(removed.includes(path), path);
  }
});

test("uninstallPlan() stops the service first, be it there or not", () => {
  for (const manager of SERVICE_MANAGERS) {
    const [first] = uninstallPlan({ manager, binary: OPTIONS.binary, purge: false });
    assert.ok(first?.type === "run" && first.optional, manager);
  }
});
