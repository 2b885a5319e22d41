// node killed-write.ts STATE AFTER: writes and removes files of the machine `office`, and dies of SIGKILL after so many of the steps
// that change what lies there: a file gets its name, or is removed.

import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const [, , state = '', after = ''] = process.argv;
let left = Number(after);

function counted<Words extends unknown[]>(step: (...words: Words) => Promise<void>) {
  return async (...words: Words) => {
    await step(...words);
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
fs.rename = counted(fs.rename);
fs.rm = counted(fs.rm);
syncBuiltinESMExports();

const { forgetHardware, writeHardware } = await import('../../src/install/state/machine/hardware.ts');
const { writeCounter } = await import('../../src/install/state/machine/reported.ts');
await writeCounter(state, 'office', 7);
await writeHardware(state, 'office', 1, { memoryMiB: 64, cpus: 4 });
await forgetHardware(state, 'office', 1);
await writeCounter(state, 'office', 8);
