import type { Progress } from '../install/change/apply.ts';
import { collect } from '../install/change/collect.ts';
import { flatten } from '../install/change/flatten.ts';
import { type ForeseenInstall, foreseeInstall } from '../install/change/foresee.ts';
import {
  type InstallOptions,
  type InstallReport,
  type InstallRequest,
  installPackage,
} from '../install/change/install.ts';
import { type Proof, proveInstalled } from '../install/change/prove.ts';
import { finishReimage, isReimaging, type Reimaged, reimage, requireReimage } from '../install/change/reimage.ts';
import { type RolledBack, rollBack } from '../install/change/rollback.ts';
import { finishSnapshotWork } from '../install/change/snapshot-work.ts';
import { Staging } from '../install/change/staging.ts';
import { type Removable, removable, requireConfirmed, uninstall } from '../install/change/uninstall.ts';
import { type UpdateRequest, updateFromServer } from '../install/change/update.ts';
import { forgetHostPolicy } from '../install/state/host-policy.ts';
import { type Instance, instanceNames, openInstance, readInstances } from '../install/state/instances.ts';
import { computerPaths } from '../install/state/layout.ts';
import { type Asker, ownerOf, requireSeen, seen } from '../install/state/owner.ts';
import { readPackageServer } from '../install/state/package-server.ts';
import { noteDamaged } from '../install/state/proven.ts';
import { AppError, failureOf } from '../lib/errors.ts';
import { NamedTurns, Turns } from '../lib/turns.ts';
import type { EventLog, Happening } from '../run/computer/events.ts';
import type { Log } from '../sys/log.ts';
import { hasProject } from '../trust/verify/client.ts';
import { doneByOwner } from './done-by-owner.ts';

export interface ChangesDeps {
  state: string;
  log: Log;
  events: EventLog;
  /** Whatever changes what this computer trusts waits for these. */
  trustTurns: Turns;
  /** The trusted time in milliseconds. */
  now: () => Promise<number>;
  /** The system’s own. */
  clock: () => number;
  /** The machines that run, and the generation that each runs. */
  running: () => Map<string, number>;
  /** The same as this computer has it, whoever started them: what is removed is none of theirs. */
  inUse: () => Promise<ReadonlyMap<string, number>>;
  /** A machine is being started: it has not opened yet what it will run on. */
  isStarting: () => boolean;
  /** Removes what a machine that has ended left on this computer’s network. @throws VM_RUNNING when it has not */
  clearAway: (vm: string) => Promise<void>;
  /** Lets running machines, and the computer itself, be judged by what a package brought. */
  judgeAgain: () => Promise<void>;
}

/** What is put back, and that its user knows what goes with it. */
interface ReimageRequest {
  dataDisk: boolean;
  confirmed: boolean;
}

/** A change of a machine that does not run: what is asked first, and what is done. */
export interface StoppedChange<T> {
  check: (instance: Instance) => Promise<void> | void;
  work: () => Promise<T>;
}

export interface UninstallRequest {
  asker: Asker;
  vms: readonly string[];
  /** The user knows what goes with them. */
  isConfirmed: boolean;
}

/**
 * What changes what is installed here: one at a time. Installations fetch outside of that queue, so that no source, silent or
 * slow, keeps a roll back, a removal or the installation from another source waiting.
 */
export class Changes {
  readonly #deps: ChangesDeps;
  readonly #turns = new Turns();
  /** Installations by their source: of the same one they wait for each other, and the next finds what is here by then. */
  readonly #installs = new NamedTurns();
  readonly #staging: Staging;
  /** Installations bring what no machine names yet. */
  #installing = 0;
  /** The machines that are being removed: none of them starts any more. */
  readonly #leaving = new Set<string>();
  /** A machine that does not run, and is being changed: whoever starts one waits. */
  #changing: Promise<unknown> = Promise.resolve();
  #flattening = new AbortController();
  #isFlattening = false;
  #collecting: Promise<void> = Promise.resolve();
  /** The machines have been let go of: which generations they run is no longer known here. */
  #isEnding = false;

  constructor(deps: ChangesDeps) {
    this.#deps = deps;
    this.#staging = new Staging(deps.state);
  }

  /** Does work that no other change may meet. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#aheadOfFlattening(work);
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

  /** Proves all that is installed; what is damaged is fetched again by the next installation. Nobody waits for it, and each is told of his own. */
  async prove(asker: Asker, signal: AbortSignal): Promise<Proof[]> {
    const { state, running, isStarting } = this.#deps;
    const runs = (vm: string) => running().has(vm) || isStarting();
    const { proofs, damaged } = await proveInstalled(state, runs, signal);
    await this.#turns.take(() => noteDamaged(state, damaged));
    return seen(state, proofs, asker);
  }

