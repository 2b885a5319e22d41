import type { Secrets } from '../../install/opening/password.ts';
import type { Asker } from '../../install/state/owner.ts';
import type { Authentication } from '../../policy/authentication.ts';
import type { PolicyDocument } from '../../policy/schema.ts';
import type { EventLog } from '../../run/computer/events.ts';

export type AuthenticationType = Authentication['type'];

/** Somebody opens a machine. */
export interface Attempt<Type extends AuthenticationType = AuthenticationType> {
  state: string;
  vm: string;
  /** What the machine was installed with: no policy server changes who may open it. */
  authentication: Extract<Authentication, { type: Type }>;
  document: PolicyDocument;
  asker: Asker;
  secrets: Secrets;
  /** In milliseconds, of the system’s own clock. */
  now: number;
  events: EventLog;
  /** The machine’s end, for its plug-ins. */
  expireTime: () => Promise<string>;
  signal: AbortSignal;
}

/** One way in which a machine is opened. */
export interface Opener<Type extends AuthenticationType> {
  /** Lets it be opened, or throws why not. Nobody else opens this machine meanwhile. */
  open(attempt: Attempt<Type>): Promise<void>;
  /** What it keeps of a machine goes, because that is opened in another way now: it does not come back with a later policy. */
  forget(state: string, vm: string): Promise<void>;
}
