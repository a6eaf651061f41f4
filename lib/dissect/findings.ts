import { DecodeError } from "../bytes/decode_error.ts";
import { type DissectionError, FieldLists } from "./dissection.ts";

/** What comes of a packet, gathered while its streams are read on. */
export class Findings {
  readonly fields = new FieldLists();
  readonly summaries: string[] = [];
  readonly notes: string[] = [];
  readonly errors: DissectionError[] = [];

  /** Runs what may find something unreadable at `offset`; returns whether it did not. */
  attempt(offset: number, read: () => void): boolean {
    try {
      read();
      return true;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.errors.push({ offset, rule: error.message });
      return false;
    }
  }
}
