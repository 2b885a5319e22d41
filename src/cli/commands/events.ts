import type { Command } from 'commander';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { wholeNumber } from '../arguments.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';
import { askService, parseAnswer, type ServiceOptions } from '../service.ts';

const Event = z.looseObject({ at: z.string(), kind: z.string(), text: z.string(), vm: z.string().optional() });

export function addEventsCommand(program: Command): void {
  addCommand<ServiceOptions & { follow?: boolean; last: number }>(
    program,
    'events',
    'show what happened and why',
    async (context, options) => {
      const query = new URLSearchParams({ last: `${options.last}`, follow: `${options.follow === true}` });
      try {
        for await (const line of askService(options, {
          method: 'GET',
          path: `/v1/events?${query}`,
          signal: context.signal,
        })) {
          const event = parseAnswer(line, Event);
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
