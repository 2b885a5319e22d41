import type { MachineNetwork } from '../../firewall/machine/network.ts';
import { failureOf } from '../../lib/errors.ts';
import { isStricter } from '../../quarantine/access-mode.ts';
import type { Note } from './followed-policy.ts';
import type { Verdict } from './verdict.ts';

export type Filter = Pick<MachineNetwork, 'state' | 'switchTo' | 'changeLists'>;

/** The packet filter of one machine, which follows its verdicts. */
export class FollowingFilter {
  readonly #filter: Filter;
  readonly #note: Note;
  #isClosed = false;

  constructor(filter: Filter, note: Note) {
    this.#filter = filter;
    this.#note = note;
  }

  /** It did not follow the last verdict, so nothing passes. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Follows a verdict, in milliseconds. When it cannot, it is closed. @throws FILTER_FAILED, NETWORK_FAILED */
  async follow(verdict: Verdict): Promise<number> {
    try {
      const durationMs = await enforce(this.#filter, verdict);
      this.#isClosed = false;
      return durationMs;
    } catch (error) {
      this.#isClosed = true;
      await this.#filter
        .switchTo('refuse')
        .catch((cause: unknown) => this.#note('failed', 'the packet filter could not be closed', failureOf(cause)));
      throw error;
    }
  }
}

/**
 * Makes the filter follow a verdict, in milliseconds: a stricter mode before other lists, a wider one after them.
 * @throws FILTER_FAILED, NETWORK_FAILED when it does not follow
 */
async function enforce(filter: Filter, { lists, filterMode }: Verdict): Promise<number> {
  const switchMode = async () =>
    filter.state().mode === filterMode ? 0 : (await filter.switchTo(filterMode)).durationMs;
  const changeLists = async () => (await filter.changeLists(lists)).durationMs;
  const [first, second] = isStricter(filterMode, filter.state().mode)
    ? [switchMode, changeLists]
    : [changeLists, switchMode];
  return (await first()) + (await second());
}
