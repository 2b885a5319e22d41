import { failureOf } from '../../lib/errors.ts';
import { resolversNow } from '../../sys/network/resolver.ts';
import type { MachineParts } from './parts.ts';

/** The kernel tells of its network; nobody tells of other resolvers. */
const LOOK_MS = 2000;
const FOLLOW_HOST_MS = 60_000;

type Following = Pick<MachineParts, 'spec' | 'deps' | 'network'>;

/** Puts the host’s part of a machine’s network right where the computer has moved to another network, or somebody has flushed its rules. */
export class FollowedHost implements Disposable {
  readonly #parts: Following;
  readonly #timer: NodeJS.Timeout;
  #followedAt = performance.now();
  #resolvers: string | undefined;

  constructor(parts: Following) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.#follow(), LOOK_MS).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #follow(): Promise<void> {
    const { spec, deps, network } = this.#parts;
    try {
      const resolvers = (await resolversNow(deps.computer.resolvers)).join();
      const isDue = performance.now() - this.#followedAt > FOLLOW_HOST_MS;
      if (!isDue && resolvers === this.#resolvers) return;
      this.#followedAt = performance.now();
      this.#resolvers = resolvers;
      await network.followHost();
    } catch (error) {
      deps.log.error({ vm: spec.name, ...failureOf(error) }, 'cannot follow the host’s network');
    }
  }
}
