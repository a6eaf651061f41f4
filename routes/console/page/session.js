/** The daemon, asked with the token its user gave. @module */

const STORED = "sightline-token";

/** What the daemon answers when it does not do something. */
export class Refusal extends Error {
  /** @param {number} status @param {{ detail?: string, title?: string, advice?: string }} problem */
  constructor(status, { detail, title, advice }) {
    super(detail ?? title ?? `The daemon answered ${status}`);
    this.status = status;
    this.advice = advice ?? "";
  }
}

export class Session {
  /** How far the daemon's clock is ahead of this one, in milliseconds. */
  #ahead = 0;
  #onUnauthorized;

  /** @param {() => void} onUnauthorized Called when the daemon wants a token, or another one. */
  constructor(onUnauthorized) {
    this.#onUnauthorized = onUnauthorized;
  }

  get hasToken() {
    return sessionStorage.getItem(STORED) !== null;
  }

  /** @param {string | undefined} token */
  set token(token) {
    if (token === undefined) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, token);
  }

  /** The time of day where the daemon is, in milliseconds since 1970. */
  now() {
    return Date.now() + this.#ahead;
  }

  /**
   * Asks the daemon. Rejects with `Refusal` for any answer but a good one.
   *
   * @param {string} path
   * @param {RequestInit} [init]
   */
  async request(path, init = {}) {
    const headers = new Headers(init.headers);
    const token = sessionStorage.getItem(STORED);
    if (token !== null) headers.set("Authorization", `Bearer ${token}`);
    const response = await fetch(path, { ...init, headers });
    const date = Date.parse(response.headers.get("Date") ?? "");
    // The header has whole seconds only.
    if (Math.abs(date - this.now()) > 2_000) this.#ahead = date - Date.now();
    if (response.ok) return response;
    if (response.status === 401) this.#onUnauthorized();
    throw new Refusal(response.status, await response.json().catch(() => ({})));
  }

  /** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} */
  async json(path, init) {
    return await (await this.request(path, init)).json();
  }
}

/** The API's address of something of a camera. @param {string} name @param {string} [what] */
export function cameraPath(name, what = "") {
  return `/api/v1/cameras/${encodeURIComponent(name)}${what}`;
}
