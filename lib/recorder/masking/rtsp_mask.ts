import { maskAll } from "./ranges.ts";

const SECRET_HEADER = /^(?:proxy-)?authorization$|^cookie$|^x-.*(?:auth|token|key)/i;
const SECRET_PARAMETER = /user|pass|pwd|token|auth|key|login|session/i;

const MAX_LINE = 512;
const INTERLEAVED_HEADER = 4;

const DOLLAR = 0x24;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Whether the first bytes a client writes begin an RTSP conversation. */
export function beginsRtsp(bytes: Uint8Array): boolean {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, MAX_LINE));
  return /^[A-Z_]{3,16} [^\r\n]* RTSP\/1\.\d\r?\n/.test(head);
}

/**
 * Masks the credentials in what an RTSP client writes, in place and byte by byte, however its
 * requests are cut: values of headers that prove an account, names and passwords in addresses, and
 * bodies of requests.
 */
export class RtspMask {
  /** The line so far, as far as it matters. */
  #line = "";
  #isFirstLine = true;
  #secret: "no" | "header" | "parameter" | "userinfo" = "no";
  #contentLength = 0;
  #bodyLeft = 0;
  #interleaved: number[] = [];
  #interleavedLeft = 0;

  mask(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at++) {
      if (this.#isHidden(bytes[at] ?? 0)) maskAll(bytes.subarray(at, at + 1));
    }
  }

  #isHidden(byte: number): boolean {
    if (this.#interleavedLeft > 0) {
      this.#interleavedLeft -= 1;
      return false;
    }
    if (this.#bodyLeft > 0) {
      this.#bodyLeft -= 1;
      return true;
    }
    const isFrame = this.#interleaved.length > 0 || this.#line === "" && byte === DOLLAR;
    if (isFrame && this.#isFirstLine) return this.#readInterleaved(byte);
    if (byte === NEWLINE) {
      this.#endLine();
      return false;
    }
    return byte === RETURN ? false : this.#readText(String.fromCharCode(byte));
  }

  #readInterleaved(byte: number): boolean {
    this.#interleaved.push(byte);
    if (this.#interleaved.length < INTERLEAVED_HEADER) return false;
    const [, , high = 0, low = 0] = this.#interleaved;
    this.#interleavedLeft = high * 256 + low;
    this.#interleaved = [];
    return false;
  }

  #readText(character: string): boolean {
    const isHidden = this.#secret !== "no" && !this.#endsSecret(character);
    if (this.#line.length < MAX_LINE) this.#line += character;
    else this.#secret = "header";
    if (isHidden) return true;
    if (this.#isFirstLine) this.#readAddress(character);
    else if (character === " " || character === ":") this.#readName();
    return false;
  }

  /** Whether `character` is the first behind something secret. */
  #endsSecret(character: string): boolean {
    if (this.#secret === "header") return false;
    const ends = this.#secret === "parameter" ? "& " : "/ ";
    if (!ends.includes(character)) return false;
    this.#secret = "no";
    return true;
  }

  #readName(): void {
    const name = /^([^:\s]+):/.exec(this.#line)?.[1];
    if (name !== undefined && SECRET_HEADER.test(name)) this.#secret = "header";
  }

  /** Host and port are hidden, too: what is before an @ cannot be told from them in time. */
  #readAddress(character: string): void {
    if (character === "/" && /^[A-Z_]+ \w+:\/\/$/.test(this.#line)) this.#secret = "userinfo";
    if (character !== "=") return;
    const name = /[?&]([^?&=]*)=$/.exec(this.#line)?.[1];
    if (name !== undefined && SECRET_PARAMETER.test(name)) this.#secret = "parameter";
  }

  #endLine(): void {
    const length = /^content-length:\s*(\d{1,9})$/i.exec(this.#line)?.[1];
    if (length !== undefined) this.#contentLength = Number(length);
    const isEndOfHead = this.#line === "" && !this.#isFirstLine;
    this.#isFirstLine = isEndOfHead || this.#isFirstLine && this.#line === "";
    if (isEndOfHead) {
      this.#bodyLeft = this.#contentLength;
      this.#contentLength = 0;
    }
    this.#line = "";
    this.#secret = "no";
  }
}
