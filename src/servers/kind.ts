import type { Source } from '../sys/sources/source.ts';
import type { DirectoryAccount } from './directory/directory-account.ts';
import type { Publication } from './publication.ts';

/** `changed`: look up now; `same`: watch again; `unsupported`: a plain server, which is asked at the interval alone. */
export type Watched = 'changed' | 'same' | 'unsupported';

/** How a place is asked: as whom, and until when. */
export interface Asking {
  account?: DirectoryAccount | undefined;
  signal?: AbortSignal | undefined;
}

/** Told of each file that was put somewhere, and how many of all there are. */
export type OnFile = (done: number, total: number) => void;

/** What must be reachable for a place. */
export interface NeededServer {
  host: string;
  port: number;
}

/**
 * A kind of place, on the network or on disk, that holds policies or packages: which addresses are its own, and what can be
 * done there. What a kind lacks it cannot do. A kind that is added is one such file and one row of `kinds.ts`.
 */
export interface ServerKind {
  /** How people write its addresses. */
  readonly form: string;
  /** It lets nobody in without an account. */
  readonly needsAccount?: true;
  /** A deploy puts policies there unasked where the project names it: what is read there is written there too. */
  readonly isPutUnasked?: true;
  owns(address: string): boolean;
  /** The files there; they are asked for when the first is wanted. @throws STORE_ACCOUNT */
  source?(address: string, asking: Asking): Source;
  /**
   * Waits until there is something newer than a release, or says that there is not for now. What it says is a hint.
   * @throws STORE_*, FETCH_*, INTERRUPTED
   */
  watch?(address: string, than: number, asking: Asking & { signal: AbortSignal }): Promise<Watched>;
  /**
   * Puts a release there. Readers see the former release or the new one, never a mix.
   * @throws STORE_*, FETCH_*, DEPLOY_FAILED, PROGRAM_MISSING, FILE_*, DISK_FULL, INTERRUPTED
   */
  put?(publication: Publication, address: string, asking: Asking, onFile: OnFile): Promise<void>;
  reaches?(address: string): NeededServer;
}
