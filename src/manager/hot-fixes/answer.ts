import { AppError } from '../../lib/errors.ts';
import { endOfDate } from '../../policy/parts/term.ts';
import { keyPath } from '../../project/layout.ts';
import type { Project } from '../../project/open.ts';
import { withProject } from '../../project/save.ts';
import { recoverySecret, sealedSecret } from '../../trust/age/recovery.ts';
import { fits, type Given, MOST_DAYS, signHotFix } from '../../trust/hot-fix/answer.ts';
import { requestBytes } from '../../trust/hot-fix/request.ts';
import { spoken } from '../../trust/hot-fix/spoken.ts';
import { answer, halfOf, type SpokenAnswer } from '../../trust/hot-fix/telephone.ts';
import { type HotFixSigningKey, openHotFixKey } from '../../trust/sign/keys.ts';
import { makeVerifier, meant } from '../../trust/verifier.ts';
import { type RecoveryKeySource, requireRecoveryKey } from '../recovery-key.ts';
import { logHotFix } from './log.ts';
import type { OpenedRequest } from './opened.ts';

/**
 * What an administrator says to a request. By telephone a lost password is answered without another one: where disks are encrypted, the
 * answer’s own letters are it.
 */
export type HotFixWord =
  | { kind: 'denied' }
  | { kind: 'days'; days: number }
  | { kind: 'date'; date: string }
  | { kind: 'place' }
  | { kind: 'password'; password: string }
  | { kind: 'new-password' };

/** An answer, ready to be sent or read out. */
export interface AnsweredRequest {
  /** The text of its file, and how that may be called. */
  file?: string;
  fileName?: string;
  /** Groups of five letters. */
  letters?: string;
  /** What it does, in a sentence. */
  text: string;
}

export interface Answering {
  word: HotFixWord;
  message: string;
  passphrase: () => Promise<string>;
  /** Asked for where encrypted disks are recovered. */
  recoveryKey?: () => Promise<RecoveryKeySource>;
  now: number;
}

/** What an answer does, for whoever is about to give it. @throws USAGE where it is none to this request, HOT_FIX_OLD */
export function foreseeAnswer(opened: OpenedRequest, word: HotFixWord, now: number): string {
  if (opened.isOver !== undefined) throw new AppError('HOT_FIX_OLD', opened.isOver);
  const { vm, problem, way } = opened;
  const wanted = WANTED[problem];
  const isFit = word.kind === 'new-password' ? way === 'telephone' && problem === 'password' : fits(problem, word.kind);
  const isSpoken = way === 'file' || word.kind !== 'password';
  if (!isFit || !isSpoken) throw new AppError('USAGE', `a request for this problem (${problem}) ${wanted}`);
  switch (word.kind) {
    case 'denied':
      return `denies the request for ${vm}`;
    case 'days':
      if (!Number.isInteger(word.days) || word.days < 0 || word.days > MOST_DAYS)
        throw new AppError('USAGE', `days are a number from 0 to ${MOST_DAYS}`);
      return `lets ${vm} be used for ${word.days} more ${word.days === 1 ? 'day' : 'days'}, from the day on which it is applied`;
    case 'date':
      if (!(endOfDate(word.date) > now)) throw new AppError('USAGE', `${word.date} is no day that is still to come`);
      return `lets ${vm} be used until ${word.date}`;
    case 'place':
      return `lets ${vm} run where it was when its user asked${placeText(opened)}`;
    case 'password':
      if (word.password === '') throw new AppError('USAGE', 'a temporary password is not empty');
      return `lets ${vm} be opened once with the temporary password; its user chooses a new one then`;
    case 'new-password':
      return opened.recovers
        ? `lets ${vm} be opened once with the letters that you read out; its user chooses a new password then`
        : `lets whoever opens ${vm} next on that computer choose a new password`;
  }
}

const WANTED: Record<OpenedRequest['problem'], string> = {
  password: 'is approved with a temporary password; by telephone without one',
  expired: 'is approved with days or a date',
  moved: 'is approved as it is: its machine may run where it is',
};

function placeText({ told }: OpenedRequest): string {
  return told === undefined || told.situation === '' ? '' : ` (${told.situation})`;
}

