import type { Entropy } from "../../machine.ts";
import type { Realm } from "./realm.ts";

/** The realms of a session by id, and whose turn it is to send. */
export class RealmTable {
  readonly #realms = new Map<number, Realm>();
  /** The realm served last; the one behind it in the map is next. */
  #lastServed: number | undefined;

  get size(): number {
    return this.#realms.size;
  }

  /** Whether a realm we closed still has something to send. */
  get isFlushing(): boolean {
    for (const { state } of this.#realms.values()) {
      if (state === "flushing") return true;
    }
    return false;
  }

  get(id: number): Realm | undefined {
    return this.#realms.get(id);
  }

  has(id: number): boolean {
    return this.#realms.has(id);
  }

  add(realm: Realm): void {
    this.#realms.set(realm.id, realm);
  }

  delete(id: number): void {
    this.#realms.delete(id);
  }

  [Symbol.iterator](): IterableIterator<Realm> {
    return this.#realms.values();
  }

  /** A random id that is not in use; 0 is the session itself. */
  freeId(entropy: Entropy): number {
    for (;;) {
      const bytes = entropy(4);
      const id = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
      if (id !== 0 && !this.#realms.has(id)) return id;
    }
  }

  /** Whether there are realms, and every one of them is open and waits for its reader. */
  everyReaderIsSlow(unreadLimit: number): boolean {
    if (this.#realms.size === 0) return false;
    for (const realm of this.#realms.values()) {
      if (realm.state !== "open" || realm.inboxBytes < unreadLimit) return false;
    }
    return true;
  }

  /** The next realm, in turn, that has something to send. */
  nextToSend(): Realm | undefined {
    let first: Realm | undefined;
    let passed = false;
    for (const realm of this.#realms.values()) {
      const ready = realm.state === "flushing" || (realm.state === "open" && realm.outboxBytes > 0);
      if (ready && passed) return this.#serve(realm);
      if (ready) first ??= realm;
      if (realm.id === this.#lastServed) passed = true;
    }
    return first === undefined ? undefined : this.#serve(first);
  }

  #serve(realm: Realm): Realm {
    this.#lastServed = realm.id;
    return realm;
  }
}
