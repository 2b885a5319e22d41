import { AppError, failureOf } from '../../lib/errors.ts';
import { canonicalJson } from '../../lib/json.ts';
import { Turns } from '../../lib/turns.ts';
import { type DeviceRule, ruleOf } from '../../policy/devices.ts';
import { type Account, isListed } from '../../policy/parts/account.ts';
import {
  type CardNetwork,
  type DeviceKind,
  type MachineDevice,
  type MachineDevices,
  namedBy,
} from '../../policy/parts/machine-devices.ts';
import type { PolicyDocument } from '../../policy/schema.ts';
import type { PluginEvent } from '../../quarantine/plugin.ts';
import type { Happening } from '../computer/events.ts';
import type { DeviceQuestion, DeviceWord } from './ask-script.ts';
import { type ConnectedDevice, readConnected, writeConnected } from './kept-devices.ts';
import type { DeviceHost, Wish } from './kinds/driver.ts';
import { driverOf } from './kinds/table.ts';

export interface DevicesParts {
  vm: string;
  devices: MachineDevices;
  runFolder: string;
  host: DeviceHost;
  /** The policy in force. */
  document: () => PolicyDocument;
  /** It runs without policies, and whoever runs it may connect all that it has. */
  isFree?: boolean;
  /** Its memory is being saved: what is connected meanwhile would not be there when it goes on. */
  isSuspending?: () => boolean;
  askScript: (question: Pick<DeviceQuestion, 'script' | 'event' | 'device'>) => Promise<DeviceWord>;
  tell: (happening: Omit<Happening, 'vm'>) => Promise<void>;
  /** The trusted time in milliseconds. */
  now: () => Promise<number>;
}

/** A device of a machine that runs. */
export interface DeviceState {
  name: string;
  kind: DeviceKind;
  /** Which devices of the computer it may be, where its project names some. */
  named?: string;
  /** Of a network card, where it leads. */
  network?: CardNetwork;
  /** Who may connect it. */
  may: DeviceRule['type'];
  /** The file or device of the computer that it is, and since when. */
  connected?: { what: string; since: string };
}

/** What is known of a device whether its machine runs or not. */
export function deviceFacts(name: string, device: MachineDevice, { type: may }: DeviceRule): DeviceState {
  const named = namedBy(device);
  const network = device.kind === 'network' ? { network: device.network } : {};
  return { name, kind: device.kind, may, ...network, ...(named === undefined ? {} : { named }) };
}

/** Why a device is taken away that policy still lets be connected. */
const TAKEN = {
  asked: 'by hand',
  'let-go': 'it was let go of',
  suspended: 'the machine is being suspended',
} as const;

/** The devices of a running machine: what is connected, and what policy takes away again. One change at a time. */
export class ConnectedDevices {
  readonly #parts: DevicesParts;
  readonly #turns = new Turns();
  readonly #uses = new Map<string, AbortController>();
  #connected: Map<string, ConnectedDevice> | undefined;

  constructor(parts: DevicesParts) {
    this.#parts = parts;
  }

  /** Who may connect a device now. */
  ruleOf(name: string): DeviceRule {
    const { isFree = false, document } = this.#parts;
    return isFree ? { type: 'everybody' } : ruleOf(document().policy.devices, name);
  }