/** Answers a request, and keeps that in the project’s log. @throws as foreseeAnswer, KEY_*, PROJECT_* */
export async function answerRequest(
  folder: string,
  opened: OpenedRequest,
  { word, message, passphrase, recoveryKey, now }: Answering,
): Promise<AnsweredRequest> {
  const text = foreseeAnswer(opened, word, now);
  return withProject(folder, async (project) => {
    const key = await hotFixKeyOf(project, await passphrase());
    const isRecovered = opened.recovers && word.kind !== 'denied';
    const secret = isRecovered ? await secretFor(project, opened, await recoveryKey?.()) : undefined;
    const answered =
      opened.way === 'file'
        ? await inFile(project, opened, { word, message, now, secret }, key)
        : inLetters(opened, word, { key, secret });
    const { request, way, vm, problem, told } = opened;
    await logHotFix(folder, {
      ...{ at: new Date(now).toISOString(), request, way, vm, problem, kind: word.kind },
      ...('days' in word ? { days: word.days } : {}),
      ...('date' in word ? { date: word.date } : {}),
      ...(message === '' ? {} : { message }),
      ...(told ? { name: told.name, address: told.address, computer: told.computer } : {}),
    });
    return { ...answered, text };
  });
}

/** @throws KEY_*: also where the key in the file is not the one that computers know */
async function hotFixKeyOf({ folder, file }: Project, passphrase: string): Promise<HotFixSigningKey> {
  const path = keyPath(folder, 'hot-fix');
  const key = await openHotFixKey(path, passphrase);
  if (key.publicKeyHex === file.value.hotFixKey?.signs) return key;
  throw new AppError('KEY_INVALID', `${path} is not the project’s key for hot fixes`, { details: { path } });
}

/** What opens the encrypted disks that a request is of. @throws USAGE, KEY_*, HOT_FIX_INVALID */
async function secretFor(
  project: Project,
  { request }: OpenedRequest,
  source: RecoveryKeySource | undefined,
): Promise<Buffer> {
  if (!source) throw new AppError('USAGE', 'its disks are encrypted: the recovery key and its passphrase are needed');
  const { identity } = await requireRecoveryKey(project, source);
  const secret = recoverySecret(halfOf(requestBytes(request)), identity);
  if (secret) return secret;
  throw new AppError('HOT_FIX_INVALID', 'the request says no key that could be answered');
}

async function inFile(
  { file }: Project,
  { vm, vmId, request, problem, told }: OpenedRequest,
  { word, message, now, secret }: Pick<Answering, 'word' | 'message' | 'now'> & { secret: Buffer | undefined },
  key: HotFixSigningKey,
): Promise<Pick<AnsweredRequest, 'file' | 'fileName'>> {
  const given =
    secret && word.kind === 'password'
      ? {
          ...{ kind: 'recovery' as const, madeAt: told?.madeAt ?? '' },
          sealed: Buffer.from(await sealedSecret(secret, meant(word.password))).toString('base64'),
        }
      : await givenBy(word);
  const signed = {
    ...{ project: file.value.fingerprint, vm, vmId, request, message },
    ...{ answeredAt: new Date(now).toISOString(), given },
  };
  return { file: signHotFix(signed, key), fileName: `${vm}-${problem}.hot-fix` };
}

async function givenBy(word: HotFixWord): Promise<Given> {
  switch (word.kind) {
    case 'password':
      return { kind: 'password', verifier: await makeVerifier(meant(word.password)) };
    case 'new-password':
      throw new AppError('USAGE', 'in a file a lost password is answered with a temporary one');
    default:
      return word;
  }
}

/** No letters where encrypted disks are not recovered: that is said in words. @throws USAGE where letters cannot say the days or the date */
function inLetters(
  { request, recovers }: OpenedRequest,
  word: HotFixWord,
  { key, secret }: { key: HotFixSigningKey; secret: Buffer | undefined },
): Pick<AnsweredRequest, 'letters'> {
  if (recovers) return secret ? { letters: spoken(secret) } : {};
  const bytes = answer(requestBytes(request), spokenWord(word), key.telephone);
  if (!bytes) throw new AppError('USAGE', 'this answer cannot be said by telephone');
  return { letters: spoken(bytes) };
}

function spokenWord(word: HotFixWord): SpokenAnswer {
  return word.kind === 'password' ? { kind: 'new-password' } : word;
}
