// node stopped-service.ts STATE RUN RESOLVER STEP suspend|start VM: a service on what is installed there, which suspends or starts
// a machine and dies of SIGKILL after that step.
import { Supervisor } from '../../src/daemon/supervise.ts';
import { openLog } from '../../src/sys/log.ts';

const [, , state = '', runRoot = '', resolver = '', stopAfter = '', what = '', vm = ''] = process.argv;

const supervisor = await Supervisor.open({
  ...{ state, runRoot, accel: 'tcg', resolvers: [resolver], clock: Date.now, log: openLog('test') },
  steps: (step) => {
    if (step === stopAfter) process.kill(process.pid, 'SIGKILL');
  },
});
await (what === 'suspend' ? supervisor.machine(vm).suspend() : supervisor.start(vm, { asker: 'anybody' }));
throw new Error(`there is no step “${stopAfter}”`);
