import { Turns } from '../../../lib/turns.ts';
import { removeFile } from '../../../sys/files/files.ts';
import { temporaryBeside } from '../../../sys/files/temporary.ts';
import type { InstallPlan } from '../../plan/plan.ts';
import { forgetWanted, type PartPaths, partPaths, writeWanted } from '../../state/wanted.ts';

/**
 * Where installations bring what they need. Several may be under way at once, each as slow as its source, and none waits for
 * another: what two of them fetch at the same time is in parts of their own.
 */
export class Staging {
  readonly #state: string;
  readonly #turns = new Turns();
  readonly #shares = new Set<StagingShare>();

  constructor(state: string) {
    this.#state = state;
  }

  /** An installation begins. */
  enter(): StagingShare {
    const share = new StagingShare(this.#state, this.#turns, this.#shares);
    this.#shares.add(share);
    return share;
  }
}

/** What one installation has of it, until it ends. */
export class StagingShare implements AsyncDisposable {
  readonly #state: string;
  readonly #turns: Turns;
  readonly #all: Set<StagingShare>;
  readonly #parts = new Map<string, PartPaths>();
  #plan: InstallPlan | undefined;

  constructor(state: string, turns: Turns, all: Set<StagingShare>) {
    this.#state = state;
    this.#turns = turns;
    this.#all = all;
  }

  /** No other installation is under way. */
  get isAlone(): boolean {
    return this.#all.size === 1;
  }

  /** Notes what is to be brought, so that a second attempt finds what this one fetched. */
  async want(plan: InstallPlan): Promise<void> {
    this.#plan = plan;
    await this.#turns.take(() => this.#note());
  }

  /** Where a blob arrives: where an attempt before left off, unless another installation is at it. */
  part(sha256: string): PartPaths {
    const usual = partPaths(this.#state, sha256);
    const isTaken = [...this.#all].some((other) => other !== this && other.#parts.get(sha256)?.part === usual.part);
    const part = isTaken ? temporaryBeside(usual.part) : usual.part;
    const paths = this.#parts.get(sha256) ?? { part, origin: `${part}.json` };
    this.#parts.set(sha256, paths);
    return paths;
  }

  /** All of it is installed. */
  async complete(): Promise<void> {
    this.#plan = undefined;
    await this.#turns.take(() => this.#note());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#all.delete(this);
    const own = [...this.#parts].filter(([sha256, { part }]) => part !== partPaths(this.#state, sha256).part);
    for (const [, { part, origin }] of own) {
      await removeFile(part);
      await removeFile(origin);
    }
  }

  async #note(): Promise<void> {
    const plans = [...this.#all].map((share) => share.#plan).filter((plan) => plan !== undefined);
    const parts = [...this.#all].flatMap((share) => [...share.#parts.values()]);
    await (plans.length > 0 ? writeWanted(this.#state, plans, parts) : forgetWanted(this.#state));
  }
}
