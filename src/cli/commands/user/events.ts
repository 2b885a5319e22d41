import type { Command } from 'commander';
import { EventAnswer } from '../../../api/event.ts';
import { ROUTES } from '../../../api/routes.ts';
import { AppError } from '../../../lib/errors.ts';
import { wholeNumber } from '../../arguments.ts';
import { addCommand } from '../../program.ts';
import { askLines, parseAnswer, type ServiceOptions } from '../../service.ts';
import { print } from '../../terminal/print.ts';

export function addEventsCommand(program: Command): void {
  addCommand<ServiceOptions & { follow?: boolean; last: number }>(
    program,
    'events',
    'show what happened and why',
    async (context, options) => {
      const query = { last: `${options.last}`, follow: `${options.follow === true}` };
      try {
        for await (const line of askLines(options, ROUTES.events, { query, signal: context.signal })) {
          const event = parseAnswer(line, EventAnswer);
          print(context, event, `${event.at}  ${event.vm ?? '-'}  ${event.kind}  ${event.text}`);
        }
      } catch (error) {
        const isEnded = options.follow && context.signal.aborted;
        if (!isEnded || (error instanceof AppError && error.code !== 'INTERRUPTED')) throw error;
      }
    },
  )
    .option('--follow', 'go on with what happens from now on')
    .option('--last <n>', 'how many', wholeNumber, 100);
}
