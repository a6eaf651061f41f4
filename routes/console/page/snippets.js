/** Ready-made configuration for the programs people connect cameras to. @module */

/**
 * @typedef {object} SnippetCamera
 * @property {string} name
 * @property {readonly string[]} rtsp Main stream first, then the sub stream where there is one.
 * @property {boolean} hasBattery
 */

/**
 * @typedef {object} Snippet
 * @property {string} id
 * @property {string} title
 * @property {string} where What file it belongs in.
 * @property {string} text
 */

/** @param {SnippetCamera} camera @param {string} api Beginning of the API's addresses. */
export function snippetsFor(camera, api) {
  return [frigate(camera), go2rtc(camera), homeAssistant(camera, api)];
}

/** A key that YAML takes as it stands and programs take as a name. @param {string} name */
function key(name) {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_");
  return /^[a-z]/.test(plain) ? plain : `camera_${plain}`;
}

/** A battery camera is only looked at, so that a program that never stops does not empty it. */
const PEEK = "?peek";

/** @param {SnippetCamera} camera */
function addresses({ rtsp, hasBattery }) {
  const [main = "", sub = main] = rtsp.map((url) => hasBattery ? url + PEEK : url);
  return { main, sub };
}

/** @param {SnippetCamera} camera @returns {Snippet} */
function frigate(camera) {
  const { main, sub } = addresses(camera);
  const text = [
    "cameras:",
    `  ${key(camera.name)}:`,
    "    ffmpeg:",
    "      inputs:",
    `        - path: ${main}`,
    "          input_args: preset-rtsp-restream",
    "          roles: [record]",
    `        - path: ${sub}`,
    "          input_args: preset-rtsp-restream",
    "          roles: [detect]",
  ];
  return { id: "frigate", title: "Frigate", where: "config.yml", text: lines(text) };
}

/** @param {SnippetCamera} camera @returns {Snippet} */
function go2rtc(camera) {
  const { main, sub } = addresses(camera);
  const name = key(camera.name);
  const text = ["streams:", `  ${name}: ${main}`, `  ${name}_sub: ${sub}`];
  return { id: "go2rtc", title: "go2rtc", where: "go2rtc.yaml", text: lines(text) };
}

/** @param {SnippetCamera} camera @param {string} api @returns {Snippet} */
function homeAssistant(camera, api) {
  const { main } = addresses(camera);
  const name = key(camera.name);
  const path = `${api}/api/v1/cameras/${camera.name}`;
  const text = [
    "camera:",
    "  - platform: ffmpeg",
    `    name: ${camera.name}`,
    `    input: ${main}`,
    "rest_command:",
    `  ${name}_start:`,
    `    url: ${path}/start?for=10m`,
    "    method: post",
    '    # where the daemon has tokens: sightline: "Bearer …" in secrets.yaml',
    "    headers: { Authorization: !secret sightline }",
    `  ${name}_stop:`,
    `    url: ${path}/stop`,
    "    method: post",
    "    headers: { Authorization: !secret sightline }",
  ];
  const where = "configuration.yaml";
  return { id: "home-assistant", title: "Home Assistant", where, text: lines(text) };
}

/** @param {readonly string[]} all */
function lines(all) {
  return `${all.join("\n")}\n`;
}
