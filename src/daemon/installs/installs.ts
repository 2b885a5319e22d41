import { type ForeseenInstall, foreseeInstall } from '../../install/change/foresee.ts';
import type { Progress } from '../../install/change/generation/apply.ts';
import { Staging } from '../../install/change/generation/staging.ts';
import {
  type InstallOptions,
  type InstallReport,
  type InstallRequest,
  installPackage,
} from '../../install/change/install.ts';
import { type LazaretRequest, type SignedLazaretAt, signedLazaretAt } from '../../install/change/lazaret.ts';
import { type Proof, proveInstalled } from '../../install/change/prove/prove.ts';
import { type UpdateRequest, updateFromServer } from '../../install/change/update.ts';
import { computerPaths } from '../../install/state/layout.ts';
import { type Asker, seen } from '../../install/state/machine/owner.ts';
import { noteDamaged } from '../../install/state/machine/proven.ts';
import { readPackageServer } from '../../install/state/package-server.ts';
import { NamedTurns, type Turns } from '../../lib/turns.ts';
import type { EventLog } from '../../run/computer/events.ts';
import { hasProject } from '../../trust/verify/client.ts';
import { doneByOwner } from './done-by-owner.ts';
import type { Housekeeping } from './housekeeping.ts';

export interface InstallsDeps {
  state: string;
  events: EventLog;
  housekeeping: Housekeeping;
  /** Whatever changes what this computer trusts waits for these. */
  trustTurns: Turns;
  /** The system’s own. */
  clock: () => number;
  /** The machines that run, and the generation that each runs. */
  running: () => Map<string, number>;
  /** A machine is being started: it has not opened yet what it will run on. */
  isStarting: () => boolean;
  /** Lets running machines, and the computer itself, be judged by what a package brought. */
  judgeAgain: () => Promise<void>;
}

/**
 * What comes from packages. Installations fetch outside of the queue of changes, so that no source, silent or slow, keeps a roll
 * back, a removal or the installation from another source waiting.
 */
export class Installs {
  readonly #deps: InstallsDeps;
  /** Installations by their source: of the same one they wait for each other, and the next finds what is here by then. */
  readonly #installs = new NamedTurns();
  readonly #staging: Staging;

  constructor(deps: InstallsDeps) {
    this.#deps = deps;
    this.#staging = new Staging(deps.state);
  }

  /** Installs a package. @throws as installPackage */
  install(
    asker: Asker,
    request: InstallRequest,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<InstallReport> {
    return this.#inQueueOf(request.source, () =>
      this.#installAndLog(request, { ...this.#options(asker, signal), onProgress }),
    );
  }

  /** Installs what the project’s address has for a machine, or for all. @throws as updateFromServer */
  async update(
    asker: Asker,
    request: UpdateRequest,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<InstallReport[]> {
    const options = () => ({ ...this.#options(asker, signal), onProgress });
    return this.#inQueueOf((await readPackageServer(this.#deps.state)) ?? '', () =>
      updateFromServer(request, options(), (one, so) => this.#installAndLog(one, so)),
    );
  }

  /** What installing a package would do here. @throws as foreseeInstall */
  foresee(
    asker: Asker,
    request: Pick<InstallRequest, 'source' | 'fingerprint' | 'secret'>,
    signal: AbortSignal,
  ): Promise<ForeseenInstall> {
    return foreseeInstall(request, this.#options(asker, signal));
  }

  /** Which Lazaret itself a package’s project has signed; nothing is changed by asking. @throws as signedLazaretAt */
  lazaret(asker: Asker, request: LazaretRequest, signal: AbortSignal): Promise<SignedLazaretAt> {
    return signedLazaretAt(request, this.#options(asker, signal));
  }

  /** Proves all that is installed; what is damaged is fetched again by the next installation. Nobody waits for it, and each is told of his own. */
  async prove(asker: Asker, signal: AbortSignal): Promise<Proof[]> {
    const { state, running, isStarting, housekeeping } = this.#deps;
    const runs = (vm: string) => running().has(vm) || isStarting();
    const { proofs, damaged } = await proveInstalled(state, runs, signal);
    await housekeeping.inTurn(() => noteDamaged(state, damaged));
    return seen(state, proofs, asker);
  }

  /** Before this computer has a project they all wait for each other: the first one decides whose packages it takes. */
  async #inQueueOf<T>(source: string, work: () => Promise<T>): Promise<T> {
    const isFirst = !(await hasProject(computerPaths(this.#deps.state).trust));
    return this.#installs.take(isFirst ? '' : source, work);
  }

  #options(asker: Asker, signal: AbortSignal): Omit<InstallOptions, 'onProgress'> {
    const { state, running, clock, trustTurns, housekeeping } = this.#deps;
    return {
      ...{ state, asker, running, now: clock(), signal, staging: this.#staging },
      inTurn: (work) => housekeeping.inTurn(work),
      inTrustTurn: (work) => trustTurns.take(work),
    };
  }

  async #installAndLog(request: InstallRequest, options: InstallOptions): Promise<InstallReport> {
    const { state, events, housekeeping } = this.#deps;
    const report = await housekeeping.keepingAll(() => this.#installAndJudge(request, options));
    housekeeping.flattenSoon();
    const { generation, host } = report;
    const consent = host.action === 'ask' ? { consentTo: host.digest } : {};
    const details = { generation, package: report.package, ...consent };
    for (const { owner, names } of await doneByOwner(state, report, options.asker ?? 'anybody')) {
      const whose = owner === undefined ? {} : { owner };
      await events.add({ ...whose, kind: 'installed', text: `package ${report.package}: ${names}`, details });
    }
    return report;
  }

  /** Policies that a package brought hold for running machines at once, also where it could not bring all. */
  async #installAndJudge(request: InstallRequest, options: InstallOptions): Promise<InstallReport> {
    try {
      return await installPackage(request, options);
    } finally {
      await this.#deps.judgeAgain();
    }
  }
}
