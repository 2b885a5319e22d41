import type { Command } from 'commander';
import { ROUTES } from '../../../../api/routes.ts';
import { openInBrowser } from '../../../../sys/programs/browser.ts';
import { addCommand } from '../../../program.ts';
import { askOnce, type ServiceOptions } from '../../../service.ts';
import { print } from '../../../terminal/print.ts';

export function addOpenCommand(program: Command): void {
  addCommand<ServiceOptions & { browser: boolean; end?: boolean }>(
    program,
    'open [vm]',
    'open the player in your browser: your machines, their screens, and why something is refused',
    async (context, options, vm?: string) => {
      if (options.end) {
        const ended = await askOnce(options, ROUTES.closePages, {});
        return print(context, ended, 'your pages are over; a new one is opened with `lazaret open`');
      }
      const to = vm === undefined ? '/' : `/machines/${encodeURIComponent(vm)}`;
      const { url } = await askOnce(options, ROUTES.open, { body: { to } });
      const isOpened = options.browser && !context.json && (await openInBrowser(url));
      print(context, { url }, isOpened ? 'the player is open in your browser' : url);
    },
  )
    .option('--no-browser', 'print the address, which opens the player once within two minutes')
    .option('--end', 'end all pages of yours that are open, in every browser');
}
