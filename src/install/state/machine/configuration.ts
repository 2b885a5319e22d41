import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../lib/errors.ts';
import { jsonOrNothing } from '../../../lib/json.ts';
import { NamedTurns } from '../../../lib/turns.ts';
import type { MachinePolicy } from '../../../policy/schema.ts';
import { computerIdentity } from '../../../sys/computer-identity.ts';
import { isThere, readCapped, readIfThere, removeFile, writeFileAtomic } from '../../../sys/files/files.ts';
import { makeFolder, namesIn } from '../../../sys/files/folders.ts';
import type { KeptFiles } from '../../../sys/files/kept-files.ts';
import { closeEnvelope, envelopeIn, openEnvelope, type SealKey, sealKeyFrom } from '../../seals/envelope.ts';
import { knownSealKey, sealKey } from '../../seals/seal-key.ts';
import { computerPaths, instancePaths } from '../layout.ts';

const MAX_BYTES = 64 << 20;
/** An envelope is base64 of what it holds. */
const MAX_ENVELOPE_BYTES = 96 << 20;

/** Where a file of a machine’s configuration lies. */
interface Place {
  state: string;
  vm: string;
  /** What its seal is of: its own place, also while a folder that it lies in has no name yet. */
  subject: string;
}

/**
 * Whether the files of a machine must be sealed. It lies outside the state folder: who takes a seal off there does not take this.
 * `begun`: they are being sealed, and may still lie in clear; `ending`: they are being put back in clear.
 */
const Demand = z.strictObject({ format: z.literal(1), is: z.enum(['begun', 'whole', 'ending']) });
type Is = z.infer<typeof Demand>['is'];

/** Files of one machine are written one at a time: while all are being sealed, none is lost that somebody else writes. */
const turns = new NamedTurns();

/** Whether a policy wants the configuration of its machine sealed (fact 24: encrypted disks imply it). */
export function seals({ encryption }: MachinePolicy): boolean {
  return encryption?.configuration === true || encryption?.disks === true;
}

/**
 * What a file of a machine says, sealed or not. Where its seal is demanded, one that was changed, or came from elsewhere, is refused.
 * @throws FILE_MISSING, FILE_INVALID, FILE_TOO_LARGE, FILE_DENIED, SEAL_BROKEN, SEAL_KEY_LOST
 */
export async function readConfiguration(path: string, maxBytes = MAX_BYTES): Promise<Buffer> {
  const place = placeOf(path);
  if (!place) return readCapped(path, maxBytes);
  const bytes = await readCapped(path, MAX_ENVELOPE_BYTES);
  const opened = await openIn(place, path, bytes);
  if (opened.length <= maxBytes) return opened;
  throw new AppError('FILE_TOO_LARGE', `${path} is larger than ${maxBytes} bytes`, { details: { path, maxBytes } });
}

/** A file of a machine that cannot be read because of its seal. */
export function isSealFailure(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'SEAL_BROKEN' || error.code === 'SEAL_KEY_LOST');
}

/** Replaces a file of a machine as one step, sealed where its policy wants that. @throws DISK_FULL, FILE_DENIED, SEAL_KEY_LOST */
export async function writeConfiguration(path: string, text: string): Promise<void> {
  const place = placeOf(path);
  if (!place) return writeFileAtomic(path, text, 0o600);
  await turns.take(turnOf(place), async () => {
    const is = await demandOf(place);
    await write(place, path, Buffer.from(text), is !== undefined && is !== 'ending');
  });
}

/** The same, for those who keep files of a machine and know nothing of seals. */
export const CONFIGURATION: KeptFiles = {
  async read(path, maxBytes) {
    if (!(await isThere(path))) return undefined;
    return readConfiguration(path, maxBytes).catch((error: unknown) => {
      if (isSealFailure(error)) return Buffer.alloc(0);
      throw error;
    });
  },
  write: writeConfiguration,
};

/** Whether they have that form. */
export async function isConfigurationSettled(state: string, vm: string, isSealed: boolean): Promise<boolean> {
  return (await demandOf({ state, vm })) === (isSealed ? 'whole' : undefined);
}

/**
 * Brings the files of a machine into the form that its policy wants. Whenever this stops, all can be read, and doing it again
 * brings it to its end. @throws DISK_FULL, FILE_DENIED, SEAL_KEY_LOST
 */
export async function settleConfiguration(state: string, vm: string, isSealed: boolean): Promise<void> {
  const place = { state, vm };
  await turns.take(turnOf(place), async () => {
    if (await isConfigurationSettled(state, vm, isSealed)) return;
    await writeDemand(place, isSealed ? 'begun' : 'ending');
    for (const path of await sealableFiles(state, vm)) await rewrite(path, isSealed);
    if (isSealed) await writeDemand(place, 'whole');
    else await removeFile(demandPath(place));
  });
}

