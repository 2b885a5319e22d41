import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { ManagerPage } from '../../../manager/page/page.ts';
import type { Running } from '../../../manager/tasks/runs.ts';
import { systemClock } from '../../../sys/clock.ts';
import { openLog } from '../../../sys/log.ts';
import { openInBrowser } from '../../../sys/programs/browser.ts';
import { port } from '../../arguments.ts';
import { addCommand } from '../../program.ts';
import { print, printStep } from '../../terminal/print.ts';

interface UiOptions {
  directory: string;
  browser: boolean;
  port: number;
  run: string;
  accel: Running['accel'];
  resolver?: string[];
}

export function addUiCommand(program: Command): void {
  addCommand<UiOptions>(
    program,
    'ui',
    'open the manager’s page in your browser; in an empty folder it makes a project',
    async (context, { directory, browser, port, run: runRoot, accel, resolver }) => {
      const log = openLog('lazaret-manager');
      const running = { runRoot, accel, ...(resolver ? { resolvers: resolver } : {}) };
      const options = { folder: resolve(directory), port, running, clock: systemClock, log };
      await using page = await ManagerPage.open(options);
      const url = page.link('/');
      const isOpened = browser && !context.json && (await openInBrowser(url));
      print(context, { url }, isOpened ? 'the manager’s page is open in your browser' : url);
      printStep(context, 'Ctrl-C ends it');
      await new Promise<void>((done) => context.signal.addEventListener('abort', () => done(), { once: true }));
    },
  )
    .option('--run <dir>', 'where the sockets of machines in preview go', '/run/lazaret')
    .addOption(new Option('--accel <kind>', 'how their processors run').choices(['auto', 'kvm', 'tcg']).default('auto'))
    .option('--resolver <address...>', 'DNS servers for them, instead of this computer’s')
    .option('--no-browser', 'print the address, which opens the page once within two minutes')
    .option('--port <port>', 'listen on this port of 127.0.0.1, 0 for any', port, 0);
}
