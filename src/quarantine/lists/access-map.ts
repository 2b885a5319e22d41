import { type AccessEntry, formatEntry, nameText, type Protocol } from '../../policy/parts/access-entry.ts';
import type { Exception } from '../../policy/parts/access-section.ts';
import type { AccessList } from './access-list.ts';

/** One entry of a list as a line of the map leads to it. */
interface Lead {
  /** As an explanation names what decides. */
  rule: string;
  where: string;
  /** Of every protocol where it is not there. */
  protocol?: Protocol;
  /** Of every port where it is not there. */
  ports?: string;
  pinned: boolean;
  /** Its line passes: not so where the list names what is closed. */
  isOpen: boolean;
}

/** What a machine reaches while one list is in force, as a picture has it. */
export interface AccessMap {
  leads: readonly Lead[];
  exceptions: readonly { exception: Exception; rule: string }[];
  /** All that no line above is for. */
  rest: { rule: string; isOpen: boolean };
}

/** The lines of a map of access: the same rules, in the order and the words in which `explain` looks at them. */
export function accessMap({ mode, entries, exceptions }: AccessList): AccessMap {
  const isWhitelist = mode === 'whitelist';
  return {
    leads: entries.map((entry) => leadTo(entry, isWhitelist)),
    // Where all is open but what is named, there is nothing for an exception to open.
    exceptions: isWhitelist ? [...exceptions].map((exception) => ({ exception, rule: `exception: ${exception}` })) : [],
    rest: { rule: `${mode}: not listed`, isOpen: !isWhitelist },
  };
}

function leadTo(entry: AccessEntry, isOpen: boolean): Lead {
  const { target, protocol, ports, pinned } = entry;
  return {
    rule: formatEntry(entry),
    where: target.kind === 'name' ? nameText(target) : formatEntry({ target }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(ports ? { ports: ports.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ') } : {}),
    pinned: pinned === true,
    isOpen,
  };
}
