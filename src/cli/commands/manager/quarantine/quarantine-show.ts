import type { Command } from 'commander';
import { quarantineOf } from '../../../../manager/policies/change-policy.ts';
import { quarantineText } from '../../../../quarantine/quarantine-text.ts';
import { addCommand } from '../../../program.ts';
import { print } from '../../../terminal/print.ts';

export function addQuarantineShowCommand(nq: Command): void {
  addCommand<{ directory: string }>(
    nq,
    'show <vm>',
    'show a machine’s quarantine: lists, versions, threshold, messages',
    async (context, { directory }, name = '') => {
      const quarantine = await quarantineOf(directory, name);
      print(context, quarantine, quarantineText(quarantine));
    },
  );
}
