import { type AccessEntry, parseEntry } from '../../../src/policy/parts/access-entry.ts';
import type { Exception } from '../../../src/policy/parts/access-section.ts';
import type { AccessList, AccessLists } from '../../../src/quarantine/lists/access-list.ts';

/** A list as a test writes it. */
export interface ListText {
  mode: AccessList['mode'];
  entries: string[];
  exceptions?: Exception[];
}

export const everything: ListText = { mode: 'blacklist', entries: [] };

export function only(...entries: string[]): ListText {
  return { mode: 'whitelist', entries };
}

export function listsOf(normal: ListText, restricted: ListText): AccessLists {
  return { normal: listOf(normal), restricted: listOf(restricted) };
}

function listOf({ mode, entries, exceptions = [] }: ListText): AccessList {
  return { mode, entries: entriesOf(entries), exceptions: new Set(exceptions) };
}

export function entriesOf(texts: readonly string[]): AccessEntry[] {
  return texts.map((text) => {
    const entry = parseEntry(text);
    if (typeof entry === 'string') throw new Error(`${text} ${entry}`);
    return entry;
  });
}
