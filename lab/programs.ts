import { basename, join } from 'node:path';

const CHECKOUT = join(import.meta.dirname, '..');

/**
 * Lazaret as people install it, its programs joined: made of these sources by a run of many tests (`test/run.ts`), for it starts
 * in half the time. Without, as where one file is run, programs are what the checkout has.
 */
const installed = () => process.env['LAZARET_INSTALLED'];

/** Programs of the tests' own that do what Lazaret does and are started many times: joined like it in a run of many tests. */
export const TEST_PROGRAMS = [
  'test/fakes/stopped-change.ts',
  'test/fakes/stopped-service.ts',
  'test/system/net/service.ts',
] as const;

/** The folder of our programs. */
export const BIN = join(installed() ?? CHECKOUT, 'bin');

/** What Node runs of one of them. */
export function scriptOf(program: 'lazaret' | 'lazaret-manager' | 'lazaretd'): string {
  const tree = installed();
  return tree === undefined
    ? join(CHECKOUT, 'src', 'cli', `${program}.ts`)
    : join(tree, 'dist', 'programs', `${program}.js`);
}

/** What Node runs of one of the tests' own, by its path in a checkout. */
export function testProgram(path: (typeof TEST_PROGRAMS)[number]): string {
  const tree = installed();
  return tree === undefined ? join(CHECKOUT, path) : join(tree, 'dist', 'tests', `${basename(path, '.ts')}.js`);
}
