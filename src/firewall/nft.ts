import { AppError } from '../lib/errors.ts';
import { runByShell } from '../sys/programs/by-shell.ts';
import { LineProgram } from '../sys/programs/line-program.ts';
import { inside, runInside } from './machine/namespace.ts';
import type { Enforced } from './machine/rules/ruleset.ts';

const LOAD_TIMEOUT_MS = 60_000;
const ANSWER_TIMEOUT_MS = 2000;
/** Of all listings only this one, and terse, leaves the elements of sets in the kernel: half a millisecond however long the lists are. */
const LISTING = 'list ruleset inet';
const TERSE_SHELL = '-nti';
const SHELL = '-ni';
/** An `nft` that reads lines writes them all into `~/.nft.history` at its end, and reads that at its beginning; this computer’s stays as it was. */
const NO_HISTORY = { HOME: '/dev/null' };
const PATIENCE = { timeoutMs: LOAD_TIMEOUT_MS, env: NO_HISTORY };

/**
 * Loads rules in the namespace that `enter` leads to, as one transaction.
 * @throws FILTER_FAILED with nft’s message; nothing has changed then
 */
export async function loadRules(enter: readonly string[], text: string): Promise<void> {
  await nft(enter, ['-f', '-'], text);
}

/** What `nft list` says of something, with numbers for names; `terse` leaves out the elements of sets. @throws FILTER_FAILED */
export async function listed(enter: readonly string[], what: readonly string[], terse = false): Promise<string> {
  return nft(enter, [terse ? '-nt' : '-n', 'list', ...what]);
}

/**
 * Loads the rules of this namespace’s table `name`, and gives how that is listed afterwards, undefined where it has gone at once, and
 * all rules that there are, without elements. By one program. @throws FILTER_FAILED with nft’s message; nothing has changed then
 */
export async function loadTable(name: string, text: string): Promise<{ table: string | undefined; ruleset: string }> {
  const nft = (...args: string[]) => inside([], 'nft', args);
  const calls = [
    { ...nft('-f', '-'), input: text },
    { ...nft('-n', 'list', 'table', 'inet', name), mayFail: true as const },
    nft('-nt', 'list', 'ruleset'),
  ];
  const [, table = '', ruleset = ''] = await coded(() => runByShell(calls, PATIENCE));
  return { table: table || undefined, ruleset };
}

/**
 * What `nft list` says of each of these sets, in their order, by one program. An `nft` that reads lines lists each by itself: of
 * several in one script nft 1.0.6 finds only the last, and a listing of all would bring the subnets along.
 * @throws FILTER_FAILED when one is not there
 */
export async function listedSets(enter: readonly string[], sets: readonly string[]): Promise<string[]> {
  if (sets.length === 0) return [];
  const text = await nft(enter, [SHELL], sets.map((set) => `list set inet lazaret ${set}\n`).join(''));
  const parts = text.split(/^(?=table )/m);
  const found = parts.map((part) => /^\tset (\S+) \{/m.exec(part)?.[1]);
  // To whoever reads lines a set that is missing is a line on its standard error, and the next is read.
  if (found.join() !== sets.join())
    throw new AppError('FILTER_FAILED', `the machine’s sets are not there: of ${sets.join(', ')}, ${found.join(', ')}`);
  return parts;
}

async function nft(enter: readonly string[], args: readonly string[], input?: string): Promise<string> {
  const options = { ...PATIENCE, ...(input === undefined ? {} : { input }) };
  return (await coded(() => runInside(enter, 'nft', args, options))).stdout;
}

async function coded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw new AppError('FILTER_FAILED', cause.message, { cause });
  }
}

/** A transaction by a program of its own, and what is enforced afterwards. @throws FILTER_FAILED */
export async function transactSlowly(enter: readonly string[], commands: readonly string[]): Promise<Enforced> {
  await loadRules(enter, `${commands.join('\n')}\n`);
  return readEnforced(enter);
}

/** What the kernel enforces in a machine’s namespace. @throws FILTER_FAILED when the rules are not as they should be */
export async function readEnforced(enter: readonly string[]): Promise<Enforced> {
  return parseEnforced(await nft(enter, [TERSE_SHELL], `${LISTING}\n`));
}

/**
 * A long-lived `nft -i` in a machine’s namespace: a switch takes a tenth of the time a new program would.
 * Its owner opens another when it has ended.
 */
export class NftSession implements AsyncDisposable {
  #program: LineProgram;

  private constructor(program: LineProgram) {
    this.#program = program;
  }

  /** @throws PROGRAM_MISSING */
  static async start(enter: readonly string[]): Promise<NftSession> {
    const [program = 'nft', ...args] = [...enter, 'nft', TERSE_SHELL];
    return new NftSession(await LineProgram.start(program, args, NO_HISTORY));
  }

  get hasEnded(): boolean {
    return this.#program.hasEnded;
  }

  /**
   * Runs the commands as one transaction and reads back what is enforced, which is the only proof that they were taken.
   * @throws FILTER_FAILED when nft does not answer in time, or with what cannot be
   */
  async transact(commands: readonly string[]): Promise<Enforced> {
    this.#program.forget();
    if (commands.length > 0) this.#program.tell(commands.join('; '));
    this.#program.tell(LISTING);
    return parseEnforced(await this.#listing());
  }

  /** The one table’s listing ends with a brace at the beginning of a line. */
  async #listing(): Promise<string> {
    const lines: string[] = [];
    const errors: string[] = [];
    while (lines.at(-1) !== '}') {
      const said = await this.#program.next(ANSWER_TIMEOUT_MS);
      if (!said) throw new AppError('FILTER_FAILED', `nft does not answer ${errors.join(' ')}`.trim());
      (said.isError ? errors : lines).push(said.line);
    }
    return lines.join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

/** What the listing says is enforced; the chains that tell must agree. @throws FILTER_FAILED */
export function parseEnforced(text: string): Enforced {
  const bodies = new Map([...text.matchAll(/chain (\w+) \{\s*([^\n]*)\s*\}/g)].map(([, name, rule]) => [name, rule]));
  const [, mode, lists = ''] = /^goto (?:(normal|restricted)_([0-9a-f]{8})|refuse)$/.exec(bodies.get('mode') ?? '') ?? [
    undefined,
    'none',
  ];
  const stamped = /^ct mark set (0x[0-9a-f]{8}) accept$/.exec(bodies.get('stamp_accept') ?? '')?.[1];
  const current = /^ct mark (0x[0-9a-f]{8}) accept$/.exec(bodies.get('current') ?? '')?.[1];
  const agree = bodies.get('mode_in') === `${bodies.get('mode')}_in` && stamped !== undefined && stamped === current;
  if (mode === 'none' || !agree)
    throw new AppError('FILTER_FAILED', 'the machine’s rules are not what they should be', { details: { text } });
  return { mode: mode === 'normal' || mode === 'restricted' ? mode : 'refuse', generation: Number(stamped), lists };
}
