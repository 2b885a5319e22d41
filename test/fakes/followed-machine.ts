import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { Access } from '../../src/run/access/access.ts';
import type { AccessParts } from '../../src/run/access/access-parts.ts';
import { EventLog } from '../../src/run/computer/events.ts';
import type { PolicyOwner, PolicyStore } from '../../src/servers/policies.ts';
import { type Ends, scratch } from './made-project.ts';

type Mode = ReturnType<AccessParts['network']['state']>['mode'];

/** The access of a machine that runs, with a real policy server and a filter that only notes its mode. */
export async function followedMachine(t: Ends, store: PolicyStore, owner: PolicyOwner, descriptor: string) {
  const reported = { descriptor, origin: 'guest' as const };
  const modes = new EventEmitter();
  let mode: Mode = 'refuse';
  const parts: AccessParts = {
    spec: { name: 'office', mode: 'installed' } as AccessParts['spec'],
    network: {
      state: () => ({ mode }) as ReturnType<AccessParts['network']['state']>,
      async switchTo(to) {
        mode = to;
        modes.emit('mode');
        return { mode, generation: 1, durationMs: 0 };
      },
      changeLists: async () => ({ mode, generation: 1, durationMs: 0 }),
    },
    policies: {
      current: () => store.current(owner),
      lookUp: (signal) => store.lookUp(owner, Date.now(), signal),
      watch: (signal) => store.watch(owner, signal),
      now: () => store.now(Date.now()),
    },
    descriptors: {
      read: async () => reported,
      write: async () => undefined,
      counter: async () => 0,
      keepCounter: async () => undefined,
    },
    events: new EventLog(join(scratch(t), 'events.jsonl')),
    enforcement: 'host',
    host: async () => undefined,
    askPlugin: () => Promise.reject(new Error('there is no plug-in')),
    keepWord: async () => undefined,
  };
  const policy = await store.lookUp(owner, Date.now());
  const access = await Access.begin(parts, { policy, reported, plugin: 'poweron' });
  t.after(() => access[Symbol.asyncDispose]());
  return {
    access,
    mode: () => mode,
    /** Resolves once the filter has been switched to a mode. */
    async until(wanted: Mode) {
      while (mode !== wanted) await once(modes, 'mode');
    },
  };
}
