// node test/run.ts all|unit|flow|system: runs the tests of a kind, and fails when there are none.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { computerLines, leftBehind } from '../lab/left-behind.ts';

const ROOT = join(import.meta.dirname, '..');
const KINDS: Record<string, readonly string[]> = {
  unit: ['src/**/*.test.ts', 'test/*.test.ts'],
  flow: ['test/flow/**/*.test.ts'],
  system: ['test/system/**/*.test.ts'],
};
const USAGE = 64;
/** System tests run a whole virtual machine each: more of them at once only wait for each other. */
const AT_ONCE = 2;
/** Ends a file that hangs; no test comes near it. */
const PATIENCE_MS = 900_000;
/** How long tests may take to put away what they made, after Ctrl-C. */
const GRACE_MS = 15_000;

/** Runs the files and sets our exit status. Ctrl-C ends them; they put away what they have made, which is looked after. */
function runTests(files: string[]): void {
  const before = computerLines();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      process.exitCode = 130;
      stop.abort();
      setTimeout(() => process.exit(), GRACE_MS).unref();
    });
  const events = run({ files, cwd: ROOT, concurrency: AT_ONCE, timeout: PATIENCE_MS, signal: stop.signal });
  events.on('test:fail', ({ todo }) => {
    if (todo === undefined || todo === false) process.exitCode ??= 1;
  });
  events.on('test:summary', ({ file, counts }) => {
    if (file !== undefined || counts.tests > 0) return;
    console.error('no test ran');
    process.exitCode ??= 1;
  });
  events.on('end', () => void failWhereLeft(before));
  events.compose(spec).pipe(process.stdout);
}

/** The computer is to be as it was. */
async function failWhereLeft(before: readonly string[]): Promise<void> {
  const left = await leftBehind(before);
  for (const line of left) console.error(line);
  if (left.length > 0) process.exitCode ??= 1;
}

const [, , kind = 'all'] = process.argv;
const patterns = kind === 'all' ? Object.values(KINDS).flat() : KINDS[kind];
const files = globSync([...(patterns ?? [])], { cwd: ROOT }).sort();
if (!patterns) {
  console.error(`there are no tests of kind “${kind}”: all, ${Object.keys(KINDS).join(', ')}`);
  process.exitCode = USAGE;
} else if (files.length === 0) {
  console.error(`no file matches ${patterns.join(' ')}`);
  process.exitCode = 1;
} else runTests(files);