  /** Those of its hardware, and no others (fact 34). @throws VM_FAILED */
  list(): Promise<DeviceState[]> {
    return this.#turns.take(async () => {
      const { devices } = this.#parts;
      const connected = await this.#settled();
      return Object.entries(devices).map(([name, device]): DeviceState => {
        const found = connected.get(name);
        return {
          ...deviceFacts(name, device, this.ruleOf(name)),
          ...(found ? { connected: { what: found.what, since: found.since } } : {}),
        };
      });
    });
  }

  /**
   * Connects a device, in place of what is connected as it. Who does it by an account of the domain has been asked for it already, and
   * `account` is what that said.
   * @throws DEVICE_UNKNOWN, DEVICE_FORBIDDEN, VM_NOT_RUNNING where it is being suspended, PLUGIN_*, and what its driver throws
   */
  connect(name: string, wish: Wish, account?: Account): Promise<void> {
    return this.#turns.take(async () => {
      const { vm, isSuspending = () => false } = this.#parts;
      const device = this.#device(name);
      if (isSuspending()) throw new AppError('VM_NOT_RUNNING', `${vm} is being suspended`);
      await this.#requireGranted(name, { account }, 'device');
      const before = (await this.#all()).get(name);
      const kept = { since: await this.#now(), ...this.#grantedBy(name, account) };
      // Before it is connected: a service that is killed meanwhile leaves nothing that the next does not know.
      await this.#keep(name, { what: wish.what ?? name, ...kept });
      const what = await this.#orPutBack(name, before, () =>
        driverOf(device).connect(this.#parts.host, name, device, wish),
      );
      await this.#keep(name, { what, ...kept });
      await this.#tell(`“${name}” is connected: ${what}`, { device: name, did: 'connected', what });
    });
  }

  /** Takes a device away; one that is not connected stays so. @throws DEVICE_UNKNOWN, DEVICE_LOCKED, VM_FAILED */
  disconnect(name: string, isForced: boolean): Promise<void> {
    return this.#turns.take(async () => {
      this.#device(name);
      if ((await this.#settled()).has(name)) await this.#takeAway(name, isForced, 'asked');
    });
  }

  /** Takes all away, whatever the guest does with them, and before whatever waits to be connected. @throws VM_FAILED */
  disconnectAll(why: keyof typeof TAKEN): Promise<void> {
    return this.#turns.takeNext(async () => {
      for (const name of [...(await this.#settled()).keys()]) await this.#takeAway(name, true, why);
    });
  }

  /**
   * Takes away what the policy in force does not allow any more, before whatever waits to be connected; after a reset plug-ins are asked
   * anew (D24). One that cannot be taken away keeps none of the others. @throws INTERRUPTED, and the first failure
   */
  follow(event?: PluginEvent): Promise<void> {
    return this.#turns.takeNext(async () => {
      const failures: unknown[] = [];
      const connected = [...(await this.#all())];
      for (const [name, kept] of connected)
        await this.#followOne(name, kept, event).catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    });
  }

  async #followOne(name: string, kept: ConnectedDevice, event: PluginEvent | undefined): Promise<void> {
    try {
      await this.#requireGranted(name, kept, event);
      const granted = { ...kept, ...this.#grantedBy(name, kept.account) };
      if (granted.script !== kept.script) await this.#keep(name, granted);
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error;
      await this.#takeAway(name, true, error);
    }
  }

  /** What ends when the device of this kind is taken away, by whomever; undefined where none of that kind is connected. @throws VM_FAILED */
  whileConnected(kind: DeviceKind): Promise<AbortSignal | undefined> {
    return this.#turns.take(async () => {
      const names = [...(await this.#settled()).keys()];
      const name = names.find((each) => this.#device(each).kind === kind);
      if (name === undefined) return undefined;
      const use = this.#uses.get(name) ?? new AbortController();
      this.#uses.set(name, use);
      return use.signal;
    });
  }

  /** @throws DEVICE_UNKNOWN */
  #device(name: string): MachineDevice {
    const { devices, vm } = this.#parts;
    const device = Object.hasOwn(devices, name) ? devices[name] : undefined;
    if (!device) throw new AppError('DEVICE_UNKNOWN', `${vm} has no device “${name}”`);
    return device;
  }

  /** @throws DEVICE_FORBIDDEN, PLUGIN_* */
  async #requireGranted(
    name: string,
    { account, script }: { account?: Account | undefined; script?: string },
    event: PluginEvent | undefined,
  ): Promise<void> {
    const { askScript, tell } = this.#parts;
    const rule = this.ruleOf(name);
    const forbid = (why: string) => new AppError('DEVICE_FORBIDDEN', why, { details: { device: name } });
    switch (rule.type) {
      case 'everybody':
        return;
      case 'nobody':
        throw forbid(`the project lets nobody connect “${name}” of ${this.#parts.vm}`);
      case 'users-and-groups':
        if (account && isListed(rule, account)) return;
        throw forbid(`the project lets others connect “${name}” of ${this.#parts.vm}, whom it names`);
      case 'script': {
        if (script === canonicalJson(rule) && (event === undefined || event === 'interval')) return;
        const word = await askScript({ script: rule, event: event ?? 'device', device: name });
        if (word.said.trim() !== '')
          await tell({ kind: 'plugin', text: word.said.trim(), details: { event: 'device' }, same: word.said });
        if (word.granted) return;
        if (word.code === undefined) throw forbid(`the plug-in ${rule.file} does not let “${name}” be connected`);
        throw new AppError(word.code, `“${name}” is not connected, because ${word.why}`);
      }
    }
  }

  async #orPutBack<T>(name: string, before: ConnectedDevice | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#keep(name, before);
      throw error;
    }
  }

  #grantedBy(name: string, account: Account | undefined): Pick<ConnectedDevice, 'account' | 'script'> {
    const rule = this.ruleOf(name);
    if (rule.type === 'script') return { script: canonicalJson(rule) };
    if (rule.type !== 'users-and-groups' || !account) return {};
    const { sid, names, groups, groupNames } = account;
    return { account: { sid, names: [...names], groups: [...groups], groupNames: [...groupNames] } };
  }

  async #takeAway(name: string, isForced: boolean, why: keyof typeof TAKEN | AppError): Promise<void> {
    this.#uses.get(name)?.abort();
    this.#uses.delete(name);
    await driverOf(this.#device(name)).disconnect(this.#parts.host, name, isForced);
    await this.#keep(name, undefined);
    const [words, because] =
      why instanceof AppError ? [failureOf(why).reason, { code: why.code }] : [TAKEN[why], { why }];
    await this.#tell(`“${name}” is disconnected: ${words}`, { device: name, did: 'disconnected', ...because });
  }

  /** What is connected, without what the guest has let go of or the computer has lost. */
  async #settled(): Promise<ReadonlyMap<string, ConnectedDevice>> {
    const { host } = this.#parts;
    for (const name of [...(await this.#all()).keys()])
      if (!(await driverOf(this.#device(name)).isConnected(host, name))) await this.#takeAway(name, true, 'let-go');
    return this.#all();
  }

  async #all(): Promise<Map<string, ConnectedDevice>> {
    this.#connected ??= await readConnected(this.#parts.runFolder);
    return this.#connected;
  }

  /** What cannot be written is not connected, either way. */
  async #keep(name: string, device: ConnectedDevice | undefined): Promise<void> {
    const connected = await this.#all();
    connected.delete(name);
    await writeConnected(this.#parts.runFolder, device ? new Map([...connected, [name, device]]) : connected);
    if (device) connected.set(name, device);
  }

  async #now(): Promise<string> {
    return new Date(await this.#parts.now()).toISOString();
  }

  #tell(text: string, details: object): Promise<void> {
    return this.#parts.tell({ kind: 'device', text, details: { ...details } });
  }
}
