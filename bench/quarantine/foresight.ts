import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Ends, madeProject } from '../../test/fakes/made-project.ts';
import { threeVersions, V2 } from '../../test/fakes/quarantine.ts';
import { type Figure, median } from '../table.ts';

const ROUNDS = 15;
const AT_MOST_MS = 100;
const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'lazaret-manager');

/** `nq simulate` as an administrator runs it, in turns with the same program that only loads itself, and a Node that does nothing. */
export async function foresightFigure(t: Ends): Promise<Figure> {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  const times: Record<'ours' | 'help' | 'node', number[]> = { ours: [], help: [], node: [] };
  const words = ['-C', project.folder, 'nq', 'simulate', 'office', '--descriptor', V2, '--to', '10.0.0.1:80'];
  for (let round = 0; round < ROUNDS; round += 1) {
    times.ours.push(timed(PROGRAM, words));
    times.help.push(timed(PROGRAM, ['--help']));
    times.node.push(timed(process.execPath, ['-e', '0']));
  }
  const value = median(times.ours);
  return {
    what: 'nq simulate, command line included',
    measured: `${value.toFixed(0)} ms (its modules loaded, as for --help: ${median(times.help).toFixed(0)} ms; Node alone ${median(times.node).toFixed(0)} ms; medians, n = ${ROUNDS})`,
    target: `≤ ${AT_MOST_MS} ms`,
    met: value <= AT_MOST_MS,
  };
}

function timed(program: string, args: readonly string[]): number {
  const began = performance.now();
  execFileSync(program, args, { stdio: 'ignore' });
  return performance.now() - began;
}
