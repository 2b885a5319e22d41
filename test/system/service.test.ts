import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';

test('a service that is killed opens nothing, and the next one finds its machine', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  await job.setQuarantine();
  const [first, second] = [await job.addVersion('1.0'), await job.addVersion('1.1')];
  await job.require('1.0');
  await job.serve();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();

  await t.test('killed while access is restricted: it stays so, and nq-set gives 1', async () => {
    await job.computer.stopService('SIGKILL');
    assert.deepEqual(await job.reached(), ['update']);
    const { status, output } = await job.nqSet(first);
    assert.equal(status, 1);
    assert.match(output, /did not answer|not there/);
    assert.deepEqual(await job.reached(), ['update']);
  });

  await t.test('the next service takes over, and nq-set works again', async () => {
    await job.computer.startService();
    assert.equal((await job.status()).state, 'running');
    assert.equal((await job.nqSet(first)).status, 0);
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
  });

  await t.test(
    'killed while access is normal: it stays so, and a new threshold is enforced by the next service',
    async () => {
      await job.computer.stopService('SIGKILL');
      assert.deepEqual(await job.reached(), ['update', 'intranet']);
      await job.require('1.1');
      await job.computer.startService();
      await job.until('restricted');
      assert.deepEqual(await job.reached(), ['update']);
    },
  );

  await t.test('killed between saving a version and switching: the next service enforces what is saved', async () => {
    await job.computer.stopService('SIGKILL');
    const [saved = ''] = globSync(
      join(job.computer.folder, 'state/instances', job.vm, 'generations/*/quarantine.json'),
    );
    const before = readFileSync(saved, 'utf8');
    writeFileSync(saved, before.replace(first, second));
    assert.notEqual(readFileSync(saved, 'utf8'), before);
    assert.deepEqual(await job.reached(), ['update'], 'nothing opens by itself');
    await job.computer.startService();
    assert.equal((await job.until('normal')).version, '1.1');
    assert.deepEqual(await job.reached(), ['update', 'intranet']);

    await job.computer.stopService('SIGKILL');
    writeFileSync(saved, before);
    await job.computer.startService();
    await job.until('restricted');
    assert.deepEqual(await job.reached(), ['update'], 'nor does it stay open by itself');
  });

  await t.test('strange descriptors are refused with a reason', async () => {
    const rows: [words: string, said: RegExp][] = [
      ['', /usage/],
      ['-n', /usage/],
      ['-x', /no option/],
      ['0x1 0x2', /is not a version/],
      [`${second}x`, /is not a version/],
      ['$(printf "a\\001b")', /printable/],
      ['$(head -c 1100 /dev/zero | tr "\\0" x)', /1024/],
      [`\\"${second}\\"`, /is not a version/],
    ];
    for (const [words, said] of rows) {
      const { status, output } = await job.nqSet(words);
      assert.equal(status, 1, words);
      assert.match(output, said, words);
      // The host takes one request a second once five were made.
      await job.guest('sleep 1');
    }
    assert.deepEqual(await job.reached(), ['update']);
  });

  await t.test('10 MB on the port, and two callers at once: bounded, and the channel works on', async () => {
    await job.guest(
      'head -c 10485760 /dev/zero | tr "\\0" x > /dev/virtio-ports/org.lazaret.guestd.0; echo > /dev/virtio-ports/org.lazaret.guestd.0',
    );
    await job.guest('sleep 2');
    const { output } = await job.guest(
      `nq-set -n ${second} & a=$!; nq-set -n ${second} & b=$!; wait $a; echo "first $?"; wait $b; echo "second $?"`,
    );
    assert.match(output, /first 0/);
    assert.match(output, /second 0/);
    assert.equal((await job.nqSet(second)).status, 0);
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
  });

  await t.test('QEMU runs as a user of its own, without rights to the store', async () => {
    const [record = ''] = globSync(join(job.computer.folder, 'run', '*', 'machine.json'));
    const { pid } = JSON.parse(readFileSync(record, 'utf8')).qemu;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    assert.match(status, /^Uid:\s+19\d{8}\s/m);
    assert.match(status, /^CapEff:\s+0+$/m);
    assert.match(status, /^NoNewPrivs:\s+1$/m);
    assert.match(status, /^Seccomp:\s+2$/m);
    const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1] ?? '';
    const state = `${job.computer.folder}/state`;
    assert.throws(() =>
      execFileSync('setpriv', ['--reuid', uid, '--regid', uid, '--clear-groups', 'ls', state], { stdio: 'ignore' }),
    );
  });

  await t.test('a guest that ends by itself leaves nothing running and nothing of its network', async () => {
    await job.stopMachine();
    const rules = job.network.command('host', 'nft', ['list', 'ruleset']);
    assert.equal(execFileSync(rules[0] ?? '', rules.slice(1), { encoding: 'utf8' }).trim(), '');
    assert.equal((await job.status()).state, 'stopped');
  });
});
