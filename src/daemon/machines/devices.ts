import { accountForDevice } from '../../install/opening/device-account.ts';
import { openInstance } from '../../install/state/instances.ts';
import { type Asker, ROOT } from '../../install/state/machine/owner.ts';
import { AppError } from '../../lib/errors.ts';
import type { AskedDevices } from '../../pages/device-routes.ts';
import type { Account } from '../../policy/parts/account.ts';
import type { DeviceState } from '../../run/devices/connected-devices.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';
import type { Clock } from '../../sys/clock.ts';
import { printerQueues } from '../../sys/printing/queues.ts';
import type { AccountSources } from '../openers/opener.ts';

export interface DevicesDeps {
  state: string;
  /** The system’s own: trusted time may stand still, and a pause would not end. */
  clock: Clock;
  /** @throws VM_NOT_RUNNING */
  machine: (vm: string) => RunningMachine;
  ifRunning: (vm: string) => RunningMachine | undefined;
  accounts: Pick<AccountSources, 'askDomain'>;
  /** One guess at a time, with those that open the machine. */
  inTurnOf: <T>(vm: string, work: () => Promise<T>) => Promise<T>;
  /** The policies of machines that do not run. */
  devicesOf: (vm: string) => Promise<DeviceState[]>;
}

export interface DevicesReport {
  vm: string;
  devices: DeviceState[];
}

export interface QueuesReport {
  queues: string[];
}

/** Who connects what. */
interface Connecting {
  device: string;
  file?: string;
  queue?: string;
  force: boolean;
  user?: string;
  password?: string;
}

/** What users connect to their machines, within what policy lets them. */
export class Devices {
  readonly #deps: DevicesDeps;

  constructor(deps: DevicesDeps) {
    this.#deps = deps;
  }

  /** What one who asks is answered. */
  askedBy(asker: Asker): AskedDevices {
    return {
      list: (vm) => this.list(vm),
      queues: () => this.queues(),
      connect: (vm, wanted, signal) => this.connect(asker, vm, wanted, signal),
      disconnect: (vm, device, isForced) => this.disconnect(vm, device, isForced),
    };
  }

  /** @throws VM_UNKNOWN */
  async list(vm: string): Promise<DevicesReport> {
    const running = this.#deps.ifRunning(vm);
    return { vm, devices: await (running ? running.devices.list() : this.#deps.devicesOf(vm)) };
  }

  /** What of the computer may be connected as a printer. @throws PRINTER_NONE */
  async queues(): Promise<QueuesReport> {
    return { queues: await printerQueues() };
  }

  /** @throws VM_UNKNOWN, VM_NOT_RUNNING, DAEMON_DENIED, DEVICE_*, PRINTER_*, FILE_*, ACCOUNT_*, DOMAIN_*, PASSWORD_*, PLUGIN_* */
  async connect(asker: Asker, vm: string, wanted: Connecting, signal: AbortSignal): Promise<DevicesReport> {
    await openInstance(this.#deps.state, vm);
    const { devices } = this.#deps.machine(vm);
    const { device, file, queue, force: isForced } = wanted;
    const what = file ?? queue;
    const wish = { what, isForced, uid: uidOf(asker) };
    await devices.connect(device, wish, await this.#account(vm, wanted, signal));
    return this.list(vm);
  }

  /** Whoever may use the machine may take away what is connected to it. @throws VM_UNKNOWN, VM_NOT_RUNNING, DEVICE_UNKNOWN, DEVICE_LOCKED */
  async disconnect(vm: string, device: string, isForced: boolean): Promise<DevicesReport> {
    await openInstance(this.#deps.state, vm);
    await this.#deps.machine(vm).devices.disconnect(device, isForced);
    return this.list(vm);
  }

  /** Who he is, where the device’s policy asks for it. @throws DOMAIN_UNSET, and as accountForDevice */
  async #account(vm: string, given: Connecting, signal: AbortSignal): Promise<Account | undefined> {
    const { state, clock, accounts, inTurnOf, machine } = this.#deps;
    const { access, devices } = machine(vm);
    const { vmId, domain } = access.policy.document;
    const rule = devices.ruleOf(given.device);
    if (rule.type !== 'users-and-groups') return undefined;
    if (domain === undefined) throw new AppError('DOMAIN_UNSET', `the policy of ${vm} names no domain`);
    return inTurnOf(vm, () =>
      accountForDevice({
        ...{ state, vm, vmId, domain, given, device: given.device, groups: rule.groups, now: clock() },
        ask: (of, signIn) => accounts.askDomain(of, { ...signIn, signal }),
      }),
    );
  }
}

/** Whose rights files are opened with. Who does not say who he is has none. @throws DAEMON_DENIED */
export function uidOf(asker: Asker): number | undefined {
  if (asker === 'anybody')
    throw new AppError('DAEMON_DENIED', 'files are opened for users alone, and who asks does not say who he is');
  return asker === ROOT ? undefined : asker;
}
