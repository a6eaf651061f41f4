import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { ConfigMistakes } from "./config_mistakes.ts";
import {
  type DaemonConfig,
  DEFAULT_API_LISTEN,
  DEFAULT_IDLE,
  DEFAULT_RTSP_LISTEN,
} from "./daemon_config.ts";
import { loadConfig } from "./load_config.ts";

const ENV = {
  SIGHTLINE_TOKEN: "t0ken-of-cron",
  FRONT_PASSWORD: "p@ss/w:rd%41 ü",
  YARD_PASSWORD: "yard-secret",
  RTSP_PASSWORD: "viewer-secret",
  IDLE: "hunter2",
};

const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

const FILES: Readonly<Record<string, string>> = {
  "front.secret": "from-file\r\n",
  "empty": "\n",
  "two.lines": "hunter2\n\n",
  "ca.pem": `${CERTIFICATE}\n`,
  "both.pem": `${CERTIFICATE}\n-----BEGIN EC PRIVATE KEY-----\nhunter2\n`,
};

function load(text: string): Promise<DaemonConfig> {
  return loadConfig({
    file: "sightline.yaml",
    text,
    env: ENV,
    readSecretFile(path) {
      const found = FILES[path];
      if (found !== undefined) return Promise.resolve(found);
      return Promise.reject(new Error(`Cannot read "${path}" as there is no such file`));
    },
  });
}

/** The mistakes of a file, a line each. */
async function mistakesOf(text: string): Promise<readonly string[]> {
  try {
    await load(text);
  } catch (error) {
    if (!(error instanceof ConfigMistakes)) throw error;
    return error.message.split("\n");
  }
  return [];
}

/** As the README shows it. */
const EXAMPLE = `
api:
  listen: 127.0.0.1:8580
  tokens: [{ name: cron, token: "\${SIGHTLINE_TOKEN}" }]
rtsp:
  listen: 127.0.0.1:8554
  users: [{ name: viewer, password: "\${RTSP_PASSWORD}" }]
cameras:
  front:
    address: dahua://admin:\${FRONT_PASSWORD}@4K0123PAZ00001
    mode: on-demand
    idle: 30s
    forward: ["127.0.0.1:8081:80"]
  yard:
    address: reolink://admin:\${YARD_PASSWORD}@95270000YGAKNWKJ
    wake_budget: { wakes_per_hour: 6, awake_per_day: 30m, min_battery: 20% }
`;

test("loadConfig() reads the example, each default and each password in its place", async () => {
  const { api, rtsp, cameras, webhooks, mqtt } = await load(EXAMPLE);
  assert.deepEqual(api.listen, { address: "127.0.0.1", port: 8580 });
  assert.deepEqual(api.tokens.map(({ name, token }) => [name, token.reveal()]), [
    ["cron", "t0ken-of-cron"],
  ]);
  assert.deepEqual(rtsp.users.map(({ user, password }) => [user, password.reveal()]), [
    ["viewer", "viewer-secret"],
  ]);
  const [front, yard] = cameras;
  assert.equal(yard?.idle, DEFAULT_IDLE);
  assert.equal(front?.name, "front");
  assert.equal(front?.address.credentials?.password?.reveal(), ENV.FRONT_PASSWORD);
  assert.equal(front?.mode, "on-demand");
  assert.equal(front?.idle, 30_000);
  assert.deepEqual(front?.forward, [
    { listen: { address: "127.0.0.1", port: 8081 }, devicePort: 80 },
  ]);
  assert.equal(front?.wakeBudget, undefined);
  assert.equal(yard?.address.vendor, "reolink");
  assert.deepEqual(yard?.wakeBudget, {
    wakesPerHour: 6,
    awakePerDay: 1_800_000,
    minBattery: 20,
  });
  assert.deepEqual([webhooks, mqtt], [[], undefined]);
});

test("loadConfig() takes an empty file for every default", async () => {
  for (const text of ["", "# nothing\n", "cameras:\napi:\n", "{}"]) {
    const config = await load(text);
    assert.deepEqual(config.rtsp.listen, DEFAULT_RTSP_LISTEN);
    assert.deepEqual(config.api.listen, DEFAULT_API_LISTEN);
    assert.deepEqual(config.cameras, []);
  }
});

