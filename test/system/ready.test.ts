import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';

test('a start that waits ends when the guest has its address, whoever has started it, and status says since when; a reset guest has to come up anew', {
  skip: whyNoNetwork(),
}, async () => {
  await using job = await MainJob.start();
  const { computer, vm } = job;
  const fingerprint = await job.makeProject();
  await job.setQuarantine({ interval: '10s' });
  await job.addVersion('1.0');
  await job.require('1.0');
  await job.serve();
  await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint);
  const status = async () => JSON.parse((await computer.lazaret('status', vm, '--json')).stdout);

  const started = await computer.lazaret('start', vm, '--wait', '5m', '--json');
  assert.equal(started.status, 0, started.stdout);
  const { readySince } = JSON.parse(started.stdout);
  assert.match(readySince, /^\d{4}-/);
  const again = await computer.lazaret('start', vm, '--wait', '--json');
  assert.equal(again.status, 0, again.stdout);
  assert.equal(JSON.parse(again.stdout).readySince, readySince, 'the machine that runs already is waited for');
  for (const how of [[], ['--wait', '--discard']]) {
    const refused = await computer.lazaret('start', vm, ...how, '--json');
    assert.equal(refused.status, 75);
    assert.match(refused.stdout, /"VM_RUNNING","reason":"\S+ is running already"/);
  }
  {
    using shell = await computer.shell(vm);
    assert.match((await shell.run('ip -o -4 address show dev eth0')).output, /10\.77\.0\.2\//);
    assert.match((await computer.lazaret('status', vm)).stdout, new RegExp(`ready +since ${readySince}`));
    assert.match((await computer.lazaret('status', vm)).stdout, new RegExp(`resolvers +${job.network.resolver}$`, 'm'));

    shell.send('ip link set eth0 down; reboot -f');
    while ((await status()).readySince === readySince) await sleep(100);
  }
  while ((await status()).readySince === undefined) await sleep(100);
  assert.notEqual((await status()).readySince, readySince);

  await computer.lazaret('stop', vm, '--force');
  const never = await computer.lazaret('start', vm, '--wait', 'soon', '--json');
  assert.equal(JSON.parse(never.stdout).error.code, 'USAGE');
  assert.equal((await status()).state, 'stopped', 'what is no time is found before anything starts');
});
