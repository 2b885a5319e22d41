import type { HotFixAnswer, HotFixGivenRequest, HotFixRequestedAnswer } from '../../api/hot-fix.ts';
import { readPending, removePending, writePending } from '../../install/hot-fix/pending.ts';
import { finishHotFix, takeHotFix } from '../../install/hot-fix/take.ts';
import { recoveryHalf } from '../../install/opening/kept-keys.ts';
import { asksForPassword, hasPassword } from '../../install/opening/password.ts';
import { oneMore, requirePatience } from '../../install/opening/wrong-passwords.ts';
import { type Instance, openInstance } from '../../install/state/instances.ts';
import { hasDiskKey } from '../../install/state/machine/locked.ts';
import { type Asker, ROOT } from '../../install/state/machine/owner.ts';
import { presentPlace } from '../../install/state/machine/place.ts';
import { type Subject, subjectOf } from '../../install/state/machine/term.ts';
import { AppError } from '../../lib/errors.ts';
import { Turns } from '../../lib/turns.ts';
import { HOT_FIX_DAYS, type HotFixProblem, noHotFix, type OfferedHotFixes } from '../../policy/hot-fixes.ts';
import { DAY_MS } from '../../policy/parts/fields.ts';
import type { PolicyDocument } from '../../policy/schema.ts';
import type { EventLog } from '../../run/computer/events.ts';
import { computerName } from '../../sys/computer-identity.ts';
import { type HotFixRequest, requestName } from '../../trust/hot-fix/request.ts';
import { spoken } from '../../trust/hot-fix/spoken.ts';
import { type Asked as AskedRequest, ask, askRecovery, machineNumber } from '../../trust/hot-fix/telephone.ts';
import type { Startable } from '../terms/terms.ts';
import { type AnswerTo, answerInFile, answerInLetters, heardAnswer, type Said } from './hot-fix-answers.ts';
import { foreseen } from './hot-fix-effect.ts';

export interface HotFixDeps {
  state: string;
  events: EventLog;
  /** The system’s own: pauses are counted by it. */
  clock: () => number;
  /** A time that never goes back, in milliseconds. */
  now: (instance: Instance) => Promise<number>;
  /** The policy that is known now. */
  document: (instance: Instance) => Promise<PolicyDocument>;
  startable: (instance: Instance) => Promise<Startable>;
  /** Nobody opens the machine meanwhile. */
  inTurnOf: (vm: string, work: () => Promise<void>) => Promise<void>;
}

type Asked = { problem?: HotFixProblem } & Pick<HotFixRequest, 'name' | 'address' | 'note'>;

/** The way back into a machine: requests for hot fixes, and their answers. One at a time. */
export class HotFixes {
  readonly #deps: HotFixDeps;
  readonly #turns = new Turns();

  constructor(deps: HotFixDeps) {
    this.#deps = deps;
  }

