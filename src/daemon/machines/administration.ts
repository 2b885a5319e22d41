import type { HardwareAnswer, HardwareRequest } from '../../api/hardware.ts';
import { requireAdministrator } from '../../install/opening/administrator.ts';
import { type Instance, openInstance } from '../../install/state/instances.ts';
import { forgetHardware, type Hardware, readHardware, writeHardware } from '../../install/state/machine/hardware.ts';
import { AppError } from '../../lib/errors.ts';
import { NamedTurns } from '../../lib/turns.ts';
import type { MachinePolicy } from '../../policy/schema.ts';
import type { EventLog } from '../../run/computer/events.ts';
import type { Clock } from '../../sys/clock.ts';
import { findSuspended } from './suspended.ts';

interface AdministrationDeps {
  state: string;
  /** The system’s own, as for every password. */
  clock: Clock;
  events: EventLog;
  /** The policy that holds for a machine now. @throws STATE_DAMAGED */
  policyOf: (instance: Instance) => Promise<MachinePolicy>;
  /** No other change of what is installed meets this work. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** What this computer has. */
  size: Hardware;
}

/** What the administrator may do on a user’s computer (ACE 1.0 p. 229): change the hardware of machines. */
export class Administration {
  readonly #deps: AdministrationDeps;
  readonly #turns = new NamedTurns();

  constructor(deps: AdministrationDeps) {
    this.#deps = deps;
  }

  /** Whether a machine’s policy has a password for its administrator. */
  async isAllowed(instance: Instance): Promise<boolean> {
    const policy = await this.#deps.policyOf(instance);
    return policy.administratorAccess !== undefined && !isEncrypted(policy, instance);
  }

  /**
   * A machine’s hardware, changed where that is asked for: from its next start on, until another generation is installed or the
   * machine is put back to how it was installed.
   * @throws VM_UNKNOWN, ADMIN_NONE, ADMIN_ENCRYPTED, ADMIN_NEEDED, PASSWORD_WRONG, PASSWORD_PAUSE, HARDWARE_TOO_MUCH, ADMIN_SUSPENDED
   */
  async hardware(vm: string, { password, change, asPackaged }: HardwareRequest): Promise<HardwareAnswer> {
    const { state } = this.#deps;
    await this.#require(vm, password);
    if (change && asPackaged) throw new AppError('USAGE', 'either the hardware is changed, or it is as packaged again');
    return this.#deps.inTurn(async () => {
      const { current } = await openInstance(state, vm);
      const packaged = { memoryMiB: current.machine.memoryMiB, cpus: current.machine.cpus };
      const before = (await readHardware(state, vm, current.generation)) ?? packaged;
      const after = asPackaged ? packaged : { ...before, ...change };
      if (change || asPackaged) await this.#change(vm, current.generation, { packaged, before, after });
      return { vm, ...after, packaged, most: this.#deps.size };
    });
  }

  async #change(
    vm: string,
    generation: number,
    { packaged, before, after }: Record<'packaged' | 'before' | 'after', Hardware>,
  ): Promise<void> {
    const { state, events, size } = this.#deps;
    if (isSame(before, after)) return;
    if (await findSuspended(state, vm))
      throw new AppError('ADMIN_SUSPENDED', `${vm} is suspended: it goes on with the hardware that it had`);
    if (!isSame(after, packaged)) requireFits(vm, after, size);
    if (isSame(after, packaged)) await forgetHardware(state, vm, generation);
    else await writeHardware(state, vm, generation, after);
    const text = `the administrator changed its hardware: ${hardwareText(after)}, from its next start on`;
    await events.add({ vm, kind: 'hardware', text, details: { before, after } });
  }

  /** One asks at a time, so that guesses made at once count as those made in turn. */
  async #require(vm: string, password: string | undefined): Promise<void> {
    const { state, clock, events, policyOf } = this.#deps;
    const instance = await openInstance(state, vm);
    const policy = await policyOf(instance);
    const { administratorAccess: access } = policy;
    if (isEncrypted(policy, instance))
      throw new AppError(
        'ADMIN_ENCRYPTED',
        `the disks of ${vm} are encrypted: its hardware is as its package brought it`,
      );
    if (!access) throw new AppError('ADMIN_NONE', `the policy of ${vm} has no administrator’s password`);
    try {
      await this.#turns.take(vm, () => requireAdministrator(state, vm, { access, password, now: clock() }));
    } catch (error) {
      if (error instanceof AppError && error.code === 'PASSWORD_WRONG')
        await events.add({
          ...{ vm, kind: 'password', text: 'a wrong administrator’s password was given', same: 'admin' },
          details: { code: 'PASSWORD_WRONG', of: 'administrator' },
        });
      throw error;
    }
  }
}

/** By what holds now, or by what it was installed with. */
function isEncrypted(policy: MachinePolicy, { current }: Instance): boolean {
  return [policy, current.machine.policy.policy].some(({ encryption }) => encryption?.disks === true);
}

function requireFits(vm: string, { memoryMiB, cpus }: Hardware, size: Hardware): void {
  if (memoryMiB <= size.memoryMiB && cpus <= size.cpus) return;
  throw new AppError(
    'HARDWARE_TOO_MUCH',
    `${vm} cannot have ${hardwareText({ memoryMiB, cpus })}: this computer has ${hardwareText(size)}`,
    {
      details: { vm, most: size },
    },
  );
}

function isSame(one: Hardware, other: Hardware): boolean {
  return one.memoryMiB === other.memoryMiB && one.cpus === other.cpus;
}

function hardwareText({ memoryMiB, cpus }: Hardware): string {
  return `${memoryMiB} MiB of memory, ${cpus} ${cpus === 1 ? 'processor' : 'processors'}`;
}
