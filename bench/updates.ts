// npm run bench:updates [-- --full] [--rounds N] [--only NAME,…] [--update TO,…] [--smallest]: what an update costs, beside the tools Debian offers for the same job.
// The small data set is made here without network; the full one (update of a Debian root of 0.8 GB) needs root and a mirror.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Mode } from '../src/layer/modes.ts';
import { printFigures } from './table.ts';
import { fullData, smallData } from './updates/data.ts';
import { diskSizeFigures } from './updates/disk-sizes.ts';
import { goalsOf, printGoals } from './updates/goals.ts';
import { prepareLayers } from './updates/layers.ts';
import { fullRows, updateRows, verifyRows } from './updates/peers.ts';
import { measure, printRows, type Row } from './updates/rows.ts';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    update: { type: 'string', default: '' },
    smallest: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
/** Tools whose name begins with one of those asked for; ours always. */
const chosen = ({ name }: Row) => ['Lazaret', ...values.only.split(',')].some((start) => name.startsWith(start));
const cache = join(import.meta.dirname, '..', '.cache', 'bench-updates');
const data = values.full ? fullData(join(cache, 'full')) : smallData(join(cache, 'small'));
const layers = await prepareLayers(data);

console.log(
  `${availableParallelism()} processors, medians of ${rounds} interleaved rounds, wall seconds / cpu seconds\n`,
);
const modes: Mode[] = ['small', 'fast', ...(values.smallest ? ['smallest' as const] : [])];
const sets = [];
const wanted = values.update.split(',').filter(Boolean);
for (const update of data.updates.filter(({ to }) => wanted.length === 0 || wanted.includes(to))) {
  const rows = measure(updateRows(data.folder, update, layers, modes).filter(chosen), rounds);
  printRows(`Update ${update.from} to ${update.to}`, rows);
  sets.push({ name: `${update.from}-${update.to}`, rows });
}
const full = measure(fullRows(data.folder, 'v1'), rounds);
printRows('Full package of v1', full);
const verified = measure(verifyRows(data.folder, 'v1'), rounds);
printRows('Image verified', verified);
printFigures('The size of the disk', await diskSizeFigures(data));
// The goals were set for the full data set; what the small one shows is that everything runs.
if (values.full) printGoals(goalsOf({ updates: sets, full, verified }));
