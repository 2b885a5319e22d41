import type { z } from 'zod';
import type { DeployRequest } from '../../api/manager/jobs.ts';
import type { DeployedAnswer } from '../../api/manager/tasks.ts';
import { AppError } from '../../lib/errors.ts';
import { deployPolicies } from '../policies/deploy.ts';
import { signerSaying } from './signer-saying.ts';
import type { TaskControl } from './task.ts';

/** Deploys as a task: it says of each file that it was put where policies are looked up. @throws as deployPolicies */
export async function deployTask(
  folder: string,
  { passphrase, clockIsRight, to, account, validForMs }: z.infer<typeof DeployRequest>,
  task: TaskControl,
): Promise<DeployedAnswer> {
  const deployed = await deployPolicies(folder, {
    ...(to === undefined ? {} : { to }),
    validForMs,
    signer: signerSaying({ passphrase, clockIsRight }),
    account: async () => {
      if (account) return account;
      throw new AppError('USAGE', 'a directory needs to know who writes: give a user and a password');
    },
    tell: (news) => {
      if (news.kind === 'signing') task.part('sign');
      else task.part('put', news.to, { unit: 'files', done: news.done, total: news.total });
    },
    signal: task.signal,
  });
  for (const warning of deployed.warnings) task.say(warning);
  return deployed;
}
