import assert from "node:assert/strict";
import { test } from "node:test";
import { apiWorld, TOKEN } from "../../tests/support/api_world.ts";

test("GET / gives the console to everybody, as it has nothing of a camera", async () => {
  const { request } = apiWorld({ tokens: [TOKEN] });
  const response = await request("/");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "text/html; charset=utf-8");
  const policy = response.headers.get("Content-Security-Policy") ?? "";
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
  assert.doesNotMatch(policy, /unsafe|https?:/);
  assert.equal((await request("/api/v1/cameras")).status, 401);
});

test("the console has everything it loads, and loads nothing from elsewhere", async () => {
  const { request } = apiWorld();
  const html = await (await request("/")).text();
  assert.doesNotMatch(html, /<script(?![^>]*src=)|style=|\son\w+=/, "nothing inline");
  const seen = new Set<string>();
  const waiting = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => path ?? "");
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (seen.has(path)) continue;
    seen.add(path);
    assert.match(path, /^\/console\/[a-z_]+\.(js|css|svg)$/);
    const response = await request(path);
    assert.equal(response.status, 200, path);
    const text = await response.text();
    const type = response.headers.get("Content-Type") ?? "";
    assert.match(type, /^(text\/javascript|text\/css|image\/svg\+xml)/);
    if (!path.endsWith(".svg")) assert.doesNotMatch(text, /https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
    for (const [, name] of text.matchAll(/^import [^;]*? from "\.\/([^"]+)";$/gm)) {
      waiting.push(`/console/${name}`);
    }
  }
  assert.ok(seen.size > 20, `${seen.size}`);
  assert.equal((await request("/console/none.js")).status, 404);
});

test("the console never reads text as HTML", async () => {
  const { request } = apiWorld();
  const { ASSETS } = await import("./assets.ts");
  for (const name of ASSETS.keys()) {
    const text = await (await request(`/console/${name}`)).text();
    assert.doesNotMatch(
      text,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/,
      name,
    );
  }
});
