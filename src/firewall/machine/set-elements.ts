import { AppError } from '../../lib/errors.ts';
import { loadRules } from '../nft.ts';

/** Below the size of the sets, so that the guest’s answers find room. */
const MAX_ELEMENTS = 60_000;

/**
 * Sees to it that the sets have these addresses for the whole of their time again, beside what the helpers wrote there.
 * When they do not fit, because a name’s answers without end have filled a set, the sets are emptied first: the other
 * names that share it must not suffer.
 * @throws FILTER_FAILED when a set is not there
 */
export async function refillSets(
  enter: readonly string[],
  addresses: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const filled = [...addresses].filter(([, elements]) => elements.length > 0);
  if (filled.length === 0) return;
  const added = filled.map(
    ([set, elements]) => `element inet lazaret ${set} { ${elements.slice(0, MAX_ELEMENTS).join(', ')} }\n`,
  );
  try {
    // Adding alone does not move the timeout of what is there already on every kernel.
    await loadRules(enter, added.map((element) => `add ${element}delete ${element}add ${element}`).join(''));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const emptied = filled.map(([set]) => `flush set inet lazaret ${set}\n`);
    await loadRules(enter, [...emptied, ...added.map((element) => `add ${element}`)].join(''));
  }
}

/** A set or a map that the service alone writes, and all that it is to hold. */
export interface Content {
  kind: 'set' | 'map';
  name: string;
  elements: readonly string[];
}

/** Puts these elements in place of all that are there, for the whole of their time, in one transaction. @throws FILTER_FAILED */
export async function replaceElements(enter: readonly string[], contents: readonly Content[]): Promise<void> {
  if (contents.length === 0) return;
  const commands = contents.flatMap(({ kind, name, elements }) => {
    const added = elements.length === 0 ? [] : [`add element inet lazaret ${name} { ${elements.join(', ')} }\n`];
    return [`flush ${kind} inet lazaret ${name}\n`, ...added];
  });
  await loadRules(enter, commands.join(''));
}
