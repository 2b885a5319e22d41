import type { MachineNetwork } from '../../../firewall/machine/network.ts';
import { failureOf } from '../../../lib/errors.ts';
import type { Log } from '../../../sys/log.ts';
import { type Resolvers, resolversNow } from '../../../sys/names/resolver.ts';

/** The kernel tells of its network; nobody tells of other resolvers. */
const LOOK_MS = 2000;
const FOLLOW_HOST_MS = 60_000;

interface Following {
  vm: string;
  network: Pick<MachineNetwork, 'followHost'>;
  /** Whom this computer asks for names. */
  resolvers: Resolvers;
  log: Log;
}

/** Puts the host’s part of a machine’s network right where the computer has moved to another network, or somebody has flushed its rules. */
export class FollowedHost implements Disposable {
  readonly #parts: Following;
  readonly #timer: NodeJS.Timeout;
  #followedAt = performance.now();
  /** Those that it has begun with, or follows now. */
  #resolvers: Promise<string | undefined>;

  constructor(parts: Following) {
    this.#parts = parts;
    this.#resolvers = this.#resolversNow().catch(() => undefined);
    this.#timer = setInterval(() => void this.#follow(), LOOK_MS).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #follow(): Promise<void> {
    const { vm, network, log } = this.#parts;
    try {
      const resolvers = await this.#resolversNow();
      const isDue = performance.now() - this.#followedAt > FOLLOW_HOST_MS;
      if (!isDue && resolvers === (await this.#resolvers)) return;
      this.#followedAt = performance.now();
      this.#resolvers = Promise.resolve(resolvers);
      await network.followHost();
    } catch (error) {
      log.error({ vm, ...failureOf(error) }, 'cannot follow the host’s network');
    }
  }

  async #resolversNow(): Promise<string> {
    return (await resolversNow(this.#parts.resolvers)).join();
  }
}