test("loadConfig() reads webhooks, MQTT and log", async () => {
  const { webhooks, mqtt, log, api } = await load(`
api: { allowed_origins: ["https://home.example:8123/"], allowed_hosts: [home.example] }
webhooks:
  - { url: "https://example.org/hook", secret: s3cret, events: [state, battery] }
mqtt: { server: "mqtts://127.0.0.1:1883", ca_file: ca.pem, username: u, password_file: front.secret }
log: { level: debug, format: json }
`);
  assert.equal(webhooks[0]?.url.href, "https://example.org/hook");
  assert.equal(webhooks[0]?.secret?.reveal(), "s3cret");
  assert.equal(mqtt?.password?.reveal(), "from-file");
  assert.equal(mqtt?.ca, CERTIFICATE);
  assert.equal(mqtt?.discoveryPrefix, "homeassistant");
  assert.deepEqual(log, { level: "debug", format: "json" });
  assert.deepEqual(api.allowedOrigins, ["https://home.example:8123"]);
});

test("loadConfig() takes a camera's password from a file or on its own, for admin or the user named", async () => {
  const { cameras } = await load(`
cameras:
  a: { address: "dahua://4K0123PAZ00001", password_file: front.secret }
  b: { address: "dahua://viewer@4K0123PAZ00002", password: "it's 100%" }
`);
  const shown = cameras.map(({ address: { credentials } }) => [
    credentials?.user,
    credentials?.password?.reveal(),
  ]);
  assert.deepEqual(shown, [["admin", "from-file"], ["viewer", "it's 100%"]]);
});

test("loadConfig() follows aliases and merges, what is nearer winning", async () => {
  const { cameras } = await load(`
cameras:
  a: &defaults { address: "dahua://4K0123PAZ00001", mode: always, idle: 5s }
  b: { <<: *defaults, address: "dahua://4K0123PAZ00002", idle: 10s }
  c: { idle: 15s, <<: [*defaults] }
`);
  assert.deepEqual(cameras.map(({ mode, idle }) => [mode, idle]), [
    ["always", 5_000],
    ["always", 10_000],
    ["always", 15_000],
  ]);
});

test("loadConfig() tells every mistake at once, each with its line and what may be meant", async () => {
  assert.deepEqual(
    await mistakesOf(`
api:
  lisen: 127.0.0.1:8580
  tokens: [{ name: a, token: same }, { name: a, token: same }]
cameras:
  front:
    address: dahua://admin:hunter2@4K0123PAZ00001?wya=lan
    mode: ondemand
    idle: 30
    forward: ["8080"]
  Front: { address: "dahua://4K0123PAZ00001", mode: manual, mode: always }
  sub: { address: 4K0123PAZ00001 }
  "a/b": {}
mqtt: { server: "http://127.0.0.1" }
camera: {}
`),
    [
      "sightline.yaml:3:3: api.lisen is no setting; did you mean listen?",
      "sightline.yaml:4:46: api.tokens[1].name must be another one: it is there twice",
      "sightline.yaml:4:56: api.tokens[1].token must be another one: it is there twice",
      'sightline.yaml:7:14: cameras.front.address must have no parameter named "wya"; there are: ' +
      'channel, subtype, way, server, dialect: is "dahua://admin:***@4K0123PAZ00001?wya=lan"',
      'sightline.yaml:8:11: cameras.front.mode must be one of on-demand, always, manual: is "ondemand"' +
      "; did you mean on-demand?",
      "sightline.yaml:9:11: cameras.front.idle must be a number and a unit: 500ms, 30s, 10m or 2h, " +
      "and at most 168h: is 30",
      "sightline.yaml:10:15: cameras.front.forward[0] must be [BIND:]PORT:DEVICEPORT, e.g. " +
      '127.0.0.1:8081:80: is "8080"',
      "sightline.yaml:11:3: cameras.Front must have another name: it differs from front by capitals only",
      "sightline.yaml:11:61: cameras.Front.mode is there already, on line 11",
      "sightline.yaml:12:3: cameras.sub must have another name: this word has a meaning of its own " +
      "in the paths of streams",
      'sightline.yaml:12:19: cameras.sub.address must look like dahua://SERIAL or reolink://UID: is "4K0123PAZ00001"',
      'sightline.yaml:13:3: cameras."a/b".address is missing',
      'sightline.yaml:13:3: cameras."a/b" must be a name of 1 to 64 letters, digits, -, _ or ., ' +
      "with a letter or digit at both ends",
      "sightline.yaml:14:17: mqtt.server must be a URL that begins with mqtt:// or mqtts://: is " +
      '"http://127.0.0.1"',
      "sightline.yaml:15:1: camera is no setting; did you mean cameras?",
    ],
  );
});

const CAMERA = 'address: "dahua://4K0123PAZ00001"';

