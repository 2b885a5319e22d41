import { z } from 'zod';
import type { ComputerList } from '../firewall/computer-rules.ts';
import { computerDigest } from '../firewall/computer-rules.ts';
import { bindComputer, freeComputer, isBound } from '../firewall/computer-table.ts';
import { AppError, type Failure, failureOf } from '../lib/errors.ts';
import { jsonOrNothing } from '../lib/json.ts';
import { Turns } from '../lib/turns.ts';
import type { AccessEntry } from '../policy/access-entry.ts';
import type { HostPolicy } from '../policy/host.ts';
import { entryOf } from '../quarantine/access-list.ts';
import { decideHost, type HostDecision } from '../quarantine/host-access.ts';
import { readIfThere, removeFile, writeFileAtomic } from '../sys/files.ts';
import type { Log } from '../sys/log.ts';
import { pause } from '../sys/pause.ts';
import type { Computer } from './computer.ts';
import { HostNames, namesIn } from './host-names.ts';

/** How often it is looked whether the computer is on another network. */
const LOOK_MS = 2000;
/** How often names are looked up, and whether the kernel still has the rules. */
const RENEW_MS = 60_000;
const MAX_NOTE_BYTES = 4096;

export interface HostAccessParts {
  computer: Pick<Computer, 'enforcement' | 'zoneFacts' | 'resolvers'>;
  /** The rules that the user consented to, if there are any. */
  consent: () => Promise<{ digest: string; policy: HostPolicy } | undefined>;
  /** Servers that the service itself needs. */
  needed: (policy: HostPolicy) => Promise<readonly AccessEntry[]>;
  /** What is in force, for the next service. */
  noteFile: string;
  namesFile: string;
  now: () => Promise<number>;
  tell: (kind: 'host-policy' | 'failed', text: string, details?: object) => Promise<void>;
  log: Log;
  lookMs?: number;
}

const Note = z.strictObject({
  format: z.literal(1),
  digest: z.string(),
  zone: z.string().exactOptional(),
  since: z.string(),
});
type Note = z.infer<typeof Note>;

/** How it stands with the computer’s own rules. */
export interface HostReport {
  /** `free`: on this network none of them holds; `not-enforced`: a service without root cannot; `failed`: with a code. */
  state: 'in-force' | 'free' | 'not-enforced' | 'failed';
  digest: string;
  zone?: string;
  mode?: 'whitelist' | 'blacklist';
  entries?: number;
  since?: string;
  failure?: Pick<Failure, 'code' | 'reason' | 'remedy'>;
}

/**
 * Keeps the computer’s own rules in force: from its beginning until it is disposed of, by the zone that the computer is
 * in. When the service is killed they stay, and the next service takes them over.
 */
export class HostAccess implements AsyncDisposable {
  readonly #parts: HostAccessParts;
  readonly #names: HostNames;
  readonly #turns = new Turns();
  readonly #over = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #note: Note | undefined;
  #loaded: string | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #servers: readonly AccessEntry[] = [];
  #report: HostReport | undefined;

  private constructor(parts: HostAccessParts, names: HostNames, note: Note | undefined) {
    this.#parts = parts;
    this.#names = names;
    this.#note = note;
  }

  /** Puts in force what was consented to. What fails is in the report, and tried again. */
  static async begin(parts: HostAccessParts): Promise<HostAccess> {
    const names = await HostNames.open(parts.namesFile, parts.log);
    const access = new HostAccess(parts, names, await readNote(parts.noteFile));
    await access.judge();
    access.#following = access.#follow();
    return access;
  }

  /** Undefined where nothing was consented to. */
  report(): HostReport | undefined {
    return this.#report;
  }

  /** Looks again at what was consented to, and where the computer is; what follows is in force afterwards, or in the report. */
  judge(): Promise<void> {
    this.#renewedAt = Number.NEGATIVE_INFINITY;
    return this.#look();
  }

