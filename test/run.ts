// node test/run.ts most|long|all|unit|flow|system: runs the tests of a kind, and fails when there are none.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { computerLines, isAlone, leftBehind } from '../lab/left-behind.ts';
import { TEST_PROGRAMS } from '../lab/programs.ts';
import { joinPrograms } from '../packaging/join-programs.ts';
import { makeTree } from '../packaging/tree.ts';

const ROOT = join(import.meta.dirname, '..');
const KINDS: Record<string, readonly string[]> = {
  unit: ['src/**/*.test.ts', 'test/*.test.ts'],
  flow: ['test/flow/**/*.test.ts'],
  system: ['test/system/**/*.test.ts'],
};
/**
 * Whole distributions as guests, machines that are suspended, or killed at each step, and other long stories: without acceleration
 * these take more than a third of all. They run by themselves (`npm run test:long`), before what they are about is changed and before a
 * release.
 */
const LONG = [
  'test/flow/many-releases.test.ts',
  ...[
    ...[
      'booted-guest',
      'cards',
      'cloud-init',
      'compatible',
      'debian',
      'debian-packages',
      'desktop',
      'devices',
      'encrypted-suspend',
    ],
    ...['encryption', 'live-snapshots', 'opening-script', 'protection-story', 'snapshots', 'stands-still', 'suspend'],
    ...['tour-stays', 'users-and-groups'],
  ].map((name) => `test/system/${name}.test.ts`),
];
const USAGE = 64;
/** System tests run a whole virtual machine each: more of them at once only wait for each other. Three took as long on two processors. */
const AT_ONCE = 2;
/** Ends a file that hangs; no test comes near it. */
const PATIENCE_MS = 900_000;
/** How long tests may take to put away what they made, after Ctrl-C. */
const GRACE_MS = 15_000;
/** With less memory to spare, what tests write goes to the disk as ever. */
const ENOUGH_MIB = 12_000;
/** How many of the files that take longest are named at the end. */
const SLOWEST = 10;

/** Runs the files and sets our exit status. Ctrl-C ends them; they put away what they have made, which is looked after. */
function runTests(files: string[]): void {
  process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, '.cache', 'compiled');
  writeToMemory();
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
  const took: [seconds: number, file: string][] = [];
  events.on('test:summary', ({ file, duration_ms }) => {
    if (file !== undefined) took.push([duration_ms / 1000, relative(ROOT, file)]);
  });
  events.on('end', () => {
    for (const [seconds, file] of took.sort(([a], [b]) => b - a).slice(0, SLOWEST))
      console.log(`${seconds.toFixed(0).padStart(5)} s  ${file}`);
    void failWhereLeft(before);
  });
  events.compose(spec).pipe(process.stdout);
}

/** Thousands of files are written, each to the disk before it counts: in memory, where the mounts are ours alone. */
function writeToMemory(): void {
  if (!isAlone || process.availableMemory() < ENOUGH_MIB * 2 ** 20) return;
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=1777', 'tests', tmpdir()]);
}

/** Has the tests try Lazaret as people install it, made of these sources, as are programs of their own: these start in half the time. */
async function installForTests(): Promise<void> {
  const installed = join(ROOT, '.cache', 'installed');
  const [made, former] = [`${installed}.${process.pid}`, `${installed}.${process.pid}.former`];
  await makeTree(ROOT, made);
  await joinPrograms(ROOT, join(made, 'dist', 'tests'), TEST_PROGRAMS);
  symlinkSync(process.execPath, join(made, 'bin', 'node'));
  // Another run may be using the one that is there.
  if (existsSync(installed)) renameSync(installed, former);
  renameSync(made, installed);
  rmSync(former, { recursive: true, force: true });
  process.env['LAZARET_INSTALLED'] = installed;
}

/**
 * Files that import these by turns, so that as many run as there are to be at once: a unit test takes less than the Node that would
 * start for its file and load our modules again.
 */
function joinUnits(units: readonly string[]): string[] {
  const folder = join(ROOT, '.cache', `units.${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return Array.from({ length: AT_ONCE }, (_, part) => {
    const path = join(folder, `units-${part + 1}-of-${AT_ONCE}.ts`);
    const own = units.filter((_unit, index) => index % AT_ONCE === part);
    writeFileSync(path, own.map((unit) => `import '${relative(folder, join(ROOT, unit))}';\n`).join(''));
    return path;
  });
}

/** The computer is to be as it was. */
async function failWhereLeft(before: readonly string[]): Promise<void> {
  const left = await leftBehind(before);
  for (const line of left) console.error(line);
  if (left.length > 0) process.exitCode ??= 1;
}

const [, , kind = 'most'] = process.argv;
const everything = Object.values(KINDS).flat();
const patterns = { ...KINDS, all: everything, most: everything, long: LONG }[kind];
const found = globSync([...(patterns ?? [])], { cwd: ROOT }).sort();
const units = globSync([...(KINDS['unit'] ?? [])], { cwd: ROOT });
const files = kind === 'most' ? found.filter((file) => !LONG.includes(file)) : found;
if (!patterns) {
  console.error(`there are no tests of kind “${kind}”: most, long, all, ${Object.keys(KINDS).join(', ')}`);
  process.exitCode = USAGE;
} else if (files.length === 0) {
  console.error(`no file matches ${patterns.join(' ')}`);
  process.exitCode = 1;
} else {
  if (files.length < found.length)
    console.log(`without ${found.length - files.length} long files, which npm run test:long runs`);
  if (kind !== 'unit') await installForTests();
  const ofUnits = files.filter((file) => units.includes(file));
  runTests([...(ofUnits.length > 0 ? joinUnits(ofUnits) : []), ...files.filter((file) => !ofUnits.includes(file))]);
}
