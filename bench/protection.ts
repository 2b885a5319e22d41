// npm run bench:protection: what opening a machine costs, beside what it may cost. Each row’s piece is a file of bench/protection/.
import { accountFigures } from './protection/accounts.ts';
import { diskFigures } from './protection/disks.ts';
import { openingFigures } from './protection/opening.ts';
import { packageFigures } from './protection/package.ts';
import { printFigures } from './table.ts';

printFigures('Protection, 2 cores; medians', [
  ...(await openingFigures()),
  ...(await diskFigures()),
  ...(await packageFigures()),
  ...(await accountFigures()),
]);
