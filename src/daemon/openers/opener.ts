import type { Secrets } from '../../install/opening/password.ts';
import type { Opened } from '../../install/opening/write-disks.ts';
import type { Asker } from '../../install/state/machine/owner.ts';
import type { AppError } from '../../lib/errors.ts';
import type { Authentication } from '../../policy/authentication.ts';
import type { Account } from '../../policy/parts/account.ts';
import type { Domain } from '../../policy/parts/domain.ts';
import type { PolicyDocument } from '../../policy/schema.ts';
import type { EventLog } from '../../run/computer/events.ts';
import type { Self, SelfKnown } from '../../servers/directory/ask-computer.ts';
import type { SignIn } from '../../servers/directory/ask-domain.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';

/** What accounts of a domain are asked of beside this computer’s files. */
export interface AccountSources {
  /** A machine’s policy as the policy server has it now, or, with why that could not be asked, as it was known last. */
  lookUp(vm: string, signal: AbortSignal): Promise<{ policy: CurrentPolicy; failure?: AppError }>;
  /** In milliseconds, by the clock of that machine that nobody sets back. @throws STATE_DAMAGED */
  trustedNow(vm: string): Promise<number>;
  /** @throws as `servers/directory/ask-domain.ts` */
  askDomain(domain: Domain, signIn: SignIn): Promise<Account>;
  /** @throws as `servers/directory/ask-computer.ts` */
  askComputer(domain: Domain, self: Self): Promise<SelfKnown | undefined>;
}

export type AuthenticationType = Authentication['type'];

/** Somebody opens a machine. */
export interface Attempt<Type extends AuthenticationType = AuthenticationType> {
  state: string;
  vm: string;
  /** What the machine was installed with: no policy server changes who may open it. */
  authentication: Extract<Authentication, { type: Type }>;
  document: PolicyDocument;
  /** What opens its disks, where they are encrypted with a password that was asked for already. */
  known: string | undefined;
  asker: Asker;
  secrets: Secrets;
  /** In milliseconds, of the system’s own clock. */
  now: number;
  events: EventLog;
  /** The machine’s end, for its plug-ins. */
  expireTime: () => Promise<string>;
  accounts: AccountSources;
  signal: AbortSignal;
}

/** One way in which a machine is opened. */
export interface Opener<Type extends AuthenticationType> {
  /** Lets it be opened, with what opens its disks, or throws why not. Nobody else opens this machine meanwhile. */
  open(attempt: Attempt<Type>): Promise<Opened>;
  /** What it keeps of a machine goes, because that is opened in another way now: it does not come back with a later policy. */
  forget(state: string, vm: string): Promise<void>;
}
