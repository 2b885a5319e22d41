import { join } from 'node:path';

const CHECKOUT = join(import.meta.dirname, '..');

/**
 * Lazaret as people install it, its programs joined: made of these sources by a run of many tests (`test/run.ts`), for it starts
 * in half the time. Without, as where one file is run, programs are what the checkout has.
 */
const installed = () => process.env['LAZARET_INSTALLED'];

/** The folder of our programs. */
export const BIN = join(installed() ?? CHECKOUT, 'bin');

/** What Node runs of one of them. */
export function scriptOf(program: 'lazaret' | 'lazaret-manager' | 'lazaretd'): string {
  const tree = installed();
  return tree === undefined
    ? join(CHECKOUT, 'src', 'cli', `${program}.ts`)
    : join(tree, 'dist', 'programs', `${program}.js`);
}
