import { AppError } from '../../../lib/errors.ts';
import { endProcess, hasGone } from '../../../sys/programs/processes.ts';
import type { Moved } from '../../../vm/memory.ts';
import type { ConnectedDevices } from '../../devices/connected-devices.ts';
import type { SharedFolder } from '../../share/shared-folder.ts';
import type { SavedPlace, SavedState } from '../../suspend/saved-state.ts';
import { suspendMachine } from '../../suspend/suspend.ts';
import type { MachineParts } from '../parts.ts';
import { requirePower } from './power.ts';
import { shutDown } from './shut-down.ts';

/** How long QEMU may take to go once it has been told to. */
export const QUIT_MS = 10_000;

interface EndParts extends Pick<MachineParts, 'spec' | 'deps' | 'record' | 'access' | 'qmp' | 'standing'> {
  devices: ConnectedDevices;
  share: Pick<SharedFolder, 'stop'>;
  /** Fires when QEMU has gone, or the machine is let go of. */
  signal: AbortSignal;
}

/** QEMU may be gone before it answers: that is what was wanted. */
function unlessGone(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'VM_FAILED')) throw error;
}

/** How a running machine ends when somebody wants it to: it is shut down, powered off or suspended. What is done of it is done when QEMU has gone. */
export class MachineEnd {
  readonly #parts: EndParts;
  #isStopping = false;
  /** It is being suspended, or was. */
  #suspending: Promise<SavedState> | undefined;
  #saved: Moved | undefined;
  #isSuspended = false;
  #poweredOff: string | undefined;

  constructor(parts: EndParts) {
    this.#parts = parts;
  }

  get leaving(): 'stopping' | 'suspending' | undefined {
    if (this.#isStopping) return 'stopping';
    return this.#suspending ? 'suspending' : undefined;
  }

  /** How far its memory is saved, while it is. */
  get saved(): Moved | undefined {
    return this.#saved;
  }

  /** All of it is saved: its next start goes on where it was. */
  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  /** Why it was powered off, where its guest was to shut down. */
  get poweredOff(): string | undefined {
    return this.#poweredOff;
  }

  /** What is being saved has come to its end, or cannot. */
  async settled(): Promise<void> {
    await this.#suspending?.catch(() => undefined);
  }

  /** Shuts the guest down; one that cannot or does not, or by `force`, is powered off. */
  stop(force: boolean): Promise<void> {
    return this.#stop(force, () => undefined);
  }

  /** The same for its user, who powers it off only where its policy lets him. @throws POWER_FORBIDDEN: it runs on then */
  async stopForUser(force: boolean): Promise<void> {
    if (force) this.requirePower('powered off');
    return this.#stop(force, (why) => this.requirePower('powered off', why));
  }

  /** @throws POWER_FORBIDDEN */
  requirePower(what: string, why?: string): void {
    const { access, standing } = this.#parts;
    requirePower(access.policy.document, what, { why, stands: standing.standstill !== undefined });
  }

  /** `mayPowerOff` throws where a guest that does not shut down is to run on. */
  async #stop(force: boolean, mayPowerOff: (why: string) => void): Promise<void> {
    const { qmp, standing, record } = this.#parts;
    // One that is suspended has stopped.
    const isSaved = await this.#suspending?.then(
      () => true,
      () => false,
    );
    if (isSaved) return;
    this.#isStopping = true;
    try {
      const why = force
        ? undefined
        : await shutDown({ qemu: qmp, standing, hasGone: (ms) => hasGone(record.qemu, ms) });
      if (why !== undefined) mayPowerOff(why);
      this.#poweredOff = why;
      if (force || why !== undefined) await qmp.execute('quit');
      await hasGone(record.qemu, QUIT_MS);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'VM_FAILED')) this.#isStopping = false;
      unlessGone(error);
    }
    await endProcess(record.qemu);
  }

  /**
   * Saves memory and devices, and ends QEMU. Whoever asks meanwhile gets the same. When this throws, the machine runs on.
   * @throws SUSPEND_IMPOSSIBLE, DISK_FULL, VM_STANDS_STILL, VM_DISK_FULL, VM_FAILED
   */
  suspend(comesBack = false): Promise<SavedState> {
    this.#suspending ??= this.#suspend(comesBack).catch((error: unknown) => {
      this.#suspending = undefined;
      this.#saved = undefined;
      throw error;
    });
    return this.#suspending;
  }

  async #suspend(comesBack: boolean): Promise<SavedState> {
    const place = this.#requireSavable();
    await this.#requireSameSystem();
    const { spec, deps, record, qmp: qemu, standing, devices, share, signal } = this.#parts;
    const onProgress = (moved: Moved) => {
      this.#saved = moved;
    };
    const saved = await suspendMachine({
      ...{ spec, place, recipient: record.memoryRecipient, deps, qemu, standing, comesBack, onProgress },
      ...{ devices, share, signal },
    });
    this.#isSuspended = true;
    await qemu.execute('quit').catch(unlessGone);
    await endProcess(record.qemu, QUIT_MS);
    return saved;
  }

  /** What an update has brought could not go on with this system’s memory. @throws SUSPEND_IMPOSSIBLE */
  async #requireSameSystem(): Promise<void> {
    const { spec, deps } = this.#parts;
    const next = await deps.nextGeneration?.();
    if (next === undefined || next === spec.generation) return;
    const why = `its next start uses another system, generation ${next}, which cannot go on with its memory`;
    throw new AppError('SUSPEND_IMPOSSIBLE', `${spec.name} cannot be suspended: ${why}`);
  }

  /** @throws SUSPEND_IMPOSSIBLE */
  #requireSavable(): SavedPlace {
    const { spec, access, record } = this.#parts;
    const { name, saved, files, mode } = spec;
    // As they are, and as they are to be: no deployed policy alone changes it. Those of a project never are.
    const isToBe = mode === 'installed' && access.policy.document.policy.encryption?.disks === true;
    const isEncrypted = files.isLocked === true || isToBe;
    const wouldBeRead = isEncrypted && record.memoryRecipient === undefined;
    if (saved && !wouldBeRead && !this.#isStopping) return saved;
    const why = wouldBeRead
      ? 'its disks are to be encrypted from its next start on, and its memory would lie here in clear'
      : this.#isStopping
        ? 'it is shutting down'
        : 'there is no place for its memory';
    throw new AppError('SUSPEND_IMPOSSIBLE', `${name} cannot be suspended: ${why}`);
  }
}
