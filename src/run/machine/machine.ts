import type { AgentChannel } from '../../guest/agent/agent-channel.ts';
import type { ClipboardRules } from '../../guest/agent/copied.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import { requireGoing } from '../../lib/interrupted.ts';
import type { Destination, Explanation } from '../../quarantine/lists/explain.ts';
import { movedText } from '../../quarantine/subnets.ts';
import { hasGone } from '../../sys/programs/processes.ts';
import type { Access } from '../access/access.ts';
import { type Refused, tellRefusals, withRules } from '../access/refusals.ts';
import type { LoggedEvent } from '../computer/events.ts';
import type { ConnectedDevices } from '../devices/connected-devices.ts';
import { devicesOf } from '../devices/devices-of.ts';
import { type Hear, hear } from '../devices/hear.ts';
import { type Speak, speak } from '../devices/speak.ts';
import { SharedFolder } from '../share/shared-folder.ts';
import type { SavedState } from '../suspend/saved-state.ts';
import { FollowedTerm } from '../term/followed-term.ts';
import { clipboardRules } from './clipboard.ts';
import { MachineEnd, QUIT_MS } from './end/machine-end.ts';
import { TPM_ENDED, watchTpm } from './end/tpm-end.ts';
import { explainerOf } from './explainer.ts';
import { FollowedHost } from './host/followed-host.ts';
import type { MachineParts } from './parts.ts';
import { machineSockets, type RunRecord, removeRecord } from './record.ts';
import { type MachineReport, machineReport } from './report.ts';
import type { MachineSpec } from './spec.ts';

/** A running machine: what it may reach, how it is asked to stop, and what happens when it has. */
export class RunningMachine implements AsyncDisposable {
  /** Settles when the machine has ended, whatever ended it, and everything of it is gone from this computer. */
  readonly ended: Promise<void>;
  readonly spec: MachineSpec;
  readonly record: RunRecord;
  readonly access: Access;
  /** What its user may connect. */
  readonly devices: ConnectedDevices;
  readonly agent: AgentChannel | undefined;
  /** The folder that its user shares with it. */
  readonly share: SharedFolder;
  readonly #parts: MachineParts;
  readonly #end: MachineEnd;
  readonly #followedHost: FollowedHost;
  readonly #term: FollowedTerm;
  readonly #quiet = new AbortController();
  readonly #telling: Promise<void>;
  #detached = false;