  /** Lets a machine’s next start use its former system. @throws as rollBack */
  rollBack(asker: Asker, vm: string): Promise<RolledBack & { afterStop: boolean }> {
    return this.#aheadOfFlattening(async () => {
      // It may have become another’s while this waited.
      await requireSeen(this.#deps.state, vm, asker);
      const rolled = await this.rollBackNow(vm, 'as was asked');
      await this.#tidyUp();
      return { ...rolled, afterStop: this.#deps.running().has(vm) };
    });
  }

  /** The same for one who has the turn already. @throws as rollBack */
  async rollBackNow(vm: string, why: string): Promise<RolledBack> {
    const rolled = await rollBack(this.#deps.state, vm);
    const { from, to } = rolled;
    await this.#log({
      vm,
      kind: 'rolled-back',
      text: `from generation ${from} back to ${to}, ${why}`,
      details: { from, to },
    });
    return rolled;
  }

  /**
   * Puts a machine back to how it was installed; a start that begins meanwhile waits.
   * @throws VM_UNKNOWN, VM_RUNNING, REIMAGE_FORBIDDEN, REIMAGE_CONFIRM; nothing is changed then
   */
  reimage(asker: Asker, vm: string, { dataDisk, confirmed }: ReimageRequest): Promise<Reimaged> {
    return this.changeStopped(asker, vm, {
      check: (instance) => requireReimage(instance, dataDisk, confirmed),
      work: () => this.#reimage(vm, dataDisk),
    });
  }

  /** Changes the disks of a machine that does not run; a start that begins meanwhile waits. @throws VM_UNKNOWN, VM_RUNNING */
  changeStopped<T>(asker: Asker, vm: string, { check, work }: StoppedChange<T>): Promise<T> {
    return this.#aheadOfFlattening(async () => {
      await requireSeen(this.#deps.state, vm, asker);
      await check(await openInstance(this.#deps.state, vm));
      // No line between these two may wait, or a start could come between them.
      if (this.#deps.running().has(vm)) throw new AppError('VM_RUNNING', `${vm} is running`);
      const changing = this.#finishedFirst(vm, work);
      this.#changing = changing.catch(() => undefined);
      return changing;
    });
  }

  /** Until no machine that does not run is being changed. */
  async untilChanged(): Promise<void> {
    await this.#changing;
  }

  /** Something is being installed: it may be a machine’s update. */
  get isInstalling(): boolean {
    return this.#installing > 0;
  }

  /** What was begun of a machine and never came to its end does first. */
  async #finishedFirst<T>(vm: string, work: () => Promise<T>): Promise<T> {
    const { state } = this.#deps;
    await finishSnapshotWork(state, vm);
    const { current } = await openInstance(state, vm);
    if (await isReimaging(state, vm, current.generation)) await finishReimage(state, vm, current);
    return work();
  }

  async #reimage(vm: string, dataDisk: boolean): Promise<Reimaged> {
    const reimaged = await reimage(this.#deps.state, vm, { dataDisk });
    const what = dataDisk ? 'its system disk and its data disk are' : 'its system disk is';
    const { generation } = reimaged;
    const text = `${what} as when generation ${generation} was installed`;
    await this.#log({ vm, kind: 'reimaged', text, details: { generation, dataDisk } });
    return reimaged;
  }

  /**
   * Removes machines with all that is theirs, one after the other.
   * @throws VM_UNKNOWN, VM_RUNNING, UNINSTALL_CONFIRM; nothing is removed then
   */
  uninstall({ asker, vms, isConfirmed }: UninstallRequest): Promise<Removable[]> {
    return this.#aheadOfFlattening(async () => {
      const machines = await removable(this.#deps.state, vms, asker);
      requireConfirmed(machines, isConfirmed);
      try {
        for (const { vm } of machines) {
          // No line between these two may wait, or a start could come between them.
          if (this.#deps.running().has(vm)) throw new AppError('VM_RUNNING', `${vm} is running`);
          this.#leaving.add(vm);
        }
        for (const { vm } of machines) await this.#deps.clearAway(vm);
        for (const machine of machines) await this.#uninstallOne(machine);
      } finally {
        for (const { vm } of machines) this.#leaving.delete(vm);
      }
      // The machines are gone, whatever cannot be done now.
      await this.#letComputerGo().catch((error: unknown) =>
        this.#deps.log.error(failureOf(error), 'the computer’s own rules could not be decided anew'),
      );
      await this.#tidyUp();
      return machines;
    });
  }

  isLeaving(vm: string): boolean {
    return this.#leaving.has(vm);
  }

  /** Removes what no machine needs any more, as soon as no other change is under way; a failure is logged. */
  async tidy(): Promise<void> {
    await this.#turns.take(() => this.#tidyUp());
  }

  /** Whatever is being collected now knows nothing of a start that begins now: it waits. */
  untilCollected(): Promise<void> {
    return this.#collecting;
  }

  /** Makes long chains short once nothing else is to be done; whatever comes meanwhile does not wait for it. */
  flattenSoon(): void {
    const { state, log } = this.#deps;
    const { signal } = this.#flattening;
    this.#isFlattening = true;
    this.#turns
      .take(async () => {
        let isShorter = false;
        for (const instance of await readInstances(state)) isShorter = (await flatten(instance, signal)) || isShorter;
        if (isShorter) await this.#collect();
      })
      .catch((error: unknown) => {
        if (!signal.aborted) log.error(failureOf(error), 'cannot flatten a chain of layers');
      })
      .finally(() => {
        if (!signal.aborted) this.#isFlattening = false;
      });
  }

  /** From now on nothing is removed any more. */
  end(): void {
    this.#isEnding = true;
    this.#stopFlattening();
  }

  /** Before this computer has a project they all wait for each other: the first one decides whose packages it takes. */
  async #inQueueOf<T>(source: string, work: () => Promise<T>): Promise<T> {
    const isFirst = !(await hasProject(computerPaths(this.#deps.state).trust));
    return this.#installs.take(isFirst ? '' : source, work);
  }

  #options(asker: Asker, signal: AbortSignal): Omit<InstallOptions, 'onProgress'> {
    const { state, running, clock, trustTurns } = this.#deps;
    return {
      ...{ state, asker, running, now: clock(), signal, staging: this.#staging },
      inTurn: (work) => this.#aheadOfFlattening(work),
      inTrustTurn: (work) => trustTurns.take(work),
    };
  }

  /** Does work that no other change may meet; what was being flattened waits, and is begun again afterwards. */
  async #aheadOfFlattening<T>(work: () => Promise<T>): Promise<T> {
    const wasFlattening = this.#isFlattening;
    this.#stopFlattening();
    try {
      return await this.#turns.take(work);
    } finally {
      if (wasFlattening && !this.#isEnding) this.flattenSoon();
    }
  }

  /** With the last machine its user’s consent to rules for the computer itself goes too. */
  async #letComputerGo(): Promise<void> {
    if ((await instanceNames(this.#deps.state)).length > 0) return;
    await forgetHostPolicy(this.#deps.state);
    await this.#deps.judgeAgain();
  }

  async #uninstallOne({ vm, hasDataDisk }: Removable): Promise<void> {
    const owner = await ownerOf(this.#deps.state, vm);
    await uninstall(this.#deps.state, vm);
    const whose = owner === undefined ? {} : { owner };
    await this.#log({
      vm,
      ...whose,
      kind: 'uninstalled',
      text: hasDataDisk ? 'removed, with its data disk' : 'removed',
      details: { dataDisk: hasDataDisk },
    });
  }

  async #installAndLog(request: InstallRequest, options: InstallOptions): Promise<InstallReport> {
    const report = await this.#keepingAll(() => this.#installAndJudge(request, options));
    this.flattenSoon();
    const { generation, host } = report;
    const consent = host.action === 'ask' ? { consentTo: host.digest } : {};
    const details = { generation, package: report.package, ...consent };
    for (const { owner, names } of await doneByOwner(this.#deps.state, report, options.asker ?? 'anybody')) {
      const whose = owner === undefined ? {} : { owner };
      await this.#log({ ...whose, kind: 'installed', text: `package ${report.package}: ${names}`, details });
    }
    return report;
  }

  /** While it works nothing is removed: it brings what no machine names yet. */
  async #keepingAll<T>(work: () => Promise<T>): Promise<T> {
    this.#installing += 1;
    try {
      return await work();
    } finally {
      this.#installing -= 1;
      await this.tidy();
    }
  }

  /** Policies that a package brought hold for running machines at once, also where it could not bring all. */
  async #installAndJudge(request: InstallRequest, options: InstallOptions): Promise<InstallReport> {
    try {
      return await installPackage(request, options);
    } finally {
      await this.#deps.judgeAgain();
    }
  }

  /** What cannot be removed now is removed another time: what was done before is done. */
  async #tidyUp(): Promise<void> {
    await this.#collect().catch((error: unknown) => this.#deps.log.error(failureOf(error), 'cannot tidy up'));
  }

  /** Removes what no machine needs any more; never while an installation brings what no machine names yet. */
  async #collect(): Promise<void> {
    const { state, inUse, isStarting } = this.#deps;
    if (isStarting() || this.#installing > 0 || this.#isEnding) return;
    const collecting = inUse().then((used) => collect(state, used));
    this.#collecting = collecting.catch(() => undefined);
    await collecting;
  }

  #stopFlattening(): void {
    this.#isFlattening = false;
    this.#flattening.abort();
    this.#flattening = new AbortController();
  }

  async #log(event: Happening): Promise<void> {
    await this.#deps.events.add(event);
  }
}
