import { AppError } from '../../lib/errors.ts';
import { computerIdentity } from '../../sys/computer-identity.ts';
import { writeFileAtomic, writeFilesAtomic } from '../../sys/files/files.ts';
import { type Demand, demandPath, demandText, isLast, type Machine } from './demand.ts';
import { closeEnvelope, type Envelope, envelopeIn, openEnvelope, type SealKey, sealKeyFrom } from './envelope.ts';
import { knownSealKey, sealKey } from './seal-key.ts';

/** An envelope is base64 of what it holds. */
export const MAX_ENVELOPE_BYTES = 96 << 20;

const LOOKED_UP = 'looked up';

/** Where a file of a machine’s configuration lies. */
export interface Place extends Machine {
  /** Its own place in the machine’s folder, also while a folder that it lies in has no name yet. */
  name: string;
}

/** Where a file lies in its state folder; undefined where it is no machine’s. A folder that is being made counts as what it will be. */
export function placeOf(path: string): Place | undefined {
  const [, state, vm, rest] = /^(.*)\/instances\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (state !== undefined && vm !== undefined && rest !== undefined) {
    const named = rest
      .split('/')
      .map((name) => /^\.(.+)\.[0-9a-f]{12}\.tmp$/.exec(name)?.[1] ?? name.replace(/\.tmp$/, ''));
    return { state, vm, name: named.join('/') };
  }
  const [, root, owner] = /^(.*)\/policies\/([^/]+)\.json$/.exec(path) ?? [];
  return root !== undefined && owner !== undefined ? { state: root, vm: owner, name: LOOKED_UP } : undefined;
}

/** Whether it has its name already. */
export function isNamed(path: string, { name }: Place): boolean {
  return name === LOOKED_UP || path.endsWith(`/${name}`);
}

/** What a file says that must be sealed, or may be. @throws SEAL_BROKEN, SEAL_KEY_LOST */
export async function openFile(place: Place, path: string, bytes: Buffer, demand: Demand | undefined): Promise<Buffer> {
  const details = { path, vm: place.vm };
  const envelope = envelopeIn(bytes);
  if (!envelope) {
    if (demand === undefined || demand.is === 'begun' || demand.is === 'ending') return bytes;
    throw new AppError('SEAL_BROKEN', `${path} is not sealed, and has to be`, { details });
  }
  const key = await presentKey(place.state);
  if (key?.id !== envelope.key) {
    const message = key
      ? 'was sealed by another computer, or with a key that is gone'
      : 'is sealed, and the key is gone';
    throw new AppError('SEAL_KEY_LOST', `${path} ${message}`, { details });
  }
  if (demand?.is === 'damaged')
    throw new AppError('SEAL_BROKEN', `${demandPath(place)}, which says whether ${path} is the last one, is damaged`, {
      details,
    });
  const opened = openEnvelope(key, subjectOf(place, demand, envelope.number), envelope);
  if (!opened)
    throw new AppError('SEAL_BROKEN', `${path} is not as this computer has written it in this place`, { details });
  if (demand && !isLast(demand, place.name, envelope.number))
    throw new AppError('SEAL_BROKEN', `${path} is an older one than this computer has written last`, { details });
  return opened;
}

/** The same; undefined where it cannot be opened. */
export async function opensAs(place: Place, envelope: Envelope, demand: Demand): Promise<Buffer | undefined> {
  const key = await presentKey(place.state);
  if (key?.id !== envelope.key || !isLast(demand, place.name, envelope.number)) return undefined;
  return openEnvelope(key, subjectOf(place, demand, envelope.number), envelope);
}

export async function writeInClear(path: string, bytes: Buffer): Promise<void> {
  await writeFileAtomic(path, bytes, 0o600);
}

/**
 * Replaces a file by a sealed one, and notes that it is the last: gives what is demanded since. Whatever stops this, the former file is
 * still the last, or the new one is already.
 * @throws DISK_FULL, FILE_DENIED, SEAL_KEY_LOST
 */
export async function writeNumbered<D extends Demand & Required<Pick<Demand, 'written'>>>(
  place: Place,
  path: string,
  bytes: Buffer,
  demand: D,
): Promise<D> {
  const { written } = demand;
  const number = written.last + 1;
  const key = sealKeyFrom(await sealKey(place.state), await computerIdentity());
  const envelope = { ...closeEnvelope(key, subjectOf(place, demand, number), bytes), number };
  const next = { ...demand, written: { ...written, last: number, files: { ...written.files, [place.name]: number } } };
  await writeFilesAtomic(
    [
      { path, data: `${JSON.stringify(envelope)}\n` },
      { path: demandPath(place), data: demandText(next) },
    ],
    0o600,
  );
  return next;
}

function subjectOf({ vm, name }: Place, demand: Demand | undefined, number: number | undefined): string {
  const of = number === undefined ? '' : ` ${demand?.written?.series ?? ''} ${number}`;
  return `${vm} ${name}${of}`;
}

async function presentKey(state: string): Promise<SealKey | undefined> {
  const secret = await knownSealKey(state);
  return secret && sealKeyFrom(secret, await computerIdentity());
}
