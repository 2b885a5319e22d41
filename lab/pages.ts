import { once } from 'node:events';
import { join } from 'node:path';
import type { MainJob } from './main-job.ts';

/** Links that open the two pages once, within two minutes. */
export interface Links {
  manager: string;
  player: string;
}

/** Makes links to both pages of a site; the manager’s process is a new one each time, and ends with the site. */
export async function pageLinks({ computer, network }: MainJob): Promise<Links> {
  const { stdout } = await computer.lazaret('open', '--no-browser', '--json');
  const run = ['--run', join(computer.folder, 'preview'), '--accel', 'tcg', '--resolver', network.resolver];
  const { said } = await computer.startManager('host', 'ui', '--no-browser', ...run, '--json');
  return { manager: JSON.parse(said).url, player: JSON.parse(stdout).url };
}

/**
 * Lets the browsers of the computer that the site’s networks are made on open a page of the site: its port of loopback is
 * that of the user’s computer, by the process that started this one in a network of its own. @throws where there is none
 */
export async function openToBrowsers({ computer, network }: MainJob, link: string): Promise<void> {
  const { port } = new URL(link);
  const path = join(computer.folder, `page-${port}.sock`);
  const relay = [join(import.meta.dirname, 'relay.ts'), path, port];
  const child = network.spawn('host', process.execPath, relay, ['ignore', 'inherit', 'inherit', 'ipc']);
  await once(child, 'message');
  if (!process.send) throw new Error('nobody can open a port of this computer: start it with npm start');
  const answered = once(process, 'message');
  process.send({ port: Number(port), path });
  const [{ failed }] = (await answered) as [{ failed?: string }];
  if (failed !== undefined) throw new Error(`port ${port} of this computer: ${failed}; start it again for others`);
}
