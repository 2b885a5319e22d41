import { type Opened, writeDisks } from '../../install/opening/write-disks.ts';
import { type Instance, openInstance } from '../../install/state/instances.ts';
import type { Asker } from '../../install/state/machine/owner.ts';
import { AppError } from '../../lib/errors.ts';
import type { EventLog } from '../../run/computer/events.ts';
import { requirePower } from '../../run/machine/end/power.ts';
import { startMachine } from '../../run/machine/lifecycle.ts';
import type { MachineReport } from '../../run/machine/report.ts';
import type { HotFixes } from '../hot-fixes/hot-fixes.ts';
import type { Changes } from '../installs/changes.ts';
import type { Housekeeping } from '../installs/housekeeping.ts';
import type { Removals } from '../installs/removals.ts';
import { tellStays } from '../installs/set-aside.ts';
import { startOnTrial } from '../installs/trial.ts';
import type { OpenedBy, Opening } from '../openers/opening.ts';
import type { InstalledMachines } from './installed-machines.ts';
import type { RunningMachines } from './running-machines.ts';
import type { Snapshots } from './snapshots.ts';
import { savedFor, suspendedOf, whyUnusable } from './suspended.ts';
import type { TakingOver } from './taking-over.ts';

interface StartsDeps {
  state: string;
  events: EventLog;
  machines: RunningMachines;
  installed: InstalledMachines;
  opening: Opening;
  hotFixes: HotFixes;
  snapshots: Snapshots;
  housekeeping: Housekeeping;
  changes: Changes;
  removals: Removals;
  takingOver: TakingOver;
  /** The machines that run or are being started, and the generation of each. */
  running: () => Map<string, number>;
}

/** Who opens a machine, with what, and whether it boots although it is suspended: what is in its memory alone is lost then. */
interface StartWish {
  asker: Asker;
  secrets?: OpenedBy['secrets'];
  discard?: boolean;
  /** It was opened, and ran until it was changed. */
  isOpen?: boolean;
}

type Wish = Pick<StartWish, 'discard' | 'isOpen'>;
/** What lets one go on that was opened: nobody keeps what opens disks. */
const IN_CLEAR: Opened = { encrypts: false };

/** Machines that boot, or go on where they were suspended. */
export class Starts implements AsyncDisposable {
  readonly #deps: StartsDeps;
  /** The machines that are being started, and the generation that each will run. */
  readonly #starting = new Map<string, number>();
  readonly #starts = new Set<Promise<unknown>>();
  /** The suspended machines that could not go on when that was tried last. */
  readonly #unfit = new Set<string>();
  readonly #ending = new AbortController();

  constructor(deps: StartsDeps) {
    this.#deps = deps;
  }

  /** The machines that are being started, and the generation that each will run; 0 until that is known. */
  generations(): ReadonlyMap<string, number> {
    return this.#starting;
  }

  /** @throws VM_UNKNOWN, VM_RUNNING, PASSWORD_*, SUSPENDED_UNFIT, and what startMachine throws */
  async start(vm: string, { asker, secrets = {}, ...wish }: StartWish): Promise<MachineReport> {
    const start = this.#start(vm, { asker, secrets, signal: this.#ending.signal }, wish);
    this.#starts.add(start);
    return start.finally(() => this.#starts.delete(start));
  }

  /**
   * Lets the machines go on that a service suspended because it ended. Nobody has asked for it, so one that opens for certain people, or
   * with a secret, does not; what keeps one from it is an event, and left to its user.
   */
  async comeBack(): Promise<void> {
    const { state, events } = this.#deps;
    const found = [...(await suspendedOf(state))].filter(
      ([, { state: saved }]) => saved !== 'damaged' && saved.comesBack,
    );
    const starts = found.map(([vm]) =>
      this.start(vm, { asker: 'anybody' }).catch((error: unknown) => tellStays(events, vm, error)),
    );
    await Promise.all(starts);
  }

  /** Gives up what is being started. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled(this.#starts);
  }

  async #start(vm: string, by: OpenedBy, wish: Wish): Promise<MachineReport> {
    const { state, running, removals, changes, hotFixes, opening, housekeeping, takingOver, installed } = this.#deps;
    if (running().has(vm)) throw new AppError('VM_RUNNING', `${vm} is running already`);
    if (removals.isLeaving(vm)) throw new AppError('VM_UNKNOWN', `${vm} is being removed`);
    this.#starting.set(vm, 0);
    try {
      await openInstance(state, vm);
      // Being put back may bring the first password back.
      await changes.untilChanged();
      await hotFixes.finish(vm);
      // Before all else: nothing of it runs, and nothing is changed, for who may not open it.
      const opened = wish.isOpen ? IN_CLEAR : await opening.authenticate(vm, by);
      // Whatever is being collected now knows nothing of this start; what it leaves is looked at afterwards.
      await housekeeping.untilCollected();
      await takingOver.forget(vm);
      const instance = await installed.toStart(vm);
      this.#starting.set(vm, instance.current.generation);
      return await this.#startOpened(instance, opened, wish);
    } finally {
      this.#starting.delete(vm);
    }
  }

  async #startOpened(instance: Instance, opened: Opened, { discard = false }: Wish): Promise<MachineReport> {
    const { machines, installed, snapshots } = this.#deps;
    const { vm } = instance.file;
    const { signal } = this.#ending;
    const saved = await savedFor(instance, discard);
    if (saved && discard) await this.#requireDiscard(instance);
    const watch = await installed.watch(instance);
    const isBoot = saved?.state === undefined;
    await writeDisks(instance, opened, { signal });
    if (!saved) await snapshots.mergeOpened(instance, opened);
    const key = opened.encrypts && opened.diskKey !== undefined ? { diskKey: opened.diskKey } : {};
    const start = async () => {
      const spec = await installed.spec(instance, { isLocked: opened.encrypts });
      return startMachine(spec, installed.deps(instance, watch), { saved, signal, ...key });
    };
    const machine = await startOnTrial(watch, start, isBoot).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'SUSPENDED_UNFIT') this.#unfit.add(vm);
      throw error;
    });
    this.#unfit.delete(vm);
    machines.keep(machine, watch);
    await machine.tellStarted(isBoot ? 'started' : 'resumed');
    return machine.report();
  }

  /**
   * Booting a machine that could go on is a reset of it, which its project may withhold; one that cannot has no other way.
   * @throws POWER_FORBIDDEN
   */
  async #requireDiscard(instance: Instance): Promise<void> {
    const stands = this.#unfit.has(instance.file.vm) || (await whyUnusable(instance)) !== undefined;
    requirePower(await this.#deps.installed.document(instance), 'started anew', { stands });
  }
}
