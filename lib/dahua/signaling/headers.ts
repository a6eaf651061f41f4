/** Header fields of a signaling message: kept as written and in order, looked up in any case. */
export class DhHeaders extends Map<string, string> {
  /** Lowercase name → name as first written. */
  readonly #names = new Map<string, string>();

  constructor(entries: Iterable<readonly [string, string]> = []) {
    super();
    for (const [name, value] of entries) this.set(name, value);
  }

  override get(name: string): string | undefined {
    return super.get(this.#written(name));
  }

  override has(name: string): boolean {
    return super.has(this.#written(name));
  }

  override set(name: string, value: string): this {
    const key = name.toLowerCase();
    const written = this.#names.get(key) ?? name;
    this.#names.set(key, written);
    return super.set(written, value);
  }

  override delete(name: string): boolean {
    const written = this.#written(name);
    this.#names.delete(name.toLowerCase());
    return super.delete(written);
  }

  override clear(): void {
    this.#names.clear();
    super.clear();
  }

  #written(name: string): string {
    return this.#names.get(name.toLowerCase()) ?? name;
  }
}
