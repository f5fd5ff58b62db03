/** A file for what is too much for the memory. It has no name, so nothing is left of it, however the process ends. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

/** From the first byte to the one behind the last. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

export class SpillFile {
  readonly #fd: number;
  #end = 0;

  /** @throws what the system says when there is no room for it */
  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'replay-'));
    this.#fd = openSync(join(folder, 'calls'), 'wx+');
    rmSync(folder, { recursive: true });
  }

  /** None of the lines may have a line break of its own. */
  append(lines: readonly string[]): Stretch {
    return this.write(Buffer.from(lines.map((line) => `${line}\n`).join('')));
  }

  write({ buffer, byteOffset, byteLength }: ArrayBufferView): Stretch {
    const start = this.#end;
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    for (let written = 0; written < byteLength;)
      written += writeSync(this.#fd, bytes, written, byteLength - written, start + written);
    this.#end += byteLength;
    return { start, end: this.#end };
  }

  /** Fills it with what stands from there on. */
  readInto({ buffer, byteOffset, byteLength }: ArrayBufferView, at: number): void {
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    for (let read = 0; read < byteLength;) read += this.#read(bytes.subarray(read), at + read);
  }

  /** Reads so many bytes at a time, which stay in memory until their lines were taken. */
  *lines({ start, end }: Stretch, readBytes: number): Generator<string, void, undefined> {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for (let at = start; at < end;) {
      const buffer = Buffer.allocUnsafe(Math.min(readBytes, end - at));
      const read = this.#read(buffer, at);
      at += read;
      const lines = (rest + decoder.write(buffer.subarray(0, read))).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  }

  #read(bytes: Buffer, at: number): number {
    const read = readSync(this.#fd, bytes, 0, bytes.length, at);
    if (read === 0) throw new Error('A file of this process has become shorter.');
    return read;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
