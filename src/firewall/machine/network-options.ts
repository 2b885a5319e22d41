import type { AccessMode } from '../../quarantine/access-mode.ts';
import type { AccessLists } from '../../quarantine/lists/access-list.ts';
import type { Clash } from '../../quarantine/subnets.ts';
import type { Log } from '../../sys/log.ts';
import type { Resolvers } from '../../sys/names/resolver.ts';
import type { HelperState } from '../names/helpers.ts';
import type { NameChange, NameMemory } from '../names/names.ts';
import type { HostChange, HostNetwork } from './host/forwarding.ts';
import type { OwnSubnets } from './own-subnets.ts';

/** What a machine’s network is made of. */
export interface NetworkOptions {
  /** Tells this machine from all others on this computer. */
  id: string;
  /** 0 to 16383, one a running machine: its uplink’s addresses. */
  number: number;
  /** The guest’s network card, `52:54:00:…` in small letters. */
  mac: string;
  /** Those of its further cards that lead where the first one leads. */
  furtherMacs?: readonly string[];
  /** The user QEMU runs as, who may open tap0 and reach nothing else. */
  uid: number;
  /** The user the helper runs as. When it is `uid` too, the two cannot be told apart, and no name resolves. */
  dnsUid: number;
  /** Who is asked for names, from where the service runs. */
  resolvers: Resolvers;
  /** Whom those stand for, to be shown in their stead. */
  shownResolvers?: Resolvers;
  lists: AccessLists;
  /** Whether the guest is to have IPv6 where the computer has it; a network that is there already stays as it was made. */
  ipv6?: boolean;
  /** Those of a network that is there already, as `own` gave them; at a start they are chosen. */
  own?: OwnSubnets;
  /** A folder of this machine’s own, made when missing, on a file system that a restart of the computer empties. */
  runFolder: string;
  host: HostNetwork;
  log: Log;
  /** Where the last good answers for listed names are kept; without it they end with this object. */
  memory?: NameMemory;
  /** Told of names that stop resolving, and of those that do again. */
  tellNames?: (changes: readonly NameChange[]) => Promise<void>;
  /** Told when the computer’s own rules had gone, and when they could not be put back. */
  tellHost?: (change: HostChange) => void;
  /** Told of what comes up on the computer where the machine’s subnets are. */
  tellClash?: (clash: Clash) => void;
  /** How often listed names are looked up; by the length of the lists where it is left out. */
  refreshMs?: number;
}

/** Proof that a switch has taken place, and how long it took. */
export interface Switched {
  mode: AccessMode;
  generation: number;
  durationMs: number;
}

/** Whom a guest’s names are asked of. */
export interface ResolversReport {
  /** Where there are none, or nobody may ask them, no name resolves. */
  addresses: string[];
  /** ISO time since when none of them answers. */
  silentSince?: string;
}

/** How a machine’s network stands. */
export interface NetworkState {
  mode: AccessMode;
  generation: number;
  /** `listsDigest` of the lists that are loaded. */
  lists: string;
  helpers: HelperState[];
  /** Whether listed names can resolve: only the helpers may ask. */
  resolves: boolean;
}
