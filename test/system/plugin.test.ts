import assert from 'node:assert/strict';
import { copyFileSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'plugins');
/**
 * What the policy names: it never comes to an end where the guest says so, or says that it will at the service’s own
 * questions; and else it asks a resource beside it.
 */
const SLOW = `#!/bin/sh
case "$VMWARE_NQ_DESCRIPTOR $LAZARET_EVENT" in
  "slow "* | "slow-later interval") sleep 1000 ;;
  "slow-later "*) echo YES; exit ;;
esac
exec ./programs.sh "$@"
`;
const SET = [
  '--type',
  'custom',
  '--script',
  'check.sh',
  '--argument',
  'release=2',
  '--timeout',
  '3s',
  '--interval',
  '1h',
];
const LISTS = ['--normal', 'intranet.lab.test', 'update.lab.test', '--restricted', 'update.lab.test'];

test('a plug-in decides over a machine’s network, from its start on', {
  skip: whyNoNetwork() || (hasProgram('bwrap') ? false : 'bubblewrap is not installed'),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  const resources = join(job.computer.project, 'resources');
  copyFileSync(join(EXAMPLES, 'programs.sh'), join(resources, 'programs.sh'));
  writeFileSync(join(resources, 'check.sh'), SLOW);
  const set = await job.computer.manager(
    'nq',
    'set',
    job.vm,
    ...SET,
    ...LISTS,
    '--restricted-message',
    'Please update.',
  );
  assert.equal(set.status, 0, set.stderr);
  const full = await job.build('office-1', 'full');
  assert.equal((await job.install(full, '--fingerprint', fingerprint)).status, 0);

  await t.test('a guest that has reported nothing is restricted, and its user is told', async () => {
    await job.startMachine();
    const { access, reason, message } = await job.status();
    assert.deepEqual(
      [access, reason, message],
      ['restricted', 'the plug-in does not accept its descriptor', 'Please update.'],
    );
    assert.deepEqual(await job.reached(), ['update']);
  });

  await t.test(
    'a guest two versions behind is brought up, and reaches all the moment its last nq-set returns',
    async () => {
      assert.equal((await nqSet(job, '-n release=1')).status, 0);
      assert.equal((await nqSet(job, 'release=1')).status, 0, 'valid, though it stays restricted');
      assert.equal((await job.status()).reason, 'the plug-in said no');
      assert.deepEqual(await job.reached(), ['update']);
      assert.equal((await nqSet(job, '-n release=2')).status, 0);
      assert.deepEqual(await job.reached(), ['update'], '-n changes nothing');
      assert.equal((await nqSet(job, 'release=2')).status, 0);
      assert.deepEqual(await job.reached(), ['update', 'intranet']);
    },
  );

  await t.test('what the plug-in rejects, or is late with, is refused and changes nothing', async () => {
    const rejected = await nqSet(job, 'release=3;x');
    assert.deepEqual([rejected.status, /does not accept/.test(rejected.output)], [1, true], rejected.output);
    const late = await nqSet(job, 'slow');
    assert.deepEqual([late.status, /did not answer in 3 s/.test(late.output)], [1, true], late.output);
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
    assert.equal((await job.status()).access, 'normal');
  });

  await t.test('another service finds the machine as it was, and asks the plug-in for itself', async () => {
    await job.computer.stopService('SIGTERM');
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
    await job.computer.startService();
    assert.equal((await job.status()).access, 'normal');
    assert.equal((await nqSet(job, 'release=1')).status, 0);
    assert.deepEqual(await job.reached(), ['update']);
    assert.equal((await nqSet(job, 'release=2')).status, 0);
  });

  await t.test(
    'another service answers before a slow plug-in has: its last word counts until it was asked',
    async () => {
      assert.equal((await nqSet(job, 'slow-later')).status, 0);
      await job.computer.stopService('SIGKILL');
      await job.computer.startService();
      await job.until('restricted');
      assert.deepEqual(await job.reached(), ['update']);
      const { stdout } = await job.computer.lazaret('events', '--last', '1000', '--json');
      const events = stdout.trim().split('\n');
      const lastOf = (text: string) => events.findLastIndex((line) => line.includes(text));
      const [found, late] = [lastOf('"kind":"found-again"'), lastOf('PLUGIN_LATE')];
      assert.ok(found > 0 && found < late, stdout);
      assert.equal((await nqSet(job, 'release=2')).status, 0);
      assert.deepEqual(await job.reached(), ['update', 'intranet']);
    },
  );

  await t.test('a plug-in that somebody changed on the computer is not run, and takes normal access away', async () => {
    const files = join(job.computer.folder, 'state', 'files');
    const path = globSync(join(files, '*')).find((file) => readFileSync(file, 'utf8') === SLOW) ?? '';
    writeFileSync(path, '#!/bin/sh\necho YES\n');
    const { access, reason } = await job.lookUp();
    assert.deepEqual([access, /check\.sh is not the one that was installed/.test(reason ?? '')], ['restricted', true]);
    assert.deepEqual(await job.reached(), ['update']);
    assert.equal((await nqSet(job, 'release=2')).status, 1);
    writeFileSync(path, SLOW);
    assert.equal((await job.lookUp()).access, 'normal');
  });

  await t.test('a new plug-in holds for a running machine once the package is installed', async () => {
    writeFileSync(join(resources, 'check.sh'), '#!/bin/sh\nexec ./programs.sh release=3\n');
    await job.changeOwnCopy('nq-set release=3');
    assert.equal((await job.install(await job.build('office-2', 'update'), '--yes')).status, 0);
    // The new one is asked behind the back of whoever installs.
    await job.until('restricted');
    assert.deepEqual(await job.reached(), ['update']);
    await job.stopMachine();
    await job.startMachine();
    assert.deepEqual([(await job.status()).access, await job.reached()], ['normal', ['update', 'intranet']]);
    await job.stopMachine();
  });

  await t.test('nothing is left of any run, and what plug-ins wrote is among the events', async () => {
    assert.deepEqual(globSync(join(job.computer.folder, 'state', 'plugins', '**', '*.sh')), []);
    const { stdout } = await job.computer.lazaret('events', '--last', '1000', '--json');
    assert.match(stdout, /"kind":"plugin","text":"release is 1, at least 2 is needed"/);
    assert.match(stdout, /"code":"PLUGIN_CHANGED"/);
  });
});

/** Reports from inside the guest, again where that was too soon after the reports before. */
async function nqSet(job: MainJob, words: string): Promise<{ status: number; output: string }> {
  for (;;) {
    const answer = await job.nqSet(words);
    if (!answer.output.includes('too many requests')) return answer;
    await job.guest('sleep 1');
  }
}
