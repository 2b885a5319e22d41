import type { AccessEntry } from '../../policy/parts/access-entry.ts';
import type { AccessSection, Exception } from '../../policy/parts/access-section.ts';
import type { Quarantine } from '../../policy/quarantine.ts';

/** What a machine may reach while one list is in force. */
export interface AccessList {
  /** whitelist: only the entries; blacklist: all but the entries. */
  mode: 'whitelist' | 'blacklist';
  entries: readonly AccessEntry[];
  exceptions: ReadonlySet<Exception>;
}

/** Both lists of a machine, ready for the packet filter. */
export interface AccessLists {
  normal: AccessList;
  restricted: AccessList;
}

export const EVERYTHING: AccessList = { mode: 'blacklist', entries: [], exceptions: new Set() };
export const NOTHING: AccessList = { mode: 'whitelist', entries: [], exceptions: new Set() };

/** The lists of a policy. A type with one list has nothing to fall back on: its restricted access is none (D1). */
export function accessLists(quarantine: Quarantine): AccessLists {
  switch (quarantine.type) {
    case 'none':
      return { normal: EVERYTHING, restricted: NOTHING };
    case 'static':
    case 'dynamic':
      return { normal: listOf(quarantine.mode, quarantine.normal), restricted: NOTHING };
    case 'version-based':
    case 'custom':
      return {
        normal: listOf(quarantine.mode, quarantine.normal),
        restricted: listOf(quarantine.mode, quarantine.restricted),
      };
  }
}

function listOf(mode: AccessList['mode'], section: AccessSection): AccessList {
  return { mode, entries: section.entries.map(({ entry }) => entry), exceptions: new Set(section.exceptions) };
}
