// npm start: the whole main job before one’s eyes. Ends with 1 when anything was not as it should be.

import { smallGuest } from '../lab/guest.ts';
import { computerLines, leftBehind } from '../lab/left-behind.ts';
import { MainJob } from '../lab/main-job.ts';
import { whyNoNetwork } from '../lab/network.ts';
import { formatBytes } from '../src/lib/bytes.ts';
import { printCheck, printCommand, printFailure, printNote, printTable, printTitle } from './print.ts';
import { stay } from './stay.ts';

const UNAVAILABLE = 69;
const reached: [state: string, servers: string][] = [];
const measured: [what: string, value: string][] = [];

/** Shows whether something is as it should be, and remembers when it is not. */
function expect(holds: boolean, text: string): void {
  printCheck(holds, text);
  if (!holds) process.exitCode = 1;
}

/** Asks from inside the guest which servers answer. */
async function expectReached(job: MainJob, state: string, wanted: string): Promise<void> {
  const servers = (await job.reached()).join(', ') || 'none';
  expect(servers === wanted, `from inside the guest, packets reach: ${servers}`);
  reached.push([state, servers]);
}

/** Runs nq-set in the guest. */
async function expectNqSet(job: MainJob, words: string, status: 0 | 1): Promise<void> {
  printNote(`in the guest: vmware-guestd --cmd "nq-set ${words}"`);
  const answer = await job.nqSet(words);
  expect(answer.status === status, `exit status ${answer.status}${answer.output ? `: ${answer.output}` : ''}`);
  if (status === 0 && !words.startsWith('-n')) measured.push(['nq-set, as seen in the guest', `${answer.ms} ms`]);
}

async function author(job: MainJob): Promise<{ fingerprint: string; version: string }> {
  printTitle('The administrator makes a project with a machine and its network quarantine');
  const fingerprint = await job.makeProject();
  await job.setQuarantine();
  const version = await job.addVersion('1.0');
  await job.require('1.0');
  await job.serve();
  return { fingerprint, version };
}

async function install(job: MainJob, fingerprint: string): Promise<void> {
  printTitle('A signed package: the administrator builds it, the user installs it and starts the machine');
  const full = await job.build('office-1', 'full');
  measured.push(['full package', formatBytes(full.blobBytes)]);
  const foreign = await job.install(full, '--fingerprint', '0'.repeat(64));
  expect(foreign.status !== 0, 'a package of another project than the user was told of is refused');
  const installed = await job.install(full, '--fingerprint', fingerprint);
  expect(installed.status === 0, 'installed');
  const began = performance.now();
  await job.startMachine();
  measured.push(['start until the guest answers', `${((performance.now() - began) / 1000).toFixed(1)} s`]);
}

async function report(job: MainJob, version: string): Promise<void> {
  printTitle('The guest has reported no version yet: restricted access');
  printNote((await job.status()).message ?? '');
  await expectReached(job, 'no version reported', 'update');
  await expectNqSet(job, '0xDEADBEEF', 1);
  await expectNqSet(job, `-n ${version}`, 0);
  await expectReached(job, 'after nq-set -n', 'update');
  printTitle('The guest reports version 1.0: normal access');
  await expectNqSet(job, version, 0);
  await expectReached(job, 'version 1.0', 'update, intranet');
}

async function changeKeys(job: MainJob): Promise<void> {
  printTitle('The administrator changes the keys that sign: computers follow by themselves');
  await job.rotateKeys('root', 'release', 'policy');
  await job.deploy();
  const { access } = await job.lookUp();
  expect(access === 'normal', `the policy signed with the new key is taken: access ${access}`);
}

async function outdate(job: MainJob): Promise<void> {
  printTitle('The administrator demands version 1.2: restricted again, without anybody doing anything');
  await job.addVersion('1.1');
  const newest = await job.addVersion('1.2');
  await job.require('1.2');
  const began = performance.now();
  await job.until('restricted');
  measured.push([
    'from deploy to restricted',
    `${((performance.now() - began) / 1000).toFixed(1)} s (look-up every 1 s)`,
  ]);
  await expectReached(job, '1.2 demanded', 'update');
  await expectNqSet(job, newest, 1);
  printTitle('Two versions behind: the updater in the guest brings it up, version by version');
  const updater = await job.updater('1.2', '--command', '1.1=echo 1.1 >>/root/applied', 'echo 1.2 >>/root/applied');
  const { status, output } = await job.guest(updater);
  for (const line of output.split('\n')) printNote(line);
  expect(status === 0, 'the updater ended well');
  expect((await job.guest('cat /root/applied')).output === '1.1\n1.2', 'it applied 1.1, then 1.2');
  await expectReached(job, 'version 1.2', 'update, intranet');
  for (const to of ['intranet.lab.test:80', '10.88.30.2:80']) {
    const { allowed, rule } = await job.explain(to);
    printNote(`${allowed ? 'allowed' : 'not allowed'}: ${rule}`);
  }
}

async function replace(job: MainJob): Promise<void> {
  printTitle('An update package replaces the machine: the administrator changes the project’s own copy in preview');
  const change = `echo 2 >/etc/release-number && nq-set ${await job.addVersion('2.0')}`;
  printNote(`in that guest: ${change}`);
  await job.changeOwnCopy(change);
  const update = await job.build('office-2', 'update');
  measured.push(['update package', formatBytes(update.blobBytes)]);
  await job.require('2.0');
  await job.until('restricted');
  await job.stopMachine();
  expect((await job.install(update, '--yes')).status === 0, 'installed');
  await job.startMachine();
  const { output } = await job.guest('cat /etc/release-number');
  expect(output === '2', `the guest’s disk is release ${output}`);
  expect((await job.status()).version === '2.0', 'the new machine brought its version: 2.0');
  await expectReached(job, 'after the update package', 'update, intranet');
}

async function tour(): Promise<void> {
  printTitle('A small real Linux guest, and a site with three servers, in network namespaces of their own');
  const isStaying = process.argv.includes('--stay');
  // Who clicks through it types at the guest’s screen.
  await using job = await MainJob.start(printCommand, smallGuest({ hasScreen: isStaying }));
  const { fingerprint, version } = await author(job);
  await install(job, fingerprint);
  await report(job, version);
  await changeKeys(job);
  await outdate(job);
  await replace(job);
  await job.stopMachine();
  for (const { to, durationMs } of await job.switches())
    measured.push([`switch to ${to}, at the host`, `${durationMs.toFixed(1)} ms`]);
  if (isStaying) await stay(job);
}

async function main(): Promise<void> {
  const [before, began] = [computerLines(), performance.now()];
  await tour();
  const left = await leftBehind(before);
  for (const line of left) printNote(line);
  expect(left.length === 0, 'nothing is left of it: no process, link, namespace or mount');
  measured.push(['the whole tour', `${((performance.now() - began) / 1000).toFixed(0)} s`]);
  printTitle('Which servers the guest could reach');
  printTable(reached);
  printTitle('Measured');
  printTable(measured);
}

const reason = whyNoNetwork();
if (reason) {
  printNote(`The tour makes networks of its own, which is not possible here: ${reason}.`);
  process.exitCode = UNAVAILABLE;
} else {
  await main().catch((error: unknown) => {
    printFailure(error);
    process.exitCode = 1;
  });
}
