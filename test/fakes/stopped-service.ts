// node stopped-service.ts STATE RUN RESOLVER STEP suspend|start|snapshot VM [DISK]: a service on what is installed there, which suspends
// or starts a machine (with PASSWORD, where that is set), or keeps its state as “live”, and dies of SIGKILL after that step; with a disk, it
// fills that instead and prints the code it fails with.
import { Supervisor } from '../../src/daemon/supervise.ts';
import { failureOf } from '../../src/lib/errors.ts';
import { openLog } from '../../src/sys/log.ts';
import { fill } from './small-disk.ts';

const { PASSWORD: password } = process.env;
const [, , state = '', runRoot = '', resolver = '', stopAfter = '', what = '', vm = '', disk] = process.argv;

const supervisor = await Supervisor.open({
  ...{ state, runRoot, accel: 'tcg', resolvers: [resolver], clock: Date.now, log: openLog('test') },
  steps: (step) => {
    if (step !== stopAfter) return;
    if (disk === undefined) process.kill(process.pid, 'SIGKILL');
    else fill(disk);
  },
});
try {
  if (what === 'suspend') await supervisor.machines.of(vm).suspend();
  else if (what === 'snapshot') await supervisor.snapshots.take('anybody', vm, { name: 'live' });
  else
    await supervisor.starts.start(vm, {
      asker: 'anybody',
      ...(password === undefined ? {} : { secrets: { password } }),
    });
  throw new Error(`there is no step “${stopAfter}”`);
} catch (error) {
  process.stdout.write(failureOf(error).code);
  await supervisor[Symbol.asyncDispose]();
}
