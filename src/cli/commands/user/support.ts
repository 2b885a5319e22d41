import type { Command } from 'commander';
import { ROUTES } from '../../../api/routes.ts';
import { writeFileAtomic } from '../../../sys/files/files.ts';
import { addCommand } from '../../program.ts';
import { askOnce, type ServiceOptions } from '../../service.ts';
import { print } from '../../terminal/print.ts';

/** Its owner’s alone: it says which servers the computer reaches. */
const OWNER_ONLY = 0o600;

export function addSupportCommand(program: Command): void {
  addCommand<ServiceOptions & { out: string }>(
    program,
    'support',
    'write what somebody who is to help wants to see into a file: state, checks, events and logs',
    async (context, options) => {
      const support = await askOnce(options, ROUTES.support, { signal: context.signal });
      await writeFileAtomic(options.out, `${JSON.stringify(support, undefined, 2)}\n`, OWNER_ONLY);
      const { events, logs, checks } = support;
      const machines = logs.length === 1 ? '1 machine' : `${logs.length} machines`;
      const counts = `${checks.length} checks, ${events.length} events, logs of ${machines}`;
      print(
        context,
        { out: options.out },
        `${options.out}: ${counts}. It has no keys and no passwords; read it before you send it.`,
      );
    },
  ).option('--out <file>', 'where to write it', 'lazaret-support.json');
}
