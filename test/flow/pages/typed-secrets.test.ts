import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { followLink, LabBrowser, whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { BIN } from '../../../lab/programs.ts';
import { hasProgram } from '../../../src/sys/programs/exec.ts';
import { ended } from '../../fakes/command-line.ts';
import { madeProject, PASSPHRASE, scratch } from '../../fakes/made-project.ts';
import { said } from '../../fakes/remedy.ts';
import { usersSkip } from '../../fakes/users.ts';

const skip = usersSkip || whyNoBrowser() || (hasProgram('qemu-img') ? false : 'qemu-img is not installed');
const TYPED = { first: 'planted-first-1', second: 'planted-second-2', wrong: 'planted-wrong-3' };

/** Places by name, and all that was said there. */
type Places = Map<string, string[]>;

/** The service’s real process on a computer with a machine that asks for a password, and all that it says. */
async function serviceOf(t: TestContext) {
  const folder = scratch(t);
  // QEMU runs as a user of its own and must get through to its sockets.
  chmodSync(folder, 0o755);
  const [state, run, socket] = [join(folder, 'state'), join(folder, 'run'), join(folder, 'run', 'lazaretd.sock')];
  const args = ['--state', state, '--run', run, '--accel', 'tcg'];
  const env = { ...process.env, LAZARET_LOG: 'trace' };
  const child = spawn(join(BIN, 'lazaretd'), args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => log.push(String(chunk)));
  const exit = once(child, 'close');
  t.after(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  while (!log.join('').includes('ready') && child.exitCode === null) await sleep(20);
  const lazaret = (...words: string[]) => ended([join(BIN, 'lazaret'), '--socket', socket, ...words, '--json']);
  return { folder, log, lazaret };
}

/** Takes down all that a page asks by, is answered and says. */
function follow(page: Page, places: Places): void {
  const add = (place: string, text: string) => places.set(place, [...(places.get(place) ?? []), text]);
  page.on('request', (request) => add('addresses', `${request.url()} ${JSON.stringify(request.headers())}`));
  page.on('response', (response) => {
    if (!response.url().includes('/api/') || response.url().endsWith('/live')) return;
    response.text().then(
      (text) => add('answers', text),
      () => undefined,
    );
  });
  page.on('console', (message) => add('browser’s console', message.text()));
}

/** What a page keeps in its browser, and shows. */
async function keptBy(page: Page): Promise<string[]> {
  const stored = await page.evaluate('JSON.stringify([localStorage, sessionStorage, history.state, location.href])');
  return [
    String(stored),
    JSON.stringify(await page.context().storageState()),
    (await page.locator('body').textContent()) ?? '',
  ];
}

/** How every process was called, and its environment. */
function processes(): string[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.flatMap((id) => ['cmdline', 'environ'].map((file) => readOr(`/proc/${id}/${file}`)));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readOr(join(parentPath, name)));
}

/** Processes and files go while they are looked at. */
function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** The places in which a text was said. */
function placesOf(places: Places, text: string): string[] {
  return [...places].filter(([, said]) => said.some((words) => words.includes(text))).map(([place]) => place);
}

test('passwords and passphrases that are typed into the pages are nowhere afterwards', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.setPolicy({ authentication: { type: 'password', contents: [] } });
  const { folder } = await project.build('one');
  const service = await serviceOf(t);
  const { lazaret } = service;
  said(await lazaret('install', folder, '--fingerprint', project.fingerprint));
  const places: Places = new Map();

  await using lab = await LabBrowser.start();
  const page = await (await lab.browser.newContext({ locale: 'en-GB' })).newPage();
  follow(page, places);
  const { url } = said(await lazaret('open', '--no-browser')) as { url: string };
  await followLink(page, url);
  await page.getByRole('button', { name: 'Start' }).click();
  const first = page.getByRole('dialog', { name: 'Start: office' });
  await first.getByLabel('A new password').fill(TYPED.first);
  await first.getByLabel('The same once more').fill(TYPED.first);
  await first.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('region', { name: 'office' }).getByRole('link', { name: 'Open' }).waitFor();
  await first.waitFor({ state: 'detached' });
  places.set('processes', processes());

  await page.goto(new URL('/machines/office', url).href);
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Change the password …' }).click();
  const change = page.getByRole('dialog', { name: 'Change the password: office' });
  await change.getByLabel('Password', { exact: true }).fill(TYPED.wrong);
  await change.getByLabel('A new password').fill(TYPED.second);
  await change.getByLabel('The same once more').fill(TYPED.second);
  await change.getByRole('button', { name: 'Go on' }).click();
  await change.getByText('PASSWORD_WRONG').waitFor();
  await change.getByLabel('Password', { exact: true }).fill(TYPED.first);
  await change.getByRole('button', { name: 'Go on' }).click();
  await change.waitFor({ state: 'detached' });

  await using manager = await ManagerInBrowser.open(project.folder);
  follow(manager.page, places);
  await manager.goto('/deployments');
  await manager.page.getByLabel('Passphrase').fill(PASSPHRASE);
  await manager.page.getByRole('button', { name: 'Deploy policy', exact: true }).click();
  await manager.page.getByRole('region', { name: 'The last deploy' }).waitFor();

  places.set('processes', [...(places.get('processes') ?? []), ...processes()]);
  places.set('pages', [...(await keptBy(page)), ...(await keptBy(manager.page))]);
  places.set('events', [(await lazaret('events')).stdout]);
  const bundle = join(project.folder, '..', 'support.json');
  said(await lazaret('support', '--out', bundle));
  places.set('support', [readOr(bundle)]);
  said(await lazaret('stop', 'office', '--force'));
  places.set('log', service.log);
  places.set('files', [...filesBelow(service.folder), ...filesBelow(join(project.folder, '..'))]);

  for (const secret of [...Object.values(TYPED), PASSPHRASE]) assert.deepEqual(placesOf(places, secret), [], secret);
  // The same search finds in each place what is there.
  const event = 'a wrong password was given';
  const known = {
    ...{ events: event, support: event, files: event, answers: 'PASSWORD_WRONG', log: 'ready' },
    ...{ addresses: '/machines/office/password', pages: 'office', processes: 'lazaretd' },
  };
  for (const [place, text] of Object.entries(known)) assert.ok(placesOf(places, text).includes(place), place);
});
