import { readMark, writeMark } from '../../install/seals/mark.ts';
import type { Instance } from '../../install/state/instances.ts';
import { movedFrom } from '../../install/state/machine/place.ts';
import { readTerm, subjectOf, writeRenewal } from '../../install/state/machine/term.ts';
import { failureOf } from '../../lib/errors.ts';
import { type Expiration, NEVER } from '../../policy/expiration.ts';
import { expireTime, type Term, termOf } from '../../policy/parts/term.ts';
import { copyingGate } from '../../run/gates/copying.ts';
import { expirationGate } from '../../run/gates/expiration.ts';
import type { Standstill } from '../../run/machine/standing.ts';
import type { TermSource } from '../../run/term/known-term.ts';
import { type TermReport, termReport } from '../../run/term/report.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import { KeptTime } from './kept-time.ts';

/** What is known of a stopped machine’s time and place. */
export interface Startable extends TermReport {
  /** Why a start would be refused now. */
  cannotStart?: Standstill;
}

/** How long the installed machines may be used, and where. */
export class Terms {
  /** The later of the clock and the highest signed time. */
  readonly #trusted: () => Promise<number>;
  readonly #times = new Map<string, KeptTime>();

  constructor(trusted: () => Promise<number>) {
    this.#trusted = trusted;
  }

  source(instance: Instance, generation = instance.current.generation): TermSource {
    const subject = subjectOf(instance);
    return {
      now: () => this.#timeOf(instance).now(),
      facts: () => readTerm(subject, generation),
      renew: (renewal) => writeRenewal(subject, renewal),
    };
  }

  movedFrom(instance: Instance): Promise<string | undefined> {
    return movedFrom(subjectOf(instance));
  }

  /** How it stands with a machine that does not run; nobody is asked, no plug-in either. */
  async startable(instance: Instance, policy: CurrentPolicy): Promise<Startable> {
    const { vm } = instance.file;
    try {
      const { expiration = NEVER, copyProtection } = policy.document.policy;
      const moved = copyProtection?.enabled ? await this.movedFrom(instance) : undefined;
      const isMoved = copyingGate({ vm, policy, movedFrom: moved });
      // On another computer its time cannot be told either.
      if (isMoved) return refusedBy(isMoved);
      const term = await this.#term(instance, expiration);
      return { ...termReport(term), ...refusedBy(expirationGate({ vm, policy, term })) };
    } catch (error) {
      return refusedBy(error);
    }
  }

  /** The machine’s end as its plug-ins find it. @throws STATE_DAMAGED */
  async expireTime(instance: Instance, { document }: CurrentPolicy): Promise<string> {
    return expireTime(await this.#term(instance, document.policy.expiration ?? NEVER));
  }

  async #term(instance: Instance, expiration: Expiration): Promise<Term> {
    if (expiration.type === 'never') return { state: 'valid' };
    const source = this.source(instance);
    return termOf(expiration, await source.facts(), await source.now());
  }

  #timeOf({ state, file: { vmId } }: Instance): KeptTime {
    const known = this.#times.get(vmId);
    if (known) return known;
    const time = new KeptTime({
      read: () => readMark(state, vmId),
      write: (at) => writeMark(state, vmId, at),
      trusted: this.#trusted,
    });
    this.#times.set(vmId, time);
    return time;
  }
}

function refusedBy(error: unknown): Pick<Startable, 'cannotStart'> {
  if (error === undefined) return {};
  const { code, reason, remedy } = failureOf(error);
  return { cannotStart: { code, reason, remedy } };
}
