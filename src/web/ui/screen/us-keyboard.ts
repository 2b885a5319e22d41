import type { Stroke } from './Console.tsx';

const KEYSYM_RETURN = 0xff0d;
const KEYSYM_TAB = 0xff09;

/** The US keyboard: for each place what it gives alone and with Shift. */
const PLACES: readonly [code: string, alone: string, shifted: string][] = [
  ...[...'abcdefghijklmnopqrstuvwxyz'].map((letter): [string, string, string] => [
    `Key${letter.toUpperCase()}`,
    letter,
    letter.toUpperCase(),
  ]),
  ...[...')!@#$%^&*('].map((sign, digit): [string, string, string] => [`Digit${digit}`, String(digit), sign]),
  ['Backquote', '`', '~'],
  ['Minus', '-', '_'],
  ['Equal', '=', '+'],
  ['BracketLeft', '[', '{'],
  ['BracketRight', ']', '}'],
  ['Backslash', '\\', '|'],
  ['Semicolon', ';', ':'],
  ['Quote', "'", '"'],
  ['Comma', ',', '<'],
  ['Period', '.', '>'],
  ['Slash', '/', '?'],
  ['Space', ' ', ' '],
];

const STROKES: ReadonlyMap<string, Stroke> = new Map([
  ...PLACES.flatMap(([code, alone, shifted]): [string, Stroke][] => [
    [shifted, { code, isShifted: true, keysym: shifted.charCodeAt(0) }],
    [alone, { code, isShifted: false, keysym: alone.charCodeAt(0) }],
  ]),
  ['\n', { code: 'Enter', isShifted: false, keysym: KEYSYM_RETURN }],
  ['\t', { code: 'Tab', isShifted: false, keysym: KEYSYM_TAB }],
]);

/** The keys that type a text on a US keyboard, and the characters that it does not have. */
export function typed(text: string): { strokes: Stroke[]; missing: string[] } {
  const strokes: Stroke[] = [];
  const missing = new Set<string>();
  for (const character of text.replaceAll('\r\n', '\n')) {
    const stroke = STROKES.get(character);
    if (stroke) strokes.push(stroke);
    else missing.add(character);
  }
  return { strokes, missing: [...missing] };
}