/** What is written of a machine from now on has the form that its policy wants; what is there is still read. */
export async function beginConfiguration(state: string, vm: string, isSealed: boolean): Promise<void> {
  if (await isConfigurationSettled(state, vm, isSealed)) return;
  await writeDemand({ state, vm }, isSealed ? 'begun' : 'ending');
}

/** Nothing more is demanded of a machine that is gone. */
export async function forgetSeal(state: string, vm: string): Promise<void> {
  await removeFile(demandPath({ state, vm }));
}

/** Every file of a machine’s configuration, those of its snapshots too. */
export async function sealableFiles(state: string, vm: string): Promise<string[]> {
  const { folder, generations, snapshots } = instancePaths(state, vm);
  const parents = [generations, snapshots];
  const inner = parents.map(async (parent) => (await namesIn(parent)).map((name) => join(parent, name)));
  const folders = [folder, ...(await Promise.all(inner)).flat()];
  const files = folders.map(async (each) => {
    const names = (await namesIn(each)).filter((name) => !name.startsWith('.') && name.endsWith('.json'));
    return names.map((name) => join(each, name));
  });
  const cached = join(computerPaths(state).policies, `${vm}.json`);
  return [...(await Promise.all(files)).flat(), ...((await isThere(cached)) ? [cached] : [])];
}

async function rewrite(path: string, isSealed: boolean): Promise<void> {
  const place = placeOf(path);
  const bytes = await readIfThere(path, MAX_ENVELOPE_BYTES);
  if (!place || !bytes) return;
  const envelope = envelopeIn(bytes);
  if ((envelope !== undefined) === isSealed) return;
  const key = envelope && (await presentKey(place.state));
  const opened = envelope ? key && openEnvelope(key, place.subject, envelope) : bytes;
  // What cannot be read stays as it is, and is damaged in either form.
  if (opened) await write(place, path, opened, isSealed);
}

async function write({ state, subject }: Place, path: string, bytes: Buffer, isSealed: boolean): Promise<void> {
  if (!isSealed) return writeFileAtomic(path, bytes, 0o600);
  const key = sealKeyFrom(await sealKey(state), await computerIdentity());
  await writeFileAtomic(path, `${JSON.stringify(closeEnvelope(key, subject, bytes))}\n`, 0o600);
}

async function openIn(place: Place, path: string, bytes: Buffer): Promise<Buffer> {
  const details = { path, vm: place.vm };
  const envelope = envelopeIn(bytes);
  if (!envelope) {
    if ((await demandOf(place)) !== 'whole') return bytes;
    throw new AppError('SEAL_BROKEN', `${path} is not sealed, and has to be`, { details });
  }
  const key = await presentKey(place.state);
  if (key?.id !== envelope.key) {
    const message = key
      ? 'was sealed by another computer, or with a key that is gone'
      : 'is sealed, and the key is gone';
    throw new AppError('SEAL_KEY_LOST', `${path} ${message}`, { details });
  }
  const opened = openEnvelope(key, place.subject, envelope);
  if (opened) return opened;
  throw new AppError('SEAL_BROKEN', `${path} is not as this computer has written it in this place`, { details });
}

async function presentKey(state: string): Promise<SealKey | undefined> {
  const secret = await knownSealKey(state);
  return secret && sealKeyFrom(secret, await computerIdentity());
}

/** Where a file lies in its state folder; undefined where it is no machine’s. A folder that is being made counts as what it will be. */
function placeOf(path: string): Place | undefined {
  const [, state, vm, rest] = /^(.*)\/instances\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (state !== undefined && vm !== undefined && rest !== undefined) {
    const named = rest
      .split('/')
      .map((name) => /^\.(.+)\.[0-9a-f]{12}\.tmp$/.exec(name)?.[1] ?? name.replace(/\.tmp$/, ''));
    return { state, vm, subject: `${vm} ${named.join('/')}` };
  }
  const [, root, owner] = /^(.*)\/policies\/([^/]+)\.json$/.exec(path) ?? [];
  return root !== undefined && owner !== undefined
    ? { state: root, vm: owner, subject: `${owner} looked up` }
    : undefined;
}

/** One that cannot be read demands all the same. */
async function demandOf(place: Pick<Place, 'state' | 'vm'>): Promise<Is | undefined> {
  const bytes = await readIfThere(demandPath(place), 4096);
  return bytes && (Demand.safeParse(jsonOrNothing(bytes.toString('utf8'))).data?.is ?? 'whole');
}

async function writeDemand(place: Pick<Place, 'state' | 'vm'>, is: Is): Promise<void> {
  await makeFolder(computerPaths(place.state).demands, 0o700);
  await writeFileAtomic(demandPath(place), `${JSON.stringify({ format: 1, is })}\n`, 0o600);
}

function demandPath({ state, vm }: Pick<Place, 'state' | 'vm'>): string {
  return join(computerPaths(state).demands, `${vm}.json`);
}

function turnOf({ state, vm }: Pick<Place, 'state' | 'vm'>): string {
  return join(state, vm);
}