  /** Takes over what `startMachine` or `adoptMachine` have put together; `parts.stack` is disposed of when the machine ends. */
  constructor(parts: MachineParts) {
    this.spec = parts.spec;
    this.record = parts.record;
    this.access = parts.access;
    this.agent = parts.agent;
    this.#parts = parts;
    const { spec, deps, network } = parts;
    const { resolvers } = deps.computer;
    this.#followedHost = new FollowedHost({ vm: spec.name, network, resolvers, log: deps.log });
    this.#telling = this.#tellRefusals();
    this.#watchTpm();
    const isSuspending = () => this.#end.leaving === 'suspending';
    this.devices = devicesOf(parts, isSuspending, this.#quiet.signal);
    this.share = new SharedFolder({ ...parts, isSuspending });
    // Either does what it can, whatever becomes of the other.
    this.access.whenJudged(
      async (event) => void (await Promise.all([this.devices.follow(event), this.share.follow(event)])),
    );
    this.#end = new MachineEnd({ ...parts, devices: this.devices, share: this.share, signal: this.#quiet.signal });
    this.#term = this.#followTerm();
    this.ended = this.#watch();
  }

  report(): MachineReport {
    const { leaving, saved } = this.#end;
    return machineReport(this.#parts, { leaving, saved, shared: this.share.report() });
  }

  /** How it is heard; undefined where its device for sound is not connected. @throws VM_FAILED */
  hear(): Promise<Hear | undefined> {
    return hear(this.devices, machineSockets(this.spec.runFolder).sound);
  }

  /** How it is spoken to; undefined where its microphone is not connected. @throws VM_FAILED */
  speak(): Promise<Speak | undefined> {
    return speak(this.devices, machineSockets(this.spec.runFolder).microphone);
  }

  /** What of what was copied may pass now. */
  clipboardRules(): ClipboardRules {
    return clipboardRules(this.access.policy.document.policy);
  }

  /**
   * Whether the list in force lets the machine reach a destination, and by which rule; names stand for what the filter has.
   * @throws VM_NOT_RUNNING when it has ended meanwhile, FILTER_FAILED
   */
  async explain(to: Destination): Promise<Explanation> {
    const explainer = await this.#unlessEnded(() => explainerOf(this.#parts));
    if (!explainer) throw new AppError('VM_NOT_RUNNING', `${this.spec.name} has ended`);
    return explainer(to);
  }

  /**
   * What the filter refused lately, most packets first, and by which rule of the list in force; of a machine that has ended
   * meanwhile, nothing. @throws FILTER_FAILED
   */
  async refused(): Promise<Refused[]> {
    const refused = await this.#unlessEnded(async () => {
      const denied = await this.#parts.network.denied();
      return denied.length === 0 ? [] : withRules(denied, await explainerOf(this.#parts));
    });
    return refused ?? [];
  }

  /** Reads what goes with the machine. That it is not there is a failure only while the machine runs. */
  async #unlessEnded<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await read();
    } catch (error) {
      if (this.#quiet.signal.aborted) return undefined;
      throw error;
    }
  }

  /**
   * Waits until the guest has its address: its programs reach what they may from then on.
   * @throws VM_NOT_READY when it has none after `timeoutMs`, VM_NOT_RUNNING when the machine ended before
   */
  async untilReady(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const limit = AbortSignal.timeout(timeoutMs);
    if (await this.#parts.readiness.until(AbortSignal.any([limit, this.#quiet.signal, ...(signal ? [signal] : [])])))
      return;
    const { name } = this.spec;
    requireGoing(signal);
    if (this.#quiet.signal.aborted) throw new AppError('VM_NOT_RUNNING', `${name} ended before its guest was ready`);
    const seconds = Math.round(timeoutMs / 1000);
    throw new AppError('VM_NOT_READY', `${name} runs, but its guest has no address after ${seconds} s`);
  }

  /**
   * Shuts the guest down; one that cannot or does not, or by `force`, is powered off. Returns when all of it is gone, and gives why
   * it was powered off where that was not asked for.
   */
  async stop(force = false): Promise<string | undefined> {
    await this.#end.stop(force);
    return this.#whenEnded();
  }

  /** The same for its user, who powers it off only where its policy lets him. @throws POWER_FORBIDDEN: it runs on then */
  async stopForUser(force: boolean): Promise<string | undefined> {
    await this.#end.stopForUser(force);
    return this.#whenEnded();
  }

  async #whenEnded(): Promise<string | undefined> {
    await this.ended;
    return this.#end.poweredOff;
  }

  /** Restarts it as its reset button would. @throws POWER_FORBIDDEN, VM_FAILED */
  async reset(): Promise<void> {
    this.#end.requirePower('reset');
    await this.#parts.qmp.execute('system_reset');
    await this.log('guest', 'it was reset by its user');
  }

  /**
   * Saves memory and devices, and ends it: its next start goes on where it was. Whoever asks meanwhile gets the same. When this
   * throws, it runs on. @throws SUSPEND_IMPOSSIBLE, DISK_FULL, VM_STANDS_STILL, VM_DISK_FULL, VM_FAILED
   */
  async suspend({ comesBack = false } = {}): Promise<SavedState> {
    const saved = await this.#end.suspend(comesBack);
    await this.ended;
    return saved;
  }

  /** Lets go of the machine, which runs on under the rules it has; a later service takes it over. */
  async [Symbol.asyncDispose](): Promise<void> {
    // What is being saved comes to its end first.
    await this.#end.settled();
    if (this.#end.isSuspended) return this.ended;
    const { readiness, channel, standing, qmp, qemuLog, network } = this.#parts;
    this.#detached = true;
    this.#followedHost[Symbol.dispose]();
    this.#quiet.abort();
    await this.share[Symbol.asyncDispose]();
    await this.#telling;
    await this.#term[Symbol.asyncDispose]();
    await readiness[Symbol.asyncDispose]();
    this.access.end();
    await channel[Symbol.asyncDispose]();
    await this.agent?.[Symbol.asyncDispose]();
    await this.access[Symbol.asyncDispose]();
    standing[Symbol.dispose]();
    await qmp[Symbol.asyncDispose]();
    qemuLog[Symbol.dispose]();
    await network.detach();
  }

  /** Tells that it was started, and what its user should know. To be called once somebody looks after it. */
  async tellStarted(how: 'started' | 'resumed' = 'started'): Promise<void> {
    const { access, reason, why, message } = this.access.report();
    await this.log('started', `${how} with ${access} access: ${reason}`, { how, access, why });
    for (const moved of this.#parts.network.own.moved)
      await this.log('network', `its network has ${movedText(moved)}`, moved);
    if (message !== undefined && this.spec.mode !== 'free') await this.log('message', message);
  }

  #followTerm(): FollowedTerm {
    const { qmp, standing, known, deps } = this.#parts;
    const machine = {
      policy: () => this.access.policy.document,
      suspend: async () => void (await this.#end.suspend()),
      pressPowerButton: async () => void (await qmp.execute('system_powerdown')),
      hold: () => standing.hold(qmp, 'its time is over'),
      goOn: async () => void (await standing.goOn(qmp)),
    };
    return new FollowedTerm({ known, machine, note: (...said) => this.log(...said), log: deps.log });
  }

  #tellRefusals(): Promise<void> {
    const { log } = this.#parts.deps;
    const tell = (text: string, details: object) => this.log('refused', text, details);
    return tellRefusals({ refused: () => this.refused(), tell, log }, this.#quiet.signal);
  }

  #watchTpm(): void {
    const { deps } = this.#parts;
    watchTpm(this.record, () => this.log('guest', TPM_ENDED), { signal: this.#quiet.signal }).catch((error: unknown) =>
      deps.log.error(failureOf(error), 'that a TPM ended could not be told'),
    );
  }

  async #watch(): Promise<void> {
    const { qmp, record, standing, qemuLog, spec, stack } = this.#parts;
    await qmp.closed;
    this.#followedHost[Symbol.dispose]();
    this.#quiet.abort();
    if (this.#detached) return;
    await this.share[Symbol.asyncDispose]();
    await this.#term[Symbol.asyncDispose]();
    const isGone = await hasGone(record.qemu, QUIT_MS);
    const why = standing.end ?? `QEMU ended by itself: ${(await qemuLog.lastWords(isGone)) || 'without a message'}`;
    try {
      await removeRecord(spec.runFolder);
    } finally {
      await stack.disposeAsync();
    }
    const { isSuspended, poweredOff } = this.#end;
    if (isSuspended)
      return this.log(
        'suspended',
        'suspended: its next start goes on where it was, unless something has changed by then',
      );
    const { endReason: end } = standing;
    await this.log('stopped', `stopped: ${why}${poweredOff === undefined ? '' : `, because ${poweredOff}`}`, {
      ...(end === undefined || poweredOff !== undefined ? {} : { end }),
    });
  }

  /** Writes what happened to the machine to the log of events. */
  async log(kind: LoggedEvent['kind'], text: string, details?: object): Promise<void> {
    await this.#parts.deps.events.add({
      vm: this.spec.name,
      kind,
      text,
      ...(details ? { details: { ...details } } : {}),
    });
  }
}
