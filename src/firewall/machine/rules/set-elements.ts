import { AppError } from '../../../lib/errors.ts';
import type { Held } from '../../names/carried-names.ts';
import { elementsIn } from '../../names/held-names.ts';
import { listed, listedSets, loadRules } from '../../nft.ts';
import { answeredSet, NAME_TIMEOUT_S } from './list-rules.ts';

/** Below the size of the sets, so that the guest’s answers find room. */
const MAX_ELEMENTS = 60_000;
/** What is carried over finds room besides, twice. */
const MAX_CARRIED = 2500;

/**
 * Sees to it that the sets have these addresses for the whole of their time again, and with them what the helpers have
 * answered since this was last done: that moves over from the sets beside them.
 * When they do not fit, because a name’s answers without end have filled a set, the sets are emptied first: the other
 * names that share it must not suffer.
 * @throws FILTER_FAILED when a set is not there
 */
export async function refillSets(
  enter: readonly string[],
  addresses: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const answered = await answeredIn(enter, [...addresses.keys()]);
  const all = [...addresses].map(
    ([set, known]) => [set, [...new Set([...known, ...(answered.get(set) ?? [])])]] as const,
  );
  const filled = all.filter(([, elements]) => elements.length > 0);
  if (filled.length === 0) return;
  const added = filled.map(([set, elements]) => elementsOf(set, elements));
  // What has expired meanwhile must not fail the transaction: hence added first.
  const taken = [...answered].flatMap(([set, elements]) => {
    const element = elementsOf(besides(set), elements);
    return elements.length > 0 ? [`add ${element}delete ${element}`] : [];
  });
  try {
    // Adding alone does not move the timeout of what is there already on every kernel.
    await loadRules(
      enter,
      [...taken, ...added.map((element) => `add ${element}delete ${element}add ${element}`)].join(''),
    );
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const emptied = filled.map(([set]) => `flush set inet lazaret ${set}\n`);
    await loadRules(enter, [...taken, ...emptied, ...added.map((element) => `add ${element}`)].join(''));
  }
}

/** The commands that fill sets which are new: no helper has answered anything yet. */
export function newElements(addresses: ReadonlyMap<string, readonly string[]>): string {
  const filled = [...addresses].filter(([, elements]) => elements.length > 0);
  return filled.map(([set, elements]) => `add ${elementsOf(set, elements)}`).join('');
}

function elementsOf(set: string, elements: readonly string[]): string {
  return `element inet lazaret ${set} { ${elements.slice(0, MAX_ELEMENTS).join(', ')} }\n`;
}

/** What the helpers have written beside these sets. @throws FILTER_FAILED when a set is not there */
async function answeredIn(enter: readonly string[], sets: readonly string[]): Promise<Map<string, string[]>> {
  const texts = await listedSets(enter, sets.map(besides));
  return new Map(sets.map((set, index) => [set, elementsIn(texts[index] ?? '')]));
}

/** The set beside one of a family, such as `normal_0a1b2c3d_n0_4`. */
function besides(set: string): string {
  return set.replace(/_[46]$/, (family) => `${answeredSet('')}${family}`);
}

/** What these sets hold together with those beside them, by family; one that is not there any more holds nothing. @throws FILTER_FAILED */
export async function heldIn(enter: readonly string[], sets: readonly string[]): Promise<Map<string, Held>> {
  const held = new Map<string, Held>();
  if (sets.length === 0) return held;
  const there = await listed(enter, ['sets', 'inet'], true);
  const both = sets.flatMap((base) => [`${base}_4`, `${base}_6`]);
  const present = both.filter((set) => there.includes(`\tset ${besides(set)} {`));
  const texts = await listedSets(
    enter,
    present.flatMap((set) => [set, besides(set)]),
  );
  for (const [index, set] of present.entries()) {
    const timed = texts.slice(2 * index, 2 * index + 2).flatMap(secondsIn);
    held.set(set, new Map(timed.sort(([, a], [, b]) => a - b)));
  }
  return held;
}

/** Elements and the whole seconds they stay; those that go within one are left out. */
function secondsIn(text: string): [string, number][] {
  const found = text.matchAll(/([0-9a-f.:]+) (?:timeout \S+ )?expires (?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?/g);
  return [...found].flatMap(([, address = '', hours = 0, minutes = 0, seconds = 0]) => {
    const left = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    return left > 0 ? [[address, left] as [string, number]] : [];
  });
}

/** Adds to sets what is not in them, for as long as it stays. @throws FILTER_FAILED */
export async function addHeld(enter: readonly string[], held: ReadonlyMap<string, Held>): Promise<void> {
  const commands = [...held].map(([set, elements]) => {
    const timed = [...elements].slice(-MAX_CARRIED);
    const texts = timed.map(([address, seconds]) => `${address} timeout ${NAME_TIMEOUT_S}s expires ${seconds}s`);
    return `add element inet lazaret ${set} { ${texts.join(', ')} }\n`;
  });
  if (commands.length > 0) await loadRules(enter, commands.join(''));
}

/** A set or a map that the service alone writes, and all that it is to hold. */
export interface Content {
  kind: 'set' | 'map';
  name: string;
  elements: readonly string[];
}

/** Puts these elements in place of all that are there, for the whole of their time, in one transaction. @throws FILTER_FAILED */
export async function replaceElements(enter: readonly string[], contents: readonly Content[]): Promise<void> {
  if (contents.length > 0) await loadRules(enter, replacing(contents));
}

/** The commands of `replaceElements`. */
export function replacing(contents: readonly Content[]): string {
  const commands = contents.flatMap(({ kind, name, elements }) => {
    const added = elements.length === 0 ? [] : [`add element inet lazaret ${name} { ${elements.join(', ')} }\n`];
    return [`flush ${kind} inet lazaret ${name}\n`, ...added];
  });
  return commands.join('');
}