const MISTAKES: readonly [string, string, RegExp][] = [
  [
    "a token no header can carry",
    "api: { tokens: [{ name: a, token: 'hunter two' }] }",
    /api\.tokens\[0\]\.token must be of printable ASCII characters, without spaces: is \*\*\*$/,
  ],
  [
    "a variable that is not set",
    "cameras:\n  a: { address: 'dahua://u:${NOPE}@4K0123PAZ00001' }",
    /^sightline.yaml:2:17: cameras.a.address needs the environment variable NOPE, which is not set; \$\{NOPE:default\} would do without$/,
  ],
  ["a variable without its end", "rtsp: { listen: '${X' }", /rtsp.listen has a "\$\{" without/],
  ["what is no variable", "rtsp: { listen: '${a-b}' }", /"\$\{a-b\}", which is no variable/],
  ["a list where there are settings", "api: []", /^sightline.yaml:1:6: api must be a section/],
  ["settings where there is a list", "webhooks: {}", /webhooks must be a list: is a section/],
  ["a file that is a list", "- a\n- b", /^sightline.yaml:1:1: must be a section/],
  [
    "a number for a password",
    "mqtt: { server: 'mqtt://x', password: 123456 }",
    /^[^6]*be text; put it in quotes: is \*\*\*$/,
  ],
  [
    "an empty password",
    "rtsp: { users: [{ name: a, password: '' }] }",
    /password must not be empty: is \*\*\*$/,
  ],
  [
    "no password at all",
    "rtsp: { users: [{ name: a }] }",
    /:1:17: rtsp.users\[0\].password is missing, as is password_file$/,
  ],
  [
    "an empty password file",
    "rtsp: { users: [{ name: a, password_file: empty }] }",
    /password must not be empty/,
  ],
  [
    "a file without certificates",
    "mqtt: { server: 'mqtts://x', ca_file: front.secret }",
    /mqtt.ca must have certificates, as PEM: is \*\*\*$/,
  ],
  [
    "a private key beside a certificate",
    "mqtt: { server: 'mqtts://x', ca_file: both.pem }",
    /mqtt.ca must have no private key in it: is \*\*\*$/,
  ],
  [
    "an authority where there is no TLS",
    "mqtt: { server: 'mqtt://x', ca_file: ca.pem }",
    /:1:29: mqtt.ca_file is for a server that begins with mqtts:\/\/$/,
  ],
  [
    "a password file of two lines",
    `cameras: { a: { ${CAMERA}, password_file: two.lines } }`,
    /password must be one line: is \*\*\*$/,
  ],
  [
    "a missing password file",
    `cameras: { a: { ${CAMERA}, password_file: nope } }`,
    /password_file cannot be used: Cannot read "nope" as there is no such file$/,
  ],
  [
    "a password in two places",
    `cameras: { a: { ${CAMERA}, password_file: empty, password: x } }`,
    /password_file must be alone: there is password, too$/,
  ],
  [
    "a password in the address, too",
    "cameras: { a: { address: 'dahua://u:p@4K0123PAZ00001', password: x } }",
    /password must be left out: the address has a password, too$/,
  ],
  [
    "beyond loopback without a token",
    "api: { listen: 0.0.0.0:8580 }",
    /^sightline.yaml:1:16: api.listen must be on 127.0.0.1, or api.tokens must have a token: is 0.0.0.0:8580$/,
  ],
  [
    "one port for two listeners",
    "api: { listen: 127.0.0.1:8554 }",
    /rtsp.listen must have another port: api.listen has it already/,
  ],
  [
    "one port for a listener and a forward",
    `cameras: { a: { ${CAMERA}, forward: ["0.0.0.0:8580:80"] } }`,
    /forward\[0\] must have another port: api.listen has it/,
  ],
  [
    "one port for two forwards",
    `cameras: { a: { ${CAMERA}, forward: ["1:80", "1:81"] } }`,
    /forward\[1\] must have another port: cameras\.a\.forward\[0\] has it already$/,
  ],
  [
    "ports of a Reolink camera",
    "cameras: { a: { address: 'reolink://95270000YGAKNWKJ', forward: ['1:2'] } }",
    /forward is for Dahua devices only/,
  ],
  [
    "a wake budget of a Dahua device",
    `cameras: { a: { ${CAMERA}, wake_budget: {} } }`,
    /wake_budget is for Reolink cameras only/,
  ],
  [
    "a share above all",
    "cameras: { a: { address: 'reolink://95270000YGAKNWKJ', wake_budget: { min_battery: 101% } } }",
    /min_battery must be from 0% to 100%: is "101%"$/,
  ],
  [
    "a duration beyond all",
    `cameras: { a: { ${CAMERA}, idle: 9999h } }`,
    /at most 168h: is "9999h"$/,
  ],
  [
    "an unknown event",
    "webhooks: [{ url: 'http://x/', events: [stat] }]",
    /events\[0\] must be one of state, way.*; did you mean state\?$/,
  ],
  [
    "a user in a URL",
    "webhooks: [{ url: 'http://u:hunter2@x/' }]",
    /must have no user name or password in it: is "http:\/\/u:\*\*\*@x\/"$/,
  ],
  [
    "a camera without settings",
    "cameras:\n  a:\n",
    /^sightline.yaml:2:5: cameras.a must be a section with settings of its own: is empty$/,
  ],
  ["a key that is a list", "? [a]\n: b", /has a key that is no plain word/],
  ["__proto__", "__proto__: { a: 1 }", /has a key that is no plain word/],
  ["a merge of nothing", "api: { <<: 5 }", /api has << without an alias of a section behind it/],
  [
    "a tab",
    "api:\n\tlisten: x",
    /^sightline.yaml:2:1: Lines are indented with spaces, never with tabs$/,
  ],
  [
    "a second colon",
    "log:\n  level: debug: x",
    /There is a second colon in this line|put the value in quotes/,
  ],
  ["a second document", "log: {}\n---\nlog: {}", /must be one document/],
];

