import { freeBytes, isThere, makeFolder, namesIn } from '../sys/files.ts';
import { readFloor } from './floor.ts';
import { readInstances } from './instances.ts';
import { computerPaths, instancePaths } from './layout.ts';
import type { ComputerFacts } from './plan.ts';
import { readPolicy } from './policies.ts';

/** Looks at this computer. `running` has the generation that each running machine runs. */
export async function computerFacts(
  state: string,
  running: ReadonlyMap<string, number>,
  now: number,
): Promise<ComputerFacts> {
  const paths = computerPaths(state);
  await makeFolder(state, 0o700);
  const instances = await readInstances(state);
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
    layers: new Set(
      (await namesIn(paths.layers)).filter((name) => name.endsWith('.qcow2')).map((name) => name.slice(0, -6)),
    ),
    files: new Set(await namesIn(paths.files)),
    freeBytes: await freeBytes(state),
    minGeneration: await readFloor(state),
    now,
  };
}
