import type { AccountSources } from '../../src/daemon/openers/opener.ts';
import { AppError, type ErrorCode } from '../../src/lib/errors.ts';
import type { Account } from '../../src/policy/parts/account.ts';
import type { CurrentPolicy } from '../../src/servers/policies.ts';

const SID = 'S-1-5-21-1-2-3';

/** A domain with these users, a policy server, and a time, all as a test sets them. */
export class FakeDomain {
  /** What it refuses everybody with, or that it is away. */
  failure: ErrorCode | undefined;
  readonly users = new Map<string, { password: string; groups: string[]; failure?: ErrorCode }>();
  /** What the policy server has; a failure, where it is away. */
  policy: CurrentPolicy | undefined;
  policyFailure: ErrorCode | undefined;
  /** The computer’s users who are of the domain, where it has joined that; whose computer cannot ask it now. */
  readonly self = new Map<number, string>();
  isAwayFromComputer = false;
  now = Date.parse('2026-01-10T12:00:00Z');
  /** The groups that it was asked for. */
  asked: string[][] = [];

  /** Of a machine whose package brought `packaged`. */
  sources(packaged: (vm: string) => Promise<CurrentPolicy>): AccountSources {
    return {
      lookUp: async (vm) => ({
        policy: this.policy ?? (await packaged(vm)),
        ...(this.policyFailure ? { failure: new AppError(this.policyFailure, 'the policy server is away') } : {}),
      }),
      trustedNow: async () => this.now,
      askComputer: async (_domain, { uid, groups }) => {
        const short = this.self.get(uid);
        if (short === undefined) return undefined;
        const account = this.#account(short, groups);
        return { sid: account.sid, ...(this.isAwayFromComputer ? {} : { account }) };
      },
      askDomain: async (_domain, { user, password, groups }) => this.#signIn(user, password, groups),
    };
  }

  async #signIn(user: string, password: string, wanted: readonly string[]): Promise<Account> {
    this.asked.push([...wanted]);
    if (this.failure) throw new AppError(this.failure, 'acme.example: as the test wants it');
    const short = user.replace(/@acme\.example$/i, '').toLowerCase();
    const found = this.users.get(short);
    if (found?.failure) throw new AppError(found.failure, 'acme.example: as the test wants it');
    if (!found || found.password !== password) throw new AppError('PASSWORD_WRONG', 'acme.example: wrong');
    return this.#account(short, wanted);
  }

  #account(short: string, wanted: readonly string[]): Account {
    const { groups = [] } = this.users.get(short) ?? {};
    return {
      ...{ sid: `${SID}-${[...this.users.keys()].indexOf(short) + 1000}`, names: [`${short}@acme.example`, short] },
      groups: groups.map((name) => `${SID}-${name.length}`),
      groupNames: wanted.filter((name) => groups.includes(name)),
    };
  }
}
