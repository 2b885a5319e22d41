import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths } from '../../src/install/state/layout.ts';
import { CONFIGURATION } from '../../src/install/state/machine/configuration.ts';
import { examine } from '../../src/install/state/machine/damage.ts';
import { writeHardware } from '../../src/install/state/machine/hardware.ts';
import { writeCounter, writeReported } from '../../src/install/state/machine/reported.ts';
import { readPolicy } from '../../src/install/state/policies.ts';
import { Expiration } from '../../src/policy/expiration.ts';
import { computer } from './made-computer.ts';
import { madeProject } from './made-project.ts';

export const off = { disks: false, configuration: false, recovery: false };
export const SEALED = { encryption: { ...off, configuration: true } };
export const PLAIN = { encryption: off };
export const MESSAGE = 'This text is of the policy, and of nothing else.';
export const DESCRIPTOR = '0x7B4C2902';
const TOLD = { expiration: Expiration.parse({ type: 'date', date: '2099-12-31', message: MESSAGE }) };

type Policy = Parameters<Awaited<ReturnType<typeof madeProject>>['setPolicy']>[0];

/** `office` with a data disk, installed with a policy, and all its kinds of files written. */
export async function installed(t: TestContext, policy: Policy) {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 8 });
  await project.setPolicy({ ...TOLD, ...policy });
  const { folder } = await project.build('one');
  const { install, state } = computer(t);
  await install(folder, { fingerprint: project.fingerprint });
  await write(state);
  const update = async (change: Policy) => {
    await project.setPolicy(change);
    const built = await project.build(`p${Math.random()}`.replace('.', ''), { kind: 'update' });
    return { built, ...(await install(built.folder, { replace: true })) };
  };
  return { project, folder, install, state, update };
}

export async function write(state: string): Promise<void> {
  const { document } = await readPolicy(state, 'office');
  const { current } = await openInstance(state, 'office');
  await writeHardware(state, 'office', current.generation, { memoryMiB: 64, cpus: 2 });
  await writeReported(state, 'office', current.generation, { descriptor: DESCRIPTOR, origin: 'guest' });
  await writeCounter(state, 'office', 3);
  mkdirSync(computerPaths(state).policies, { recursive: true });
  await CONFIGURATION.write(
    join(computerPaths(state).policies, 'office.json'),
    JSON.stringify({ format: 1, lookedUpAt: 1, document }),
  );
}

export const damageOf = async (state: string) => (await examine(state, 'office'))?.damage?.failure.code;
export const isEnvelope = (path: string) => Object.keys(JSON.parse(readFileSync(path, 'utf8'))).includes('sealed');