  /** Makes a request; the one before it is answered no more. @throws HOT_FIX_OFF, HOT_FIX_UNNEEDED, VM_UNKNOWN */
  request(asker: Asker, vm: string, { problem: said, ...asking }: Asked): Promise<HotFixRequestedAnswer> {
    return this.#turns.take(async () => {
      const { instance, subject } = await this.#open(vm);
      const document = await this.#deps.document(instance);
      const { problem, situation } = await this.#problem(instance, said);
      const { key, ...offered } = requireOffered(vm, document, problem, asker);
      const { vmId } = subject;
      const madeAt = await this.#deps.now(instance);
      const asked = await askedFor(subject, problem);
      const request = requestName(asked.request);
      const place = await presentPlace(subject.state, vm);
      await writePending(subject, { request, secret: asked.secret, problem, madeAt, place });
      const { name: projectName } = instance.current.project;
      const file: HotFixRequest = {
        ...{ format: 1, kind: 'hot-fix-request', project: { name: projectName, fingerprint: document.project } },
        ...{ vm, vmId, request, problem, madeAt: new Date(madeAt).toISOString() },
        ...{ key: key.signs, computer: await computerName(), situation, ...asking },
      };
      const text = `${asking.name} asks for a hot fix: ${PROBLEM_WORDS[problem]}`;
      await this.#deps.events.add({ vm, kind: 'hot-fix', text, details: { problem, request } });
      const { problems: _, askedBy: __, ...way } = offered;
      return {
        ...{ vm, problem, file: `${JSON.stringify(file)}\n`, fileName: `${vm}-${problem}.hot-fix-request` },
        ...{ letters: spoken(asked.request), until: new Date(madeAt + HOT_FIX_DAYS * DAY_MS).toISOString(), ...way },
      };
    });
  }

  /** What an answer would do. @throws HOT_FIX_NONE, HOT_FIX_INVALID, HOT_FIX_SIGNATURE, HOT_FIX_WRONG, HOT_FIX_PAUSE, HOT_FIX_OFF */
  foresee(vm: string, given: HotFixGivenRequest): Promise<HotFixAnswer> {
    return this.#turns.take(async () => (await this.#answer(vm, given)).answer);
  }

  /** Does what an answer says, once. @throws as foresee */
  apply(vm: string, given: HotFixGivenRequest): Promise<HotFixAnswer> {
    return this.#turns.take(async () => {
      const { subject, pending, effect, answer } = await this.#answer(vm, given);
      await this.#deps.inTurnOf(vm, () => takeHotFix(subject, pending, effect));
      const { text, message, problem } = answer;
      const details = { problem, request: pending.request, ...(message === undefined ? {} : { message }) };
      await this.#deps.events.add({ vm, kind: 'hot-fix', text: `its administrator answered: ${text}`, details });
      return answer;
    });
  }

  /** What a service that was killed has left of one is done. */
  finish(vm: string): Promise<void> {
    return this.#turns.take(async () => void (await this.#open(vm)));
  }

  async #open(vm: string): Promise<{ instance: Instance; subject: Subject }> {
    const instance = await openInstance(this.#deps.state, vm);
    const subject = subjectOf(instance);
    await finishHotFix(subject);
    return { instance, subject };
  }

  /** The problem that a machine has, and what is known of it. @throws HOT_FIX_UNNEEDED */
  async #problem(
    instance: Instance,
    said: HotFixProblem | undefined,
  ): Promise<{ problem: HotFixProblem; situation: string }> {
    const { state, file } = instance;
    const { cannotStart, expiration } = await this.#deps.startable(instance);
    const kept = PROBLEM_OF[cannotStart?.code ?? ''];
    const problem = said ?? kept;
    const hasIt: Record<HotFixProblem, () => Promise<boolean> | boolean> = {
      password: async () => (await asksForPassword(state, file.vm)) && (await hasPassword(state, file.vm)),
      expired: () => kept === 'expired' || (kept === undefined && expiration?.state === 'warned'),
      moved: () => kept === 'moved',
    };
    if (problem === undefined) throw unneeded(`neither its time nor its place keeps ${file.vm} from starting`);
    if (!(await hasIt[problem]())) throw unneeded(`${file.vm} has another problem than this or none: ${problem}`);
    const situation = kept === problem ? cannotStart?.reason : undefined;
    return { problem, situation: situation?.replaceAll('\n', ' ') ?? '' };
  }

  async #answer(vm: string, given: HotFixGivenRequest) {
    const { instance, subject } = await this.#open(vm);
    const [pending, now] = [await readPending(subject), await this.#deps.now(instance)];
    if (!pending) throw new AppError('HOT_FIX_NONE', `no request for ${vm} waits for an answer here`);
    if (now >= pending.madeAt + HOT_FIX_DAYS * DAY_MS) {
      await removePending(subject.state, subject.vmId);
      throw new AppError('HOT_FIX_NONE', `the last request for ${vm} is more than ${HOT_FIX_DAYS} days old`);
    }
    const document = await this.#deps.document(instance);
    const { key } = requireOffered(vm, document, pending.problem, ROOT);
    const asked: AnswerTo = { subject, pending, key, project: document.project };
    const said =
      'file' in given
        ? answerInFile(given.file, asked)
        : await this.#counted(asked, heardAnswer(given.letters, pending));
    const { effect, answer } = foreseen({ vm, pending, said, now, expiration: document.policy.expiration });
    return { subject, pending: (await readPending(subject)) ?? pending, effect, answer };
  }

  /** Nobody but the service can tell whether letters are right, so it is the one who slows guesses down. */
  async #counted(asked: AnswerTo, bytes: Uint8Array): Promise<Said> {
    const { subject, pending } = asked;
    const now = this.#deps.clock();
    const guessed = { vm: subject.vm, wrong: pending.wrong, now, what: 'answers', code: 'HOT_FIX_PAUSE' } as const;
    await requirePatience(guessed, (wrong) => writePending(subject, { ...pending, wrong }));
    await writePending(subject, { ...pending, wrong: oneMore(pending.wrong, now) });
    const found = await answerInLetters(bytes, asked);
    if (found === undefined)
      throw new AppError('HOT_FIX_WRONG', `these letters do not answer the request for ${subject.vm}`);
    const { wrong: _, ...right } = pending;
    await writePending(subject, right);
    return found;
  }
}

/** What a request says: a password that encrypts is asked for by what only the recovery key answers. @throws HOT_FIX_OFF */
async function askedFor({ state, vm, vmId }: Subject, problem: HotFixProblem): Promise<AskedRequest> {
  const machine = machineNumber(vmId);
  if (problem !== 'password' || !(await hasDiskKey(state, vm))) return ask({ problem, machine });
  const half = await recoveryHalf(state, vm);
  if (half) return askRecovery(machine, half);
  throw new AppError(
    'HOT_FIX_OFF',
    `the disks of ${vm} are encrypted, and nothing of theirs is kept for a recovery key`,
  );
}

const PROBLEM_OF: Record<string, HotFixProblem | undefined> = { EXPIRED: 'expired', MOVED: 'moved' };

const PROBLEM_WORDS: Record<HotFixProblem, string> = {
  password: 'its password is lost',
  expired: 'its time is over',
  moved: 'it is not where it was installed',
};

/** @throws HOT_FIX_OFF */
function requireOffered(vm: string, document: PolicyDocument, problem: HotFixProblem, asker: Asker): OfferedHotFixes {
  const { hotFixes } = document;
  const why = noHotFix(document, problem);
  if (!hotFixes || why !== undefined) throw new AppError('HOT_FIX_OFF', `${vm}: ${why}`, { details: { vm } });
  if (hotFixes.askedBy === 'root' && asker !== ROOT)
    throw new AppError('HOT_FIX_OFF', `${vm}: only root of this computer may ask for a hot fix`, { details: { vm } });
  return hotFixes;
}

function unneeded(why: string): AppError {
  return new AppError('HOT_FIX_UNNEEDED', why);
}
