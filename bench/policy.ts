// npm run bench:policy: what deciding costs, beside what it may cost. Each row’s piece is a file of bench/policy/.
import { decisionFigures } from './policy/decisions.ts';
import { guestFigures } from './policy/guest.ts';
import { lookupFigures } from './policy/lookups.ts';
import { pluginFigures } from './policy/plugins.ts';
import { pushFigures } from './policy/push.ts';
import { silentServerFigures } from './policy/silent.ts';
import { printFigures } from './table.ts';

printFigures('Policies, 2 cores; medians', [
  ...decisionFigures(),
  ...(await guestFigures()),
  ...(await pluginFigures()),
  ...(await silentServerFigures()),
  ...(await pushFigures()),
  ...(await lookupFigures()),
]);
