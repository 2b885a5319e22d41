/** Crockford’s 32: no I, L, O and U. What is written for 1 and 0 all the same is taken for them. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TAKEN_FOR: Record<string, string> = { I: '1', L: '1', O: '0' };
const GROUP_LETTERS = 5;
const GROUP_DATA_LETTERS = 4;
/** Two groups hold five bytes. */
const PAIR_BYTES = 5;
/** Each place has a check of its own, of which there are 32. */
const MOST_GROUPS = 32;

/**
 * Bytes, a multiple of five, as groups that can be read out: four letters and a check letter each. Any wrong letter, any two letters of
 * a group that changed places, neighbours across groups and groups that changed places are found (docs/decisions/0019-hot-fixes-by-telephone.md).
 */
export function spoken(bytes: Uint8Array): string {
  if (groupsOf(bytes.length) > MOST_GROUPS || bytes.length % PAIR_BYTES !== 0) throw new RangeError('no whole groups');
  const values = fives(bytes);
  const groups = Array.from({ length: groupsOf(bytes.length) }, (_, place) => {
    const data = values.slice(place * GROUP_DATA_LETTERS, (place + 1) * GROUP_DATA_LETTERS);
    return [...data, checkOf(data, place)].map((value) => LETTERS[value]).join('');
  });
  return groups.join(' ');
}

/** What was typed, or what is wrong with it; groups are counted from 1. */
export type Heard =
  | { bytes: Uint8Array }
  | { problem: 'length'; groups: number }
  | { problem: 'letter'; letter: string }
  | { problem: 'group'; group: number };

/** Reads groups that say so many bytes; spaces, hyphens and small letters do not count. */
export function heard(text: string, byteLength: number): Heard {
  const groups = groupsOf(byteLength);
  // The cap is before all else: a page of text is not split into letters.
  if (text.length > 4 * groups * GROUP_LETTERS) return { problem: 'length', groups };
  const letters = [...text.toUpperCase().replace(/[\s-]/g, '')].map((letter) => TAKEN_FOR[letter] ?? letter);
  const unknown = letters.find((letter) => !LETTERS.includes(letter));
  if (unknown !== undefined) return { problem: 'letter', letter: unknown };
  if (letters.length !== groups * GROUP_LETTERS) return { problem: 'length', groups };
  const values = letters.map((letter) => LETTERS.indexOf(letter));
  const data: number[] = [];
  for (let place = 0; place < groups; place++) {
    const group = values.slice(place * GROUP_LETTERS, (place + 1) * GROUP_LETTERS);
    const said = group.slice(0, GROUP_DATA_LETTERS);
    if (checkOf(said, place) !== group[GROUP_DATA_LETTERS]) return { problem: 'group', group: place + 1 };
    data.push(...said);
  }
  return { bytes: eights(data) };
}

function groupsOf(byteLength: number): number {
  return (byteLength / PAIR_BYTES) * 2;
}

/**
 * Letters are numbers of GF(32), and each has another weight, a power of x, which is why one that is wrong and two that changed places
 * change the sum. The place is added, so that groups have theirs.
 */
function checkOf(data: readonly number[], place: number): number {
  return data.reduce((sum, value) => timesX(sum ^ value), 0) ^ place;
}

/** Times x in GF(32), whose polynomial is x⁵ + x² + 1. */
function timesX(value: number): number {
  const doubled = value << 1;
  return doubled > 31 ? doubled ^ 0b100101 : doubled;
}

function fives(bytes: Uint8Array): number[] {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => Number.parseInt(five, 2));
}

function eights(values: readonly number[]): Uint8Array {
  const bits = values.map((value) => value.toString(2).padStart(5, '0')).join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (eight) => Number.parseInt(eight, 2));
}
