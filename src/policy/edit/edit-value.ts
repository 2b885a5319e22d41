/** A setting and what it is to be: `most=4`, `enabled=true`, `healthTimeout=5m`. */
const PAIR = /^([A-Za-z][A-Za-z0-9]{0,63})=(.*)$/s;

/**
 * What becomes of a policy by words of a command line, still to be parsed: settings that are named are changed, the others stay. One
 * word without a name is the policy itself, where that is one value. Undefined for words that are neither.
 */
export function changeValue(before: unknown, words: readonly string[]): unknown {
  const [only = ''] = words;
  if (words.length === 1 && !only.includes('=')) return valueIn(only);
  const pairs = words.flatMap((word) => {
    const [, name, value] = PAIR.exec(word) ?? [];
    return name === undefined || value === undefined ? [] : [[name, valueIn(value)] as const];
  });
  if (words.length === 0 || pairs.length < words.length) return undefined;
  return { ...(typeof before === 'object' ? before : {}), ...Object.fromEntries(pairs) };
}

/** The settings of a policy, as the words that set them. */
export function valueText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'not set';
  const pairs = Object.entries(value).map(
    ([name, each]) => `${name}=${typeof each === 'string' ? each : JSON.stringify(each)}`,
  );
  return pairs.join(' ');
}

/** Numbers, true and false are what they look like; all else is text. */
function valueIn(word: string): unknown {
  if (word === 'true' || word === 'false') return word === 'true';
  return /^\d{1,15}$/.test(word) ? Number(word) : word;
}
