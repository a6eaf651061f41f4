import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../tests/support/virtual_clock.ts";
import type { ServerFinding } from "./findings.ts";
import { MAX_SERVERS, ServerBook, type Sight } from "./server_book.ts";

const SERVER = { address: "10.0.0.1", port: 8800 };
const NOTHING = new Uint8Array(0);

function world() {
  const clock = new VirtualClock();
  const answered: ServerFinding[] = [];
  let sight: Sight = { isReadable: true };
  const book = new ServerBook(
    clock,
    { sent: () => "main", received: () => sight },
    (server) => answered.push(server),
  );
  const see = (what: Sight, from = SERVER) => {
    sight = what;
    book.onReceived(from, NOTHING);
  };
  return { clock, book, answered, see };
}

test("ServerBook times a server's first answer from the first request", () => {
  const { clock, book, answered, see } = world();
  book.onSent(SERVER, NOTHING);
  clock.pass(500);
  book.onSent(SERVER, NOTHING);
  clock.pass(30);
  see({ isReadable: false });
  see({ isReadable: true, date: clock.wallClock() - 5_000 });
  see({ isReadable: true });
  assert.deepEqual(book.servers, [{
    role: "main",
    endpoint: SERVER,
    sent: 2,
    answers: 2,
    garbage: 1,
    after: 530,
    clockAhead: 5_000,
  }]);
  assert.equal(answered.length, 1);
});

test("ServerBook keeps so many servers, and none that was not spoken to", () => {
  const { book, see } = world();
  see({ isReadable: true });
  assert.deepEqual(book.servers, []);
  assert.equal(book.hasHeard, true);
  for (let port = 1; port <= MAX_SERVERS + 5; port++) {
    book.onSent({ ...SERVER, port }, NOTHING);
  }
  assert.equal(book.servers.length, MAX_SERVERS);
});

test("ServerBook keeps so many of our own endpoints as others say", () => {
  const { book, see } = world();
  for (let port = 1; port < 50; port++) {
    see({ isReadable: true, seenAs: { address: "1.2.3.4", port } });
  }
  assert.equal(book.seenAs.length, 8);
});

test("ServerBook goes by the last refusal of the camera's", () => {
  const { book, see } = world();
  see({ isReadable: true, isSaltRefused: true });
  see({ isReadable: true });
  assert.equal(book.isSaltRefused, true);
  see({ isReadable: true, isSaltRefused: false });
  assert.equal(book.isSaltRefused, false);
});
