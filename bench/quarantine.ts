// npm run bench:quarantine: what the quarantine on the wire costs, beside what it may cost. Each row’s piece is a file of bench/quarantine/.
import type { Ends } from '../test/fakes/made-project.ts';
import { Lab, whyNot } from '../test/system/net/lab.ts';
import { foresightFigure } from './quarantine/foresight.ts';
import { hostChangeFigures } from './quarantine/host-changes.ts';
import { memoryFigure } from './quarantine/memory.ts';
import { nameFigure } from './quarantine/names.ts';
import { switchFigures } from './quarantine/switches.ts';
import { throughputFigure } from './quarantine/throughput.ts';
import { type Figure, printFigures } from './table.ts';

const reason = whyNot();
if (reason !== false) {
  console.error(`nothing can be measured here: ${reason}`);
  process.exit(69);
}

/** What is made for a measurement, last first, is put away after it. */
async function inLab<T>(measure: (lab: Lab) => Promise<T>): Promise<T> {
  return withEnds((t) => measure(Lab.start(t)));
}

async function withEnds<T>(measure: (t: Ends) => Promise<T>): Promise<T> {
  await using made = new AsyncDisposableStack();
  return await measure({ after: (work) => made.defer(async () => void (await work())) });
}

const figures: Figure[] = [
  ...(await inLab((lab) => switchFigures(lab, 1))),
  ...(await inLab((lab) => switchFigures(lab, 10_000))),
  await inLab(throughputFigure),
  await inLab(nameFigure),
  ...(await inLab(hostChangeFigures)),
  await withEnds(foresightFigure),
  await inLab(memoryFigure),
];
printFigures('The quarantine network, 2 cores', figures);
