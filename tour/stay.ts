import { createInterface } from 'node:readline';
import { untilSignal } from '../lab/at-exit.ts';
import { PASSPHRASE } from '../lab/computer.ts';
import type { MainJob } from '../lab/main-job.ts';
import { openToBrowsers, pageLinks } from '../lab/pages.ts';
import { printFailure, printNote, printTable, printTitle } from './print.ts';

const opened = new Set<string>();

/** Keeps the site up until Ctrl-C, for a newcomer who clicks through the same story in a browser of this computer. */
export async function stay(job: MainJob): Promise<void> {
  const ended = untilSignal();
  printTitle('The site stays up: the same story in your browser');
  printNote('In the player, start office and open it: its screen, and why its access is what it is.');
  printNote('In the manager, open office, then its versions: add one, and move the red line below it.');
  printNote(`Deploy the policy (the passphrase is: ${PASSPHRASE}): the player says that access is restricted.`);
  printNote(
    'Click on the screen of office and type the nq-set command that the manager shows for the new version, at the prompt: access is normal again.',
  );
  await printLinks(job);
  using lines = createInterface(process.stdin);
  lines.on('line', (line) => void obey(job, line.trim()).catch(printFailure));
  await ended;
  process.disconnect?.();
  printTitle('Everything is put away');
}

async function obey(job: MainJob, line: string): Promise<void> {
  const [, words] = /^nq-set (.+)$/.exec(line) ?? [];
  if (words === undefined) return printLinks(job);
  await job.connect();
  const { status, output } = await job.nqSet(words);
  printNote(`exit status ${status}${output ? `: ${output}` : ''}`);
}

async function printLinks(job: MainJob): Promise<void> {
  const links = await pageLinks(job);
  const pages = [links.manager, links.player];
  for (const url of pages.filter((link) => !opened.has(new URL(link).port))) {
    await openToBrowsers(job, url);
    opened.add(new URL(url).port);
  }
  printTitle('Each link opens its page once, within two minutes; Enter makes new ones, Ctrl-C ends it all');
  printTable([
    ['manager', links.manager],
    ['player', links.player],
  ]);
}