  #look(): Promise<void> {
    return this.#turns.take(async () => {
      try {
        await this.#judge();
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        await this.#fail(failureOf(error));
      }
    });
  }

  async #judge(): Promise<void> {
    const { computer, consent, needed } = this.#parts;
    const given = await consent();
    if (!given) return this.#free(undefined);
    const { digest, policy } = given;
    if (computer.enforcement !== 'host') {
      this.#report = { state: 'not-enforced', digest };
      return;
    }
    const decision = decideHost(policy, await computer.zoneFacts(policy.zones));
    if (!decision.access) return this.#free(digest);
    const entries = decision.access.entries.map(entryOf);
    const isChanged = this.#note?.digest !== digest || this.#note.zone !== decision.zone || this.#loaded === undefined;
    const isDue = isChanged || performance.now() - this.#renewedAt > RENEW_MS;
    if (isDue) this.#servers = await needed(policy);
    const list = (): ComputerList => ({
      mode: decision.access?.mode ?? 'whitelist',
      entries: this.#names.resolved(entries, decision.access?.mode ?? 'whitelist'),
      needed: this.#names.resolved(this.#servers, 'whitelist'),
    });
    await this.#put(list(), isDue);
    if (isChanged || this.#report?.state !== 'in-force') await this.#tellInForce(digest, decision);
    if (!isDue) return;
    this.#renewedAt = performance.now();
    await this.#names.refresh(namesIn([...entries, ...this.#servers]), await computer.resolvers());
    await this.#put(list(), false);
  }

  /** Loads a list unless the kernel has it; `isChecked` asks the kernel. */
  async #put(list: ComputerList, isChecked: boolean): Promise<void> {
    const digest = computerDigest(list);
    if (this.#loaded === digest && (!isChecked || (await isBound(list)))) return;
    // Whoever comes after a kill finds that there are rules.
    if (!this.#note) await this.#write({ format: 1, digest: '', since: await this.#time() });
    await bindComputer(list);
    this.#loaded = digest;
  }

  async #tellInForce(digest: string, { zone, access }: HostDecision): Promise<void> {
    const before = this.#note;
    const isSame = before?.digest === digest && before.zone === zone;
    const since = isSame ? before.since : await this.#time();
    if (!isSame) await this.#write({ format: 1, digest, ...(zone === undefined ? {} : { zone }), since });
    const { mode = 'whitelist', entries = [] } = access ?? {};
    this.#report = {
      state: 'in-force',
      digest,
      ...(zone === undefined ? {} : { zone }),
      mode,
      entries: entries.length,
      since,
    };
    const text = `rules for this computer itself are in force, ${zone === undefined ? 'in no zone' : `in zone ${zone}`}: ${mode} of ${entries.length}`;
    if (!isSame) await this.#tell('host-policy', text, { digest, zone, mode });
  }

  /** Nothing binds the computer: it is where no rules hold, or, without a digest, there are none. */
  async #free(digest: string | undefined): Promise<void> {
    const wasBound = this.#note !== undefined || this.#loaded !== undefined;
    if (wasBound) {
      await freeComputer();
      this.#loaded = undefined;
      await removeFile(this.#parts.noteFile);
      this.#note = undefined;
    }
    const isNew = this.#report?.state !== 'free' || this.#report.digest !== digest;
    if (wasBound)
      await this.#tell('host-policy', 'no rules for this computer itself are in force any more', { digest });
    if (digest === undefined) this.#report = undefined;
    else if (isNew) this.#report = { state: 'free', digest, since: await this.#time() };
  }

  async #fail(failure: Failure): Promise<void> {
    const { code, reason, remedy } = failure;
    const isNew = this.#report?.failure?.code !== code;
    const digest = this.#report?.digest ?? this.#note?.digest ?? '';
    this.#report = { state: 'failed', digest, failure: { code, reason, remedy } };
    this.#loaded = undefined;
    if (isNew) await this.#tell('failed', 'the rules for this computer itself could not be put in force', failure);
  }

  async #follow(): Promise<void> {
    const { lookMs = LOOK_MS, log } = this.#parts;
    const { signal } = this.#over;
    for (await pause(lookMs, signal); !signal.aborted; await pause(lookMs, signal))
      await this.#look().catch((error: unknown) => log.error(failureOf(error), 'the computer’s own rules'));
  }

  /** What cannot be told, as on a full disk, must not keep rules from being in force. */
  async #tell(kind: 'host-policy' | 'failed', text: string, details: object): Promise<void> {
    const { tell, log } = this.#parts;
    await tell(kind, text, details).catch((error: unknown) => log.warn(failureOf(error), text));
  }

  async #write(note: Note): Promise<void> {
    await writeFileAtomic(this.#parts.noteFile, `${JSON.stringify(note)}\n`, 0o600);
    this.#note = note;
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
      .take(() => this.#free(undefined))
      .catch((error: unknown) => log.error(failureOf(error), 'the computer’s own rules cannot be taken away'));
  }
}

/** Takes away what any service has left in force. @throws HOST_FILTER_FAILED */
export async function liftHostRules(noteFile: string): Promise<void> {
  await freeComputer();
  await removeFile(noteFile);
}

/** A damaged note is one all the same: there are rules. */
async function readNote(path: string): Promise<Note | undefined> {
  const bytes = await readIfThere(path, MAX_NOTE_BYTES);
  if (!bytes) return undefined;
  return Note.safeParse(jsonOrNothing(bytes.toString('utf8'))).data ?? { format: 1, digest: '', since: '' };
}
