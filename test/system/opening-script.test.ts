import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { holding } from '../fakes/encrypted-machine.ts';
import { endingComputer } from '../fakes/ending-computer.ts';

/** How many machines of this computer run; other tests have theirs. */
const qemus = ({ computer }: MainJob) =>
  execFileSync('ps', ['-ww', '-eo', 'args'])
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('qemu-system') && line.includes(computer.folder)).length;

test('a machine that a script opens runs where that writes the same as at first, and nothing of it before', {
  skip: whyNoNetwork() || (hasProgram('bwrap') ? false : 'bubblewrap is not installed'),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  const says = (text: string) =>
    writeFileSync(join(job.computer.project, 'resources', 'who.sh'), `#!/bin/sh\n${text}\n`);
  appendFileSync(
    join(job.computer.project, 'vms', job.vm, 'policy.yaml'),
    'authentication: { type: script, file: who.sh, timeout: 2s, message: Insert your card. }\n',
  );
  const lazaret = (...words: string[]) => job.computer.lazaret(...words);
  const start = async () => {
    const answer = JSON.parse((await lazaret('start', job.vm, '--json')).stdout);
    return answer.error?.code ?? answer.state;
  };
  const brings = async (name: string, text: string) => {
    says(text);
    assert.equal((await job.install(await job.build(name, 'update'), '--yes')).status, 0);
  };
  says('exit 1');

  await t.test('fact 18: in preview it is not run', async () => {
    await job.changeOwnCopy('true');
  });

  await job.serve();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);

  await t.test('fact 71: it says no, and nothing runs; its user is told the message', async () => {
    const { status, stderr } = await lazaret('start', job.vm);
    assert.equal(status, 77);
    assert.match(stderr, /SCRIPT_DENIED/);
    assert.match(stderr, /Insert your card\./);
    assert.equal(qemus(job), 0);
  });

  await t.test('fact 70: the first output opens it, after a killed service too', async () => {
    await brings('two', 'echo "$LAZARET_USER"');
    assert.equal(await start(), 'running');
    await job.connect();
    await job.stopMachine();
    await job.computer.stopService('SIGKILL');
    await job.computer.startService();
    assert.equal(await start(), 'running');
    await job.stopMachine();
  });

  await t.test('another output opens nothing; one that hangs ends in its time', async () => {
    await brings('three', 'echo another');
    assert.equal(await start(), 'SCRIPT_OTHER');
    await brings('four', 'sleep 1729 & sleep 1729');
    assert.equal(await start(), 'PLUGIN_LATE');
    assert.equal(qemus(job), 0);
    assert.doesNotMatch(execFileSync('ps', ['-ww', '-eo', 'args']).toString(), /^sleep 1729$/m);
  });
});

test('a machine whose disks a script opens comes back by itself where that says the same, and is read by nobody meanwhile', {
  skip: whyNoNetwork() || (hasProgram('bwrap') ? false : 'bubblewrap is not installed'),
}, async () => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  writeFileSync(join(job.computer.project, 'resources', 'who.sh'), '#!/bin/sh\nprintf "what is on the card"\n');
  appendFileSync(
    join(job.computer.project, 'vms', job.vm, 'policy.yaml'),
    'authentication: { type: script, file: who.sh }\nencryption: { disks: true }\n',
  );
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.computer.stopService();
  await job.computer.startService(endingComputer(job), '--suspend-all');
  await job.startMachine();
  await job.guest("for each in /tmp/seen /seen; do echo nobody-reads'-this' >$each; done; sync");

  await job.computer.stopService();
  assert.deepEqual(holding(job, 'nobody-reads-this'), []);
  await job.computer.startService();

  while ((await job.status()).state !== 'running') await sleep(100);
  await job.connect();
  assert.equal((await job.guest('cat /tmp/seen /seen')).output, 'nobody-reads-this\nnobody-reads-this');
});
