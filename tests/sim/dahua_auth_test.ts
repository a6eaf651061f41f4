import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Secret } from "../../lib/config/secret.ts";
import { TunnelWorld, type TunnelWorldOptions } from "../support/tunnel_world.ts";

const SALT = "0123456789abcdef0123456789abcdef";
const PASSWORD = "corr3ct horse";
const WRONG = "batt3ry staple";
const CAMERA = { auth: "required", user: "admin", password: PASSWORD, nat: "full-cone" } as const;

function worldOf(options: TunnelWorldOptions = {}, password = PASSWORD): TunnelWorld {
  return new TunnelWorld({
    link: { delay: 20 },
    ...options,
    camera: { ...CAMERA, ...options.camera },
    tunnel: { credentials: { user: "admin", password: new Secret(password) }, ...options.tunnel },
  });
}

/** Runs until the tunnel has ended; its last event. */
function endOf(world: TunnelWorld) {
  world.open(300_000);
  const last = world.events.at(-1);
  assert.ok(last?.type === "closed", JSON.stringify(last));
  return last;
}

for (const way of ["direct", "relay"] as const) {
  for (const told of ["encrypted", "clear"] as const) {
    test(`DahuaTunnel goes ${way} to a camera that wants authentication, salt ${told}`, () => {
      const world = worldOf({ camera: { salt: { value: SALT, told } }, tunnel: { way } });
      assert.equal(world.open(), way, JSON.stringify(world.find("closed")));
      assert.deepEqual(world.device.guard?.counters, { attempts: 2, failures: 0, locked: 0 });
    });
  }
}

test("DahuaTunnel goes over the LAN to an address it is told enciphered", () => {
  assert.equal(worldOf({ camera: { nat: "none" } }).open(), "lan");
});

test("DahuaTunnel authenticates through loss without failing once", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const world = worldOf({ seed, link: { delay: 30, loss: 0.03 } });
    assert.equal(world.open(), "direct", JSON.stringify(world.find("closed")));
    assert.equal(world.device.guard?.counters.failures, 0);
  }
});

test("DahuaTunnel uses the default salt for a camera without one of its own", () => {
  assert.equal(worldOf({ camera: { salt: { told: "absent" } } }).open(), "direct");
  assert.equal(worldOf({ servers: { p2p: { silent: true } } }).open(), "direct");
});

test("DahuaTunnel authenticates by the cloud's clock when its own is wrong", () => {
  const world = worldOf({ servers: { main: { clockSkew: "2h" } } });
  assert.equal(world.open(), "direct", JSON.stringify(world.find("closed")));
  assert.equal(world.device.guard?.counters.failures, 0);
});

test("DahuaTunnel makes one attempt with a wrong password and says so", () => {
  const world = worldOf({}, WRONG);
  const { reason, stage, detail } = endOf(world);
  assert.deepEqual([reason, stage], ["auth", "authenticate"]);
  assert.match(detail, /refused user name or password/);
  world.world.runFor(600_000);
  assert.deepEqual(world.device.guard?.counters, { attempts: 1, failures: 1, locked: 0 });
});

test("DahuaTunnel makes one attempt with a wrong password on a bad link, too", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const world = worldOf({ seed, link: { delay: 60, loss: 0.1, duplicate: 0.1 } }, WRONG);
    assert.equal(endOf(world).reason, "auth");
    assert.equal(world.device.guard?.counters.attempts, 1, `seed ${seed}`);
  }
});

test("DahuaTunnel tells a missing salt from a wrong password", () => {
  const { reason, stage, detail, advice } = endOf(
    worldOf({ camera: { salt: { value: SALT, told: "absent" } } }),
  );
  assert.deepEqual([reason, stage], ["auth", "device-info"]);
  assert.match(detail, /salt of its own .* does not name it/);
  assert.match(advice, /password may well be right/);
});

test("DahuaTunnel blames credentials or clock when the camera's clock is wrong", () => {
  const { reason, advice } = endOf(worldOf({ camera: { faults: { clockSkew: "1h" } } }));
  assert.equal(reason, "auth");
  assert.match(advice, /clock/);
});

test("DahuaTunnel asks for credentials when it has none and the camera wants some", () => {
  const world = new TunnelWorld({ camera: CAMERA });
  const { reason, stage, advice } = endOf(world);
  assert.deepEqual([reason, stage], ["auth", "channel"]);
  assert.match(advice, /give user name and password/);
  assert.equal(world.device.guard?.counters.attempts, 0);
});

test("DahuaTunnel proves nothing to a camera that wants nothing proven", () => {
  const world = worldOf({ camera: { auth: "none" } });
  assert.equal(world.open(), "direct");
  const stages = world.events.flatMap((event) => event.type === "stage" ? [event.stage] : []);
  assert.ok(!stages.includes("authenticate"));
});

test("DahuaTunnel shows the password in no event, and when it is shown", () => {
  for (const password of [PASSWORD, WRONG]) {
    const world = worldOf({}, password);
    world.open();
    const shown = JSON.stringify(world.events) + inspect(world.tunnel, { depth: 9 });
    assert.ok(!shown.includes(password));
  }
});
