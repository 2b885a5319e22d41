import { Changes } from '../../src/daemon/installs/changes.ts';
import { Housekeeping } from '../../src/daemon/installs/housekeeping.ts';
import { Installs } from '../../src/daemon/installs/installs.ts';
import { Removals } from '../../src/daemon/installs/removals.ts';
import { computerPaths } from '../../src/install/state/layout.ts';
import { Turns } from '../../src/lib/turns.ts';
import { EventLog } from '../../src/run/computer/events.ts';
import { openLog } from '../../src/sys/log.ts';

interface Around {
  /** The machines that run, and the generation that each runs. */
  running?: Map<string, number>;
  clearAway?: () => Promise<void>;
  judgeAgain?: () => Promise<void>;
}

/** What a service does with what is installed in a state folder, without the machines. */
export function serviceParts(
  state: string,
  { running = new Map(), clearAway = async () => undefined, judgeAgain = async () => undefined }: Around = {},
) {
  const events = new EventLog(computerPaths(state).events);
  const log = openLog('test');
  const isStarting = () => false;
  const housekeeping = new Housekeeping({ ...{ state, log, isStarting }, inUse: async () => running });
  const shared = { state, log, events, housekeeping, running: () => running, judgeAgain };
  return {
    ...{ events, housekeeping },
    changes: new Changes(shared),
    installs: new Installs({ ...shared, isStarting, trustTurns: new Turns(), clock: Date.now }),
    removals: new Removals({ ...shared, clearAway }),
  };
}
