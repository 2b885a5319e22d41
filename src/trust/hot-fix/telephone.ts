import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';

/** What a hot fix is for; exactly these (ACE 1.0 pp. 150-151). Their order is their number in a request. */
const PROBLEMS = ['password', 'expired', 'moved'] as const;
type Problem = (typeof PROBLEMS)[number];
/** The fourth number: a lost password of a machine whose disks are encrypted. */
const RECOVERY = PROBLEMS.length;

const FORMAT = 1;
const KEY_BYTES = 32;
/** 14 groups. */
export const REQUEST_BYTES = 35;
/** 4 groups. */
export const ANSWER_BYTES = 10;
/** A machine is named by so much of its id’s digest: a project has few. */
const MOST_MACHINE = 0xf_ffff;
const MOST_NUMBER = 0x7fff;
const DAY_MS = 86_400_000;

/** What a request that was read out says. */
interface SpokenRequest {
  problem: Problem;
  /** The first 20 bits of the digest of the machine’s id. */
  machine: number;
}

/** A request as it is read; it `recovers` where its key is no pair of its own, but the public half of a secret (`../age/recovery.ts`). */
interface ReadRequest extends SpokenRequest {
  recovers: boolean;
}

/**
 * What an administrator says to it: no, another end for `expired`, that the machine may run where it is for `moved`, that whoever opens
 * it next chooses its password for `password`.
 */
export type SpokenAnswer =
  | { kind: 'denied' }
  | { kind: 'days'; days: number }
  | { kind: 'date'; date: string }
  | { kind: 'place' }
  | { kind: 'new-password' };
const KINDS = ['denied', 'days', 'date', 'place', 'new-password'] as const satisfies readonly SpokenAnswer['kind'][];
/** What answers which problem. */
const ANSWERS: Record<Problem, readonly SpokenAnswer['kind'][]> = {
  password: ['denied', 'new-password'],
  expired: ['denied', 'days', 'date'],
  moved: ['denied', 'place'],
};

/** A request, and the key that its answer is checked with: the installation’s secret, in base64url. */
export interface Asked {
  request: Uint8Array;
  secret: string;
}

/** The number that a machine’s id is said by. */
export function machineNumber(vmId: string): number {
  return createHash('sha256').update(vmId).digest().readUIntBE(0, 3) >> 4;
}

/** Asks. Its key pair is of this request alone: no other request, installation or computer takes its answer. */
export function ask({ problem, machine }: SpokenRequest): Asked {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const half = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const request = written(PROBLEMS.indexOf(problem), machine, half);
  return { request, secret: privateKey.export({ format: 'jwk' }).d ?? '' };
}

/** Asks for the secret that opens encrypted disks: it is its own proof, and this request has no other. */
export function askRecovery(machine: number, half: Uint8Array): Asked {
  return { request: written(RECOVERY, machine, half), secret: '' };
}

function written(problem: number, machine: number, half: Uint8Array): Uint8Array {
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUIntBE((FORMAT << 22) | (problem << 20) | (machine & MOST_MACHINE), 0, 3);
  request.set(half, 3);
  return request;
}

/** The public half that a request says. */
export function halfOf(request: Uint8Array): Uint8Array {
  return request.subarray(3);
}

/** What a request says, so that it can be shown; undefined where it is of another format. */
export function readRequest(request: Uint8Array): ReadRequest | undefined {
  if (request.length !== REQUEST_BYTES) return undefined;
  const head = Buffer.from(request).readUIntBE(0, 3);
  if (head >> 22 !== FORMAT) return undefined;
  const problem = PROBLEMS[(head >> 20) & 3];
  return { problem: problem ?? 'password', machine: head & MOST_MACHINE, recovers: problem === undefined };
}

/** The administrator’s side; undefined where the answer is none to this request, or the request’s key is none. */
export function answer(request: Uint8Array, given: SpokenAnswer, projectKey: KeyObject): Uint8Array | undefined {
  const asked = readRequest(request);
  const said = numberOf(given);
  if (!asked || asked.recovers || said === undefined || !ANSWERS[asked.problem].includes(given.kind)) return undefined;
  const key = sharedKey(request, projectKey, publicOf(halfOf(request)), createPublicKey(projectKey));
  return key && sealed(request, (KINDS.indexOf(given.kind) << 17) | said, key);
}

/** The computer’s side: what the project said to this request; undefined where this was not said by it. */
export function readAnswer(
  bytes: Uint8Array,
  { request, secret }: Asked,
  project: KeyObject,
): SpokenAnswer | undefined {
  const asked = readRequest(request);
  if (!asked || asked.recovers || bytes.length !== ANSWER_BYTES) return undefined;
  const x = Buffer.from(halfOf(request)).toString('base64url');
  const own = createPrivateKey({ key: { kty: 'OKP', crv: 'X25519', x, d: secret }, format: 'jwk' });
  const key = sharedKey(request, own, project, project);
  const said = Buffer.from(bytes).readUIntBE(0, 3) >> 4;
  if (!key || !timingSafeEqual(sealed(request, said, key), bytes)) return undefined;
  const given = answerOf(said);
  return given && ANSWERS[asked.problem].includes(given.kind) ? given : undefined;
}

/** 20 bits that say it, and the first 60 of their code under the key that both sides know. */
function sealed(request: Uint8Array, said: number, key: Uint8Array): Uint8Array {
  const code = createHmac('sha256', key)
    .update('lazaret hot-fix answer 1\n')
    .update(request)
    .update(`${said}`)
    .digest();
  const bytes = Buffer.alloc(ANSWER_BYTES);
  code.copy(bytes, 2, 0, ANSWER_BYTES - 2);
  bytes.writeUIntBE((said << 4) | ((code[0] ?? 0) & 0xf), 0, 3);
  return bytes;
}

function sharedKey(request: Uint8Array, own: KeyObject, other: KeyObject, project: KeyObject): Uint8Array | undefined {
  const name = `lazaret hot-fix telephone 1 ${project.export({ format: 'jwk' }).x}`;
  try {
    const secret = diffieHellman({ privateKey: own, publicKey: other });
    return new Uint8Array(hkdfSync('sha256', secret, request, name, KEY_BYTES));
  } catch {
    // A key of small order gives a secret that everybody knows: OpenSSL refuses it, and so do we.
    return undefined;
  }
}

function publicOf(key: Uint8Array): KeyObject {
  const x = Buffer.from(key).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

/** The number of an answer, in 15 bits; undefined where it has none. */
function numberOf(given: SpokenAnswer): number | undefined {
  const number = given.kind === 'days' ? given.days : given.kind === 'date' ? Date.parse(given.date) / DAY_MS : 0;
  return Number.isInteger(number) && number >= 0 && number <= MOST_NUMBER ? number : undefined;
}

function answerOf(said: number): SpokenAnswer | undefined {
  const number = said & MOST_NUMBER;
  const kind = KINDS[said >> 17];
  switch (kind) {
    case 'days':
      return { kind, days: number };
    case 'date':
      return { kind, date: new Date(number * DAY_MS).toISOString().slice(0, 10) };
    default:
      return kind && { kind };
  }
}
