import { AppError } from '../../lib/errors.ts';
import { type Opened, openCounted, type Source, type Wanted } from '../../sys/sources/source.ts';
import { LAZARET_FOLDER } from '../installer/list.ts';
import { headFileOf } from './head-file.ts';
import { MAX_VOLUME_FILE_BYTES, type Piece, pieceName, siblingName, VOLUME_FILE, VolumeFile } from './volume-file.ts';

const HEAD = { name: VOLUME_FILE, schema: VolumeFile, maxBytes: MAX_VOLUME_FILE_BYTES };

/**
 * Makes one source of the volumes of a package, of which `first` is any; a source that is no volume stays as it is. The
 * others are looked for by their names when they are needed.
 * @throws MEDIA_INVALID, FETCH_*
 */
export async function joinVolumes(first: Source, openMedium: (name: string) => Promise<Source>): Promise<Source> {
  const file = await headFileOf(first, HEAD);
  return file ? new Volumes(first, file, openMedium) : first;
}

/** Lazaret itself is on the first of them alone. */
function isOfFirst(path: string): boolean {
  return path.startsWith(`${LAZARET_FOLDER}/`);
}

class Volumes implements Source {
  readonly name: string;
  readonly isRemote: boolean;
  readonly #file: VolumeFile;
  readonly #openMedium: (name: string) => Promise<Source>;
  readonly #open = new Map<number, Source>();

  constructor(first: Source, file: VolumeFile, openMedium: (name: string) => Promise<Source>) {
    this.name = first.name;
    this.isRemote = first.isRemote ?? false;
    this.#file = file;
    this.#openMedium = openMedium;
    this.#open.set(file.volume, first);
  }

  async open(path: string, wanted: Wanted): Promise<Opened> {
    const pieces = this.#file.pieces.filter(({ blob }) => path === `blobs/${blob}`).sort((a, b) => a.from - b.from);
    const [first] = pieces;
    if (!first) return (await this.#volume(isOfFirst(path) ? 1 : this.#file.volume)).open(path, wanted);
    return { from: wanted.from ?? 0, chunks: this.#read(pieces, wanted) };
  }

  async *#read(pieces: readonly Piece[], wanted: Wanted): AsyncGenerator<Uint8Array> {
    let at = wanted.from ?? 0;
    const end = at + (wanted.bytes ?? Number.POSITIVE_INFINITY);
    for (const piece of pieces) {
      const pieceEnd = piece.from + piece.bytes;
      if (pieceEnd <= at || piece.from >= end) continue;
      if (piece.from > at) throw new AppError('MEDIA_INVALID', `the volumes of ${this.#file.package} have a gap`);
      const part = { from: at - piece.from, bytes: Math.min(end, pieceEnd) - at };
      const volume = await this.#volume(piece.volume);
      const { chunks } = await openCounted(volume, pieceName(piece), { ...wanted, ...part, maxBytes: piece.bytes });
      for await (const chunk of chunks) {
        at += chunk.length;
        yield chunk;
      }
      if (at < Math.min(end, pieceEnd))
        throw new AppError('MEDIA_INVALID', `volume ${piece.volume} of ${this.#file.package} was cut short`);
    }
  }

  async #volume(number: number): Promise<Source> {
    const open = this.#open.get(number);
    if (open) return open;
    const source = await this.#find(number);
    this.#open.set(number, source);
    return source;
  }

  async #find(number: number): Promise<Source> {
    const { package: name, set, volume, volumes } = this.#file;
    const path = siblingName(this.name, volume, number);
    const what = `volume ${number} of ${volumes} of ${name}`;
    const missing = () => {
      const where = path === undefined ? `, where volume ${volume} is now (${this.name})` : ` at ${path}`;
      return new AppError('VOLUME_MISSING', `${what} is needed${where}`, { details: { volume: number } });
    };
    if (path === undefined) throw missing();
    const source = await this.#openMedium(path);
    const file = await headFileOf(source, HEAD);
    if (file?.set === set && file.volume === number) return source;
    await source[Symbol.asyncDispose]();
    if (!file) throw missing();
    const there = `volume ${file.volume} of ${file.volumes} of ${file.package}`;
    throw new AppError('VOLUME_WRONG', `${path} should be ${what}; it is ${there}`, { details: { volume: number } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#open.values()) await source[Symbol.asyncDispose]();
  }
}
