import {
  type Clash,
  clashesOf,
  clashText,
  type Moved,
  type Subnets,
  type Taken,
  USUAL_SUBNETS,
} from '../../quarantine/subnets.ts';

/** What a machine’s network is made of, and which of it is not the usual. */
export interface OwnSubnets {
  subnets: Subnets;
  moved: Moved[];
}

export const USUAL: OwnSubnets = { subnets: USUAL_SUBNETS, moved: [] };

/** What is to be known of it, where there is something. */
export interface SubnetReport {
  /** What it is made of instead of the usual, because the computer has that already. */
  moved?: Moved[];
  /** What has come up on the computer since, and is out of the machine’s reach. */
  clashes?: Clash[];
}

export function subnetReport({ own, clashes }: { own: OwnSubnets; clashes: Clash[] }): SubnetReport {
  return { ...(own.moved.length > 0 ? { moved: own.moved } : {}), ...(clashes.length > 0 ? { clashes } : {}) };
}

/** What comes up on the computer where a machine’s subnets are: it does not reach that, and goes on. */
export class Clashes {
  readonly #subnets: Subnets;
  readonly #ipv6: boolean;
  readonly #tell: (clash: Clash) => void;
  #found: Clash[] = [];

  constructor(subnets: Subnets, ipv6: boolean, tell: (clash: Clash) => void) {
    this.#subnets = subnets;
    this.#ipv6 = ipv6;
    this.#tell = tell;
  }

  get found(): Clash[] {
    return this.#found;
  }

  look(taken: readonly Taken[]): void {
    const before = this.#found.map(clashText);
    this.#found = clashesOf(this.#subnets, taken, this.#ipv6);
    for (const clash of this.#found) if (!before.includes(clashText(clash))) this.#tell(clash);
  }
}
