import type { NetworkOptions } from '../../firewall/machine/network-options.ts';
import type { NameChange } from '../../firewall/names/names.ts';
import type { MachineSpec, RunDeps } from '../machine/spec.ts';
import { nameMemory } from './name-memory.ts';

/** More are counted, not told one by one: when the resolvers are away, every name is. */
const MAX_AT_ONCE = 8;

/** Where a machine’s last good answers are kept, and how the log of events is told of names that do not resolve. */
export function nameOptions(
  { name: vm, runFolder, namesPath = `${runFolder}/names.json`, keptFiles }: MachineSpec,
  { events, log }: Pick<RunDeps, 'events' | 'log'>,
): Required<Pick<NetworkOptions, 'memory' | 'tellNames'>> {
  return {
    memory: nameMemory(namesPath, log, keptFiles),
    async tellNames(changes) {
      for (const { text, details } of eventsOf(changes)) await events.add({ vm, kind: 'name', text, details });
    },
  };
}

/** One event a name, and one for those that are too many. */
function eventsOf(changes: readonly NameChange[]): { text: string; details: Record<string, unknown> }[] {
  const single = changes.slice(0, MAX_AT_ONCE).map(({ name, failed }) => ({
    text: failed ? `${name} does not resolve: ${failed.code}` : `${name} resolves again`,
    details: failed ? { name, code: failed.code } : { name },
  }));
  const others = changes.slice(MAX_AT_ONCE);
  if (others.length === 0) return single;
  const failing = others.filter(({ failed }) => failed).length;
  const text = `of ${others.length} more names ${failing} do not resolve, ${others.length - failing} do again`;
  return [...single, { text, details: { names: others.length, failing } }];
}
