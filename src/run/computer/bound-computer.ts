import { type ComputerList, computerDigest } from '../../firewall/computer/computer-rules.ts';
import { type ComputerTable, computerTable } from '../../firewall/computer/computer-table.ts';
import { watchHost } from '../../firewall/machine/host/host-watch.ts';
import { AppError, type Failure, failureOf } from '../../lib/errors.ts';
import { Turns } from '../../lib/turns.ts';
import type { HostAccess as HostAccessRules, HostPolicy } from '../../policy/host.ts';
import type { AccessEntry } from '../../policy/parts/access-entry.ts';
import { decideHost } from '../../quarantine/decide-host.ts';
import type { Log } from '../../sys/log.ts';
import { resolversNow } from '../../sys/names/resolver.ts';
import { pause } from '../../sys/pause.ts';
import type { Computer } from './computer.ts';
import { HostNames, namesIn } from './host-names.ts';
import { type HostNote, readHostNote, UNKNOWN_RULES } from './host-note.ts';
import { KeptNote } from './kept-note.ts';

/** How often it is looked whether the computer is on another network, and has the rules, where the kernel does not tell. */
const LOOK_MS = 2000;
/** How often names are looked up. */
const RENEW_MS = 60_000;
/** The same while some do not resolve, as just after the computer came into another network. */
const ASK_AGAIN_MS = 10_000;

/** The rules that the user consented to. */
interface Given {
  digest: string;
  policy: HostPolicy;
}

export interface HostAccessParts {
  computer: Pick<Computer, 'enforcement' | 'zoneFacts' | 'resolvers'>;
  consent: () => Promise<Given | undefined>;
  /** Servers that the service itself needs. */
  needed: (policy: HostPolicy) => Promise<readonly AccessEntry[]>;
  /** The kernel’s, where it is left out. */
  table?: ComputerTable;
  /** What is in force, for the next service. */
  noteFile: string;
  namesFile: string;
  now: () => Promise<number>;
  tell: (kind: 'host-policy' | 'failed', text: string, details?: object) => Promise<void>;
  log: Log;
  lookMs?: number;
}

/** How it stands with the computer’s own rules. */
export interface HostReport {
  /** `free`: on this network none of them holds; `not-enforced`: a service without root cannot; `failed`: with a code. */
  state: 'in-force' | 'free' | 'not-enforced' | 'failed';
  digest: string;
  zone?: string;
  mode?: 'whitelist' | 'blacklist';
  entries?: number;
  since?: string;
  failure?: Omit<Failure, 'details'>;
}

/**
 * Keeps the computer’s own rules in force: from its beginning until it is disposed of, by the zone that the computer is
 * in, put back at once where another program takes them away. When the service is killed they stay, and the next service takes them over.
 */
export class HostAccess implements AsyncDisposable {
  readonly #parts: HostAccessParts;
  readonly #table: ComputerTable;
  readonly #names: HostNames;
  readonly #turns = new Turns();
  readonly #over = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #given: Given | undefined;
  /** Whether that is what was consented to: what cannot be read is asked for again, and nothing is let go meanwhile. */
  #isKnown = false;
  readonly #note: KeptNote;
  #loaded: string | undefined;
  #renewAt = Number.NEGATIVE_INFINITY;
  #lossToldAt = Number.NEGATIVE_INFINITY;
  #servers: readonly AccessEntry[] = [];
  #report: HostReport | undefined;

  private constructor(parts: HostAccessParts, names: HostNames) {
    this.#parts = parts;
    this.#table = parts.table ?? computerTable;
    this.#names = names;
    this.#note = new KeptNote(parts.noteFile, parts.log);
  }

  /** Puts in force what was consented to. What fails is in the report, and tried again. */
  static async begin(parts: HostAccessParts): Promise<HostAccess> {
    const names = await HostNames.open(parts.namesFile, parts.log);
    const access = new HostAccess(parts, names);
    access.#note.begin(await access.#found());
    await access.lookAgain();
    access.#following = access.#follow();
    return access;
  }

  /** What a service that was killed has left in force: by its note, or where it could write none, by the kernel. */
  async #found(): Promise<HostNote | undefined> {
    const { computer, noteFile } = this.#parts;
    const note = await readHostNote(noteFile);
    if (note || computer.enforcement !== 'host') return note;
    try {
      return (await this.#table.isAnyBound()) ? UNKNOWN_RULES : undefined;
    } catch (error) {
      await this.#fail(failureOf(error));
      return UNKNOWN_RULES;
    }
  }

  /** Undefined where nothing was consented to. */
  report(): HostReport | undefined {
    return this.#report;
  }

  /** Looks again at what was consented to, and where the computer is; what follows is in force afterwards, or in the report. */
  lookAgain(): Promise<void> {
    this.#isKnown = false;
    return this.#look();
  }