for (const [name, text, pattern] of MISTAKES) {
  test(`loadConfig() explains ${name}`, async () => {
    const mistakes = await mistakesOf(text);
    assert.equal(mistakes.length, 1, mistakes.join("\n"));
    assert.match(mistakes[0] ?? "", pattern);
  });
}

/** Slips by which a password comes to where none is looked for. */
const SLIPS: readonly string[] = [
  "mqtt: { server: 'mqtt://x', password: *hunter2 }",
  "mqtt: { server: 'mqtt://x', password: !hunter2 }",
  "mqtt: { server: 'mqtt://x', password: @hunter2 }",
  'mqtt:\n  password: "hunter2',
  "mqtt:\n  password: a: hunter2",
  "mqtt: { server: 'mqtt://x', pasword: hunter2 }",
  "mqtt: { server: 'mqtt://x', password: [hunter2] }",
  "api: { tokens: [hunter2] }",
  "api: { tokens: hunter2 }",
  "cameras: { a: { address: 'dahua://u:${IDLE}@x' } }",
  "cameras: { a: { address: 'dahua:u:hunter2@4K0123PAZ00001' } }",
  "cameras: { a: { address: 'dahua://${IDLE}' } }",
  "cameras: { a: { address: '${IDLE}' } }",
  `cameras: { a: { ${CAMERA}, idle: '\${IDLE}' } }`,
  "rtsp: { listen: '${IDLE}' }",
  "mqtt: { server: '${IDLE}' }",
  "%hunter2\n---\n{}",
];

for (const text of SLIPS) {
  test(`loadConfig() keeps the password of ${JSON.stringify(text)} to itself`, async () => {
    const mistakes = await mistakesOf(text);
    assert.ok(mistakes.length > 0);
    assert.doesNotMatch(mistakes.join("\n"), /hunter2/);
  });
}

test("loadConfig() gives out no secret when its result is shown", async () => {
  const config = await load(EXAMPLE);
  const shown = inspect(config, { depth: 9 }) + JSON.stringify(config);
  for (const secret of Object.values(ENV)) assert.ok(!shown.includes(secret), secret);
});

test("loadConfig() survives aliases that would grow into gigabytes", async () => {
  const levels = Array.from({ length: 12 }, (_, i) => {
    const inner = i === 0 ? "x" : Array.from({ length: 10 }, () => `*a${i - 1}`).join(", ");
    return `a${i}: &a${i} [${inner}]`;
  });
  const mistakes = await mistakesOf(levels.join("\n"));
  assert.match(mistakes.join("\n"), /has more than 20000 values, counting aliases/);
});

test("loadConfig() survives an alias within itself and brackets without end", async () => {
  assert.match((await mistakesOf("api: &a { x: *a }")).join("\n"), /values within values/);
  assert.ok((await mistakesOf(`api: ${"[".repeat(5_000)}`)).length > 0);
  assert.ok((await mistakesOf(`api: ${"[".repeat(2_000)}${"]".repeat(2_000)}`)).length > 0);
});

test("loadConfig() says the same of one place only once", async () => {
  const mistakes = await mistakesOf(`api: ${"[".repeat(5_000)}`);
  assert.deepEqual(mistakes, [...new Set(mistakes)]);
});
