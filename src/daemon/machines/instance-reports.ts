import { type Instance, instanceNames, unknownMachine } from '../../install/state/instances.ts';
import { examine } from '../../install/state/machine/damage.ts';
import { type Asker, maySee, ownerOf } from '../../install/state/machine/owner.ts';
import { readReported } from '../../install/state/machine/reported.ts';
import { failureOf } from '../../lib/errors.ts';
import type { HotFixProblem } from '../../policy/hot-fixes.ts';
import type { Startable } from '../terms/terms.ts';
import { damaged, type InstanceReport, installedFacts, type Rules } from './report.ts';
import type { RunningMachines } from './running-machines.ts';
import { findSuspended } from './suspended.ts';
import type { TakingOver } from './taking-over.ts';

export interface ReportParts {
  state: string;
  machines: RunningMachines;
  takingOver: Pick<TakingOver, 'failureOf'>;
  /** How it stands with the time and the place of one that does not run. */
  startable: (instance: Instance) => Promise<Startable>;
  rules: (instance: Instance) => Promise<Rules>;
  canAdminister: (instance: Instance) => Promise<boolean>;
  /** The problems that its user may ask a hot fix for. */
  hotFixes: (instance: Instance) => Promise<readonly HotFixProblem[]>;
}

/** How it stands with the installed machines, running or not. */
export class InstanceReports {
  readonly #state: string;
  readonly #machines: RunningMachines;
  readonly #takingOver: ReportParts['takingOver'];
  readonly #startable: ReportParts['startable'];
  readonly #rules: ReportParts['rules'];
  readonly #canAdminister: ReportParts['canAdminister'];
  readonly #hotFixes: ReportParts['hotFixes'];

  constructor({ state, machines, takingOver, startable, rules, canAdminister, hotFixes }: ReportParts) {
    this.#state = state;
    this.#machines = machines;
    this.#takingOver = takingOver;
    this.#startable = startable;
    this.#rules = rules;
    this.#canAdminister = canAdminister;
    this.#hotFixes = hotFixes;
  }

  /** All installed machines that somebody may see; one that is damaged does not hide the others. */
  async all(asker: Asker): Promise<InstanceReport[]> {
    const reports = (await instanceNames(this.#state)).map((vm) => this.#ifSeen(vm, asker));
    return (await Promise.all(reports)).filter((report) => report !== undefined);
  }

  /** A machine that somebody may see, also one that is damaged. @throws VM_UNKNOWN */
  async of(vm: string, asker: Asker): Promise<InstanceReport> {
    const isInstalled = (await instanceNames(this.#state)).includes(vm);
    const report = isInstalled ? await this.#ifSeen(vm, asker) : undefined;
    if (!report) throw unknownMachine(vm);
    return report;
  }

  async #ifSeen(vm: string, asker: Asker): Promise<InstanceReport | undefined> {
    const owner = await ownerOf(this.#state, vm);
    const report = maySee(asker, owner) ? await this.#ifInstalled(vm) : undefined;
    return report && owner !== undefined ? { ...report, owner } : report;
  }

  async #ifInstalled(vm: string): Promise<InstanceReport | undefined> {
    try {
      const found = await examine(this.#state, vm);
      if (!found) return undefined;
      const running = this.#machines.find(vm);
      if (!('instance' in found)) return running ? running.report() : damaged(vm, failureOf(found.damage.failure));
      if (found.damage && !running) return damaged(vm, failureOf(found.damage.failure));
      return await this.#whole(found.instance);
    } catch (error) {
      return damaged(vm, failureOf(error));
    }
  }

  async #whole(instance: Instance): Promise<InstanceReport> {
    const { vm } = instance.file;
    const machine = this.#machines.find(vm);
    const hotFixes = await this.#hotFixes(instance);
    const installed = {
      ...(await installedFacts(this.#state, instance, machine?.spec.generation)),
      ...(await this.#rules(instance)),
      ...((await this.#canAdminister(instance)) ? { canAdminister: true as const } : {}),
      ...(hotFixes.length > 0 ? { hotFixes } : {}),
    };
    if (machine) return { ...machine.report(), ...installed };
    const failure = this.#takingOver.failureOf(vm);
    if (failure) return damaged(vm, failure);
    const { generation } = instance.current;
    const reported = await readReported(this.#state, vm, generation);
    const version = reported ? { descriptor: reported.descriptor, origin: reported.origin } : {};
    const facts = { vm, generation, ...installed, ...version, ...(await this.#startable(instance)) };
    const suspended = await findSuspended(this.#state, vm);
    if (!suspended) return { ...facts, state: 'stopped' };
    const { state } = suspended;
    return { ...facts, state: 'suspended', ...(state === 'damaged' ? {} : { suspendedAt: state.suspendedAt }) };
  }
}
