import { isThere } from '../../sys/files/files.ts';
import { freeBytes, makeFolder, namesIn } from '../../sys/files/folders.ts';
import type { ComputerFacts } from '../plan/plan.ts';
import { readFloor } from './floor.ts';
import { readHostPolicy } from './host-policy.ts';
import { readInstances } from './instances.ts';
import { computerPaths, instancePaths } from './layout.ts';
import { readPolicy } from './policies.ts';
import { stagedBytes } from './wanted.ts';

/** Looks at this computer. `running` has the generation that each running machine runs. */
export async function computerFacts(
  state: string,
  running: ReadonlyMap<string, number>,
  now: number,
): Promise<ComputerFacts> {
  const paths = computerPaths(state);
  await makeFolder(state, 0o700);
  const instances = await readInstances(state);
  const names = await namesIn(paths.layers);
  const host = await readHostPolicy(state);
  return {
    machines: await Promise.all(
      instances.map(async ({ file: { vm, vmId }, current: { generation } }) => {
        const hasDataDisk = await isThere(instancePaths(state, vm).data);
        const runs = running.get(vm);
        const { generation: policyGeneration, document: policy } = await readPolicy(state, vm);
        const known = { vm, vmId, policyGeneration, policy };
        return { ...known, generation, hasDataDisk, ...(runs === undefined ? {} : { runs }) };
      }),
    ),
    layers: digestsOf(names, '.qcow2'),
    flattened: digestsOf(names, '.flat.qcow2'),
    files: new Set(await namesIn(paths.files)),
    staged: await stagedBytes(state),
    freeBytes: await freeBytes(state),
    ...(host ? { host } : {}),
    minGeneration: await readFloor(state),
    now,
  };
}

/** What stands before `ending` in the names that are a digest and that ending. */
function digestsOf(names: readonly string[], ending: string): Set<string> {
  return new Set(
    names
      .filter((name) => name.length === 64 + ending.length && name.endsWith(ending))
      .map((name) => name.slice(0, 64)),
  );
}
