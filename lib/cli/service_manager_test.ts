import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../io/types.ts";
import { Log, type LogFields } from "../log/log.ts";
import { ServiceManager } from "./service_manager.ts";

/** A service manager in virtual time, what it ran and what it logged. */
function rig(env: Record<string, string>, code = 0) {
  const commands: string[] = [];
  const logged: LogFields[] = [];
  let fire = () => {};
  const delays: number[] = [];
  const clock: Clock = {
    now: () => 0,
    wallClock: () => 0,
    setTimer(delay, callback) {
      delays.push(delay);
      fire = callback;
      return () => fire = () => {};
    },
  };
  const manager = new ServiceManager({
    env,
    clock,
    log: new Log((_level, _message, fields) => logged.push(fields)),
    runProgram(command) {
      commands.push(command.join(" "));
      return Promise.resolve({ code, stdout: "", stderr: "" });
    },
  });
  return { manager, commands, delays, logged, fire: () => fire() };
}

const SOCKET = { NOTIFY_SOCKET: "/run/systemd/notify" };

test("ServiceManager reports nothing where nobody asked for it", async () => {
  const { manager, commands, delays } = rig({ WATCHDOG_USEC: "60000000" });
  await manager.ready("4 cameras");
  await manager.stopping();
  assert.deepEqual(commands, []);
  assert.deepEqual(delays, []);
});

test("ServiceManager reports that it is ready and that it stops", async () => {
  const { manager, commands, delays } = rig(SOCKET);
  await manager.ready("4 cameras");
  await manager.stopping();
  assert.deepEqual(commands, [
    "systemd-notify --ready --status=4 cameras",
    "systemd-notify STOPPING=1",
  ]);
  assert.deepEqual(delays, [], "no watchdog is set up");
});

test("ServiceManager feeds the watchdog three times within its time, until it stops", async () => {
  const { manager, commands, delays, fire } = rig({ ...SOCKET, WATCHDOG_USEC: "60000000" });
  await manager.ready("ready");
  fire();
  fire();
  await manager.stopping();
  fire();
  assert.deepEqual(commands.slice(1), [
    "systemd-notify WATCHDOG=1",
    "systemd-notify WATCHDOG=1",
    "systemd-notify STOPPING=1",
  ]);
  assert.deepEqual(delays, [20_000, 20_000, 20_000]);
});

test("ServiceManager logs that it could not report", async () => {
  const { manager, logged } = rig(SOCKET, 1);
  await manager.ready("ready");
  assert.deepEqual(logged, [{ detail: "it ended with 1" }]);
});
