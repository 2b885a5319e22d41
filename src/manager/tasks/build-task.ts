import type { z } from 'zod';
import type { BuildRequest } from '../../api/manager/jobs.ts';
import type { BuiltAnswer } from '../../api/manager/tasks.ts';
import { buildAndWrite, type WantedPackage } from '../packages/build.ts';
import { signerSaying } from './signer-saying.ts';
import type { TaskControl } from './task.ts';

/** Builds a package as a task: each machine is a part, and what users get is the last. @throws as buildAndWrite */
export async function buildTask(
  folder: string,
  {
    passphrase,
    clockIsRight,
    format,
    volumeBytes,
    notes,
    minGeneration,
    since,
    encryptTo,
    withLazaret,
    ...asked
  }: z.infer<typeof BuildRequest>,
  task: TaskControl,
): Promise<BuiltAnswer> {
  const wanted: WantedPackage = {
    ...asked,
    ...(notes === undefined ? {} : { notes }),
    ...(minGeneration === undefined ? {} : { minGeneration }),
    ...(since === undefined ? {} : { since }),
    ...(encryptTo === undefined ? {} : { encryptTo }),
    ...(withLazaret === undefined ? {} : { withLazaret }),
    media: { format, ...(volumeBytes === undefined ? {} : { volumeBytes }) },
  };
  task.part('plan');
  const built = await buildAndWrite(folder, wanted, {
    signer: signerSaying({ passphrase, clockIsRight }),
    tell: (news) => {
      if (news.kind === 'writing') task.part('write', asked.name);
      else task.part('pack', news.vm, { unit: 'bytes', done: news.doneBytes, total: news.totalBytes });
    },
    signal: task.signal,
  });
  for (const warning of built.warnings) task.say(warning);
  const { generation, paths, parts, policies, warnings } = built;
  const machines = built.machines.map(({ vm, release }) => ({ vm, release }));
  return { package: asked.name, generation, paths, parts, machines, policies, warnings };
}
