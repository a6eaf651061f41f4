import assert from "node:assert/strict";
import { test } from "node:test";
import { openSecrets } from "./open_secrets.ts";
import { SAMPLE_CONFIG } from "./sample_config.ts";

const OPEN = [
  "    address: dahua://admin:hunter2@4K0123PAZ00001",
  "    address: 'reolink://admin:hunter2@95270000YGAKNWKJ'",
  "    password: hunter2",
  '    password: "hunter2"',
  "  users: [{ name: viewer, password: hunter2 }]",
  "  tokens: [{name: cron, token: 0123456789abcdef}]",
  '{"rtsp":{"users":[{"name":"viewer","password":"hunter2"}]}}',
  "  secret: hunter2",
];

const CLOSED = [
  "    address: dahua://admin@4K0123PAZ00001",
  "    address: dahua://admin:${FRONT_PASSWORD}@4K0123PAZ00001",
  "    address: dahua://4K0123PAZ00001?server=10.0.0.1:8800",
  "    address: reolink://admin@192.168.1.20:9000",
  "    password: ${FRONT_PASSWORD}",
  '    password: "${FRONT_PASSWORD}"',
  "    password_file: ${CREDENTIALS_DIRECTORY}/secrets_front",
  "  tokens: [{ name: cron, token: ${SIGHTLINE_TOKEN} }]",
  "  # password: hunter2",
  "cameras: {} # address: dahua://admin:hunter2@4K0123PAZ00001",
  "server: mqtt://127.0.0.1:1883",
];

test("openSecrets() finds lines that tell a secret", () => {
  for (const line of OPEN) assert.deepEqual(openSecrets(`# a\n${line}\n`), [2], line);
});

test("openSecrets() leaves variables, files and comments alone", () => {
  for (const line of CLOSED) assert.deepEqual(openSecrets(line), [], line);
  assert.deepEqual(openSecrets(SAMPLE_CONFIG), []);
});