  #look(): Promise<void> {
    return this.#turns.take(async () => {
      try {
        if (!this.#isKnown) await this.#read();
        await this.#enforce();
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        await this.#fail(failureOf(error));
      }
    });
  }

  async #read(): Promise<void> {
    // Before it is read: whoever calls `lookAgain` meanwhile has it read again.
    this.#isKnown = true;
    this.#renewAt = Number.NEGATIVE_INFINITY;
    try {
      this.#given = await this.#parts.consent();
    } catch (error) {
      this.#isKnown = false;
      throw error;
    }
  }

  async #enforce(): Promise<void> {
    const { computer } = this.#parts;
    if (!this.#given) return this.#free();
    const { digest, policy } = this.#given;
    if (computer.enforcement !== 'host') {
      this.#report = { state: 'not-enforced', digest };
      return;
    }
    const { zone, access } = decideHost(policy, await computer.zoneFacts(policy.zones));
    await (access ? this.#bind(this.#given, zone, access) : this.#free(digest));
  }

  async #bind({ digest, policy }: Given, zone: string | undefined, { mode, entries }: HostAccessRules): Promise<void> {
    const { now: before } = this.#note;
    const isNew = before?.digest !== digest || before.zone !== zone;
    const isDue = isNew || this.#loaded === undefined || performance.now() > this.#renewAt;
    if (isDue) this.#servers = await this.#parts.needed(policy);
    const own = entries.map(({ entry }) => entry);
    const list = (): ComputerList => ({
      mode,
      entries: this.#names.resolved(own, mode),
      needed: this.#names.resolved(this.#servers, 'whitelist'),
    });
    await this.#put(list());
    const inZone = zone === undefined ? {} : { zone };
    if (isNew) await this.#note.become({ format: 1, digest, ...inZone, since: await this.#time() });
    else if (isDue) await this.#note.keepAgain();
    const since = this.#note.now?.since ?? '';
    this.#report = { state: 'in-force', digest, ...inZone, mode, entries: entries.length, since };
    const text = `${mode} of ${entries.length} for this computer itself, ${zone === undefined ? 'in no zone' : `in zone ${zone}`}`;
    if (isNew) await this.#tell('host-policy', text, { digest, ...inZone });
    if (!isDue) return;
    // Names are asked for once the rules are in force with what is known of them.
    const isWhole = await this.#names.refresh(
      namesIn([...own, ...this.#servers]),
      await resolversNow(this.#parts.computer.resolvers),
    );
    this.#renewAt = performance.now() + (isWhole ? RENEW_MS : ASK_AGAIN_MS);
    await this.#put(list());
  }

  /** Loads a list unless the kernel has it, and tells so where another program has taken it away. */
  async #put(list: ComputerList): Promise<void> {
    const digest = computerDigest(list);
    const isKnown = this.#loaded === digest;
    if (isKnown && (await this.#table.isBound(list))) return;
    this.#note.suppose();
    await this.#table.bind(list);
    this.#loaded = digest;
    if (isKnown) await this.#tellLoss();
  }

  /** Whoever takes them away again and again does not fill the log. */
  async #tellLoss(): Promise<void> {
    if (performance.now() < this.#lossToldAt + RENEW_MS) return;
    this.#lossToldAt = performance.now();
    await this.#tell('failed', 'another program removed the rules for this computer itself; they are back', {});
  }

  /** Nothing binds the computer: it is where no rules hold, or, without a digest, there are none. */
  async #free(digest?: string): Promise<void> {
    if (this.#note.now) {
      await this.#table.free();
      this.#loaded = undefined;
      await this.#note.become(undefined);
      await this.#tell(
        'host-policy',
        'no rules hold for this computer itself any more',
        digest === undefined ? {} : { digest },
      );
    }
    this.#report = digest === undefined ? undefined : { state: 'free', digest };
  }

  async #fail(failure: Failure): Promise<void> {
    const { details: _, ...said } = failure;
    const isNew = this.#report?.failure?.code !== said.code;
    const digest = this.#report?.digest ?? this.#note.now?.digest ?? '';
    this.#report = { state: 'failed', digest, failure: said };
    this.#loaded = undefined;
    if (isNew) await this.#tell('failed', 'the rules for this computer itself could not be put in force', failure);
  }

  /** While something binds the computer, the kernel says when rules go or its network changes. */
  async #follow(): Promise<void> {
    const { lookMs = LOOK_MS, log } = this.#parts;
    const { signal } = this.#over;
    while (!signal.aborted) {
      const untilFree = new AbortController();
      const look = async () => {
        await this.#look().catch((error: unknown) => log.error(failureOf(error), 'the computer’s own rules'));
        if (!this.#note.now) untilFree.abort();
      };
      if (this.#note.now) await watchHost(look, AbortSignal.any([signal, untilFree.signal]), { lookMs });
      else {
        await pause(lookMs, signal);
        if (!signal.aborted) await look();
      }
    }
  }

  /** What cannot be told, as on a full disk, must not keep rules from being in force. */
  async #tell(kind: 'host-policy' | 'failed', text: string, details: object): Promise<void> {
    const { tell, log } = this.#parts;
    await tell(kind, text, details).catch((error: unknown) => log.warn(failureOf(error), text));
  }

  async #time(): Promise<string> {
    return new Date(await this.#parts.now()).toISOString();
  }

  /** The end of the rules: the computer is free. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#following;
    const { log } = this.#parts;
    await this.#turns
      .take(() => this.#free())
      .catch((error: unknown) => log.error(failureOf(error), 'the computer’s own rules cannot be taken away'));
  }
}
