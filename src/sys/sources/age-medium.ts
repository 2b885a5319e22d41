import { AppError } from '../../lib/errors.ts';
import {
  type AgeHead,
  ageHead,
  CHUNK_BYTES,
  MAX_HEADER_BYTES,
  openedChunk,
  payloadKey,
  TAG_BYTES,
} from '../secrets/age-chunks.ts';
import type { Medium, Region } from './medium-file.ts';
import { openCounted, type Source, type Wanted } from './source.ts';

const SEALED_BYTES = CHUNK_BYTES + TAG_BYTES;

/** An age file of a source, and its length: a hint, for its last chunk says that it is the last. */
export interface AgeFile {
  source: Source;
  path: string;
  bytes: number;
}

/** What such a file begins with. @throws MEDIA_INVALID, FETCH_*, VOLUME_* */
export async function readAgeHead(file: AgeFile): Promise<AgeHead> {
  const head = ageHead(await bytesOf(file, { offset: 0, bytes: Math.min(file.bytes, MAX_HEADER_BYTES) }));
  if (!head || file.bytes < head.bytes + TAG_BYTES)
    throw new AppError('MEDIA_INVALID', `${file.path} of ${file.source.name} is no encrypted file`);
  return head;
}

/** An age file, read in place as what is in it: what is wanted is decrypted then, as much at once as its source gives, and not kept. */
export class AgeMedium implements Medium {
  readonly path: string;
  readonly size: number;
  readonly isRemote: boolean;
  readonly #file: AgeFile;
  readonly #key: Buffer;
  readonly #begins: number;
  readonly #chunks: number;

  constructor(file: AgeFile, { nonce, bytes }: AgeHead, fileKey: Uint8Array) {
    const payload = file.bytes - bytes;
    this.path = file.source.name;
    this.isRemote = file.source.isRemote ?? false;
    this.#file = file;
    this.#key = payloadKey(fileKey, nonce);
    this.#begins = bytes;
    this.#chunks = Math.ceil(payload / SEALED_BYTES);
    this.size = payload - this.#chunks * TAG_BYTES;
  }

  /** @throws MEDIA_INVALID (it was changed or cut), FETCH_*, VOLUME_*, INTERRUPTED */
  async *stream(regions: readonly Region[], { from: skip = 0, bytes = Infinity, signal }: Partial<Wanted>) {
    let [left, wanted] = [skip, bytes];
    for (const region of regions) {
      const from = Math.min(left, region.bytes);
      const part = Math.min(region.bytes - from, wanted);
      left -= from;
      wanted -= part;
      if (part > 0) yield* ahead(this.#plain({ offset: region.offset + from, bytes: part }, signal));
    }
  }

  /** @throws as stream */
  async read(offset: number, bytes: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.stream([{ offset, bytes }], {})) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async *#plain({ offset, bytes }: Region, signal?: AbortSignal): AsyncGenerator<Buffer> {
    const end = offset + bytes;
    if (end > this.size) throw new AppError('MEDIA_INVALID', `${this.path} ends early`);
    let index = Math.floor(offset / CHUNK_BYTES);
    const after = Math.floor((end - 1) / CHUNK_BYTES) + 1;
    const from = this.#begins + index * SEALED_BYTES;
    const sealed = Math.min(this.#begins + after * SEALED_BYTES, this.#file.bytes) - from;
    for await (const chunks of wholeChunks(partOf(this.#file, { offset: from, bytes: sealed }, signal))) {
      const start = index * CHUNK_BYTES;
      const opened = Buffer.concat(chunks.map((chunk, at) => this.#opened(chunk, index + at)));
      yield opened.subarray(Math.max(0, offset - start), end - start);
      index += chunks.length;
    }
    if (index < after) throw cut(this.#file);
  }

  #opened(chunk: Buffer, index: number): Buffer {
    try {
      return openedChunk(this.#key, chunk, index, index === this.#chunks - 1);
    } catch (error) {
      throw new AppError('MEDIA_INVALID', `${this.path} is damaged or was changed`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.source[Symbol.asyncDispose]();
  }
}

/** A server may come back with the rest; a file that is cut stays so. */
function cut({ source, path }: AgeFile): AppError {
  return new AppError(source.isRemote ? 'FETCH_FAILED' : 'MEDIA_INVALID', `${path} of ${source.name} was cut short`);
}

async function bytesOf(file: AgeFile, region: Region): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of partOf(file, region)) chunks.push(chunk);
  const all = Buffer.concat(chunks);
  if (all.length < region.bytes) throw cut(file);
  return all;
}

/** A run of bytes, also of a source that gives all of the file whatever is wanted. */
async function* partOf(
  { source, path, bytes: maxBytes }: AgeFile,
  { offset, bytes }: Region,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const wanted = { maxBytes, from: offset, bytes, ...(signal ? { signal } : {}) };
  const opened = await openCounted(source, path, wanted);
  let at = opened.from;
  for await (const chunk of opened.chunks) {
    const part = chunk.subarray(Math.max(0, offset - at), Math.max(0, offset + bytes - at));
    at += chunk.length;
    if (part.length > 0) yield part;
    if (at >= offset + bytes) return;
  }
}

/** While who wants it writes what he got, the next is decrypted. */
async function* ahead<T>(from: AsyncGenerator<T>): AsyncGenerator<T> {
  const begin = () => {
    const next = from.next();
    // It is told when it is waited for.
    next.catch(() => undefined);
    return next;
  };
  try {
    for (let next = begin(); ; ) {
      const { done, value } = await next;
      if (done) return;
      next = begin();
      yield value;
    }
  } finally {
    await from.return(undefined);
  }
}

async function* wholeChunks(from: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer[]> {
  let rest = Buffer.alloc(0);
  for await (const more of from) {
    rest = Buffer.concat([rest, more]);
    const chunks: Buffer[] = [];
    for (; rest.length >= SEALED_BYTES; rest = rest.subarray(SEALED_BYTES)) chunks.push(rest.subarray(0, SEALED_BYTES));
    if (chunks.length > 0) yield chunks;
  }
  if (rest.length > 0) yield [rest];
}
