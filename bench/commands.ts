// npm run bench:commands: what a command costs before it does anything, as a multiple of a Node that does nothing, from the sources
// and as Lazaret is installed. Rounds are in turns; processor time, which other work on the computer changes least.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makeTree } from '../packaging/tree.ts';
import { madeProject, scratch } from '../test/fakes/made-project.ts';
import { threeVersions, V2 } from '../test/fakes/quarantine.ts';
import { type Figure, median, printFigures } from './table.ts';

const ROUNDS = 10;
const AT_MOST = 2;
const ROOT = dirname(import.meta.dirname);
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };

/** Milliseconds of processor time of a command, which has to succeed: the shell's `times` has them on its last line. */
function cpuMs(...command: string[]): number {
  const script = '"$@" >&2 || exit; times';
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', ...command], { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`);
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, min, s]) => sum + Number(min) * 60e3 + Number(s) * 1e3,
    0,
  );
}

await using made = new AsyncDisposableStack();
const ends = { after: (work: () => unknown) => made.defer(async () => void (await work())) };
const project = await madeProject(ends);
await project.setQuarantine(threeVersions());
const tree = join(scratch(ends), 'tree');
// As it is installed, but for pages and tools, which no command loads.
await makeTree(ROOT, tree, { programs: ['lazaret', 'lazaret-manager', 'lazaretd'], pages: [], asItIs: [] });

const folder = scratch(ends);
const socket = join(folder, 'lazaretd.sock');
const where = ['--state', join(folder, 'state'), '--run', folder, '--socket', socket, '--accel', 'tcg'];
const service = spawn(join(ROOT, 'bin', 'lazaretd'), where, { stdio: 'ignore', env });
const ended = once(service, 'exit');
ends.after(() => service.kill('SIGTERM') && ended);
while (!existsSync(socket)) {
  if (service.exitCode !== null) throw new Error('the service ended');
  await pause(20);
}

const simulate = ['nq', 'simulate', 'office', '--descriptor', V2, '--to', '10.0.0.1:80'];
const bare = [process.execPath, '-e', '0'];
const commands = [ROOT, tree].flatMap((root) => {
  const from = root === tree ? 'installed' : 'from the sources';
  const bin = join(root, 'bin');
  return [
    { what: `lazaret status, ${from}`, words: [join(bin, 'lazaret'), '--socket', socket, 'status'] },
    { what: `nq simulate, ${from}`, words: [join(bin, 'lazaret-manager'), '-C', project.folder, ...simulate] },
    { what: `lazaretd --help, ${from}`, words: [join(bin, 'lazaretd'), '--help'] },
  ].map((command) => ({ ...command, times: [] as number[] }));
});
const alone: number[] = [];
// The first round warms the caches of all.
for (let round = 0; round <= ROUNDS; round += 1) {
  const [nothing, ...each] = [bare, ...commands.map(({ words }) => words)].map((words) => cpuMs(...words));
  if (round === 0) continue;
  alone.push(nothing ?? Number.NaN);
  for (const [index, { times }] of commands.entries()) times.push(each[index] ?? Number.NaN);
}
const node = median(alone);
const figures = commands.map(({ what, times }): Figure => {
  const [value, ratio] = [median(times), median(times) / node];
  const measured = `${ratio.toFixed(2)} × (${value.toFixed(0)} ms of ${node.toFixed(0)}, n = ${ROUNDS})`;
  return { what, measured, target: `≤ ${AT_MOST} ×`, met: ratio <= AT_MOST };
});
printFigures('Processor time of commands, beside a Node that does nothing', figures);
