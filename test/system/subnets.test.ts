import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MainJob } from '../../lab/main-job.ts';
import { SERVERS, whyNoNetwork } from '../../lab/network.ts';
import { SUBNETS } from '../../src/quarantine/subnets.ts';

/** A company’s server, where guests have their own links as a rule. */
const COMPANYS = '10.77.0.5';

test('a computer whose company has the guests’ usual subnet starts machines with another, and says so', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const { computer, network } = job;
  const ipIn = (place: 'host' | 'intranet', words: string) => {
    const [first = '', ...rest] = network.command(place, 'ip', words.split(' '));
    execFileSync(first, rest);
  };
  const lazaret = async (...args: string[]) => {
    const { stdout, stderr } = await computer.lazaret(...args);
    return stdout + stderr;
  };
  ipIn('intranet', `address add ${COMPANYS}/32 dev lo`);
  ipIn('host', `route add 10.77.0.0/16 via ${SERVERS.intranet}`);
  const page = join(computer.folder, 'page');
  mkdirSync(page);
  writeFileSync(join(page, 'index.html'), 'company\n');
  network.spawn('intranet', 'busybox', ['httpd', '-f', '-p', `${COMPANYS}:80`, '-h', page], 'ignore');
  const fingerprint = await job.makeProject();
  await job.setLists({ normal: ['10.77.0.0/16'], restricted: ['10.77.0.0/16'], interval: '1h' });
  await job.serve();
  const built = await job.build('one', 'full');
  assert.equal((await job.install(built, '--fingerprint', fingerprint)).status, 0);
  const said =
    'subnet       172.29.77.0/24 instead of 10.77.0.0/24, because this computer has 10.77.0.0/16 on v-intranet';

  await t.test(
    'start, status and events say what was chosen and why; the guest reaches the company’s server',
    async () => {
      assert.ok((await lazaret('start', job.vm)).includes(said));
      await job.connect();
      assert.ok((await lazaret('status', job.vm)).includes(said));
      assert.match(
        await lazaret('events', '--last', '50'),
        /network +.*172\.29\.77\.0\/24 instead of 10\.77\.0\.0\/24/,
      );
      assert.match((await job.guest('ip address show dev eth0')).output, /172\.29\.77\.2/);
      assert.equal((await job.guest(`timeout 9 wget -q -O - http://${COMPANYS}/`)).output, 'company');
      assert.match(await lazaret('explain', job.vm, `${COMPANYS}:80`), /^allowed /);
    },
  );

  await t.test('the next service finds it so', async () => {
    await computer.stopService();
    await computer.startService();
    assert.ok((await lazaret('status', job.vm)).includes(said));
    assert.match(await lazaret('explain', job.vm, `${COMPANYS}:80`), /^allowed /);
    assert.match(await lazaret('explain', job.vm, '172.29.77.1:80'), /always closed: the machine/);
    assert.equal((await job.guest(`timeout 9 wget -q -O - http://${COMPANYS}/`)).output, 'company');
  });

  await t.test('what comes up in its way meanwhile is said, and gone after the next start', async () => {
    ipIn('host', `route add 172.29.0.0/16 via ${SERVERS.intranet}`);
    const clash =
      /CLASH +this computer now has 172\.29\.0\.0\/16 on v-intranet, and the machine has 172\.29\.77\.0\/24/;
    while (!clash.test(await lazaret('status', job.vm))) await sleep(100);
    assert.match(await lazaret('events', '--last', '50'), /network +this computer now has 172\.29\.0\.0\/16/);
    await job.stopMachine();
    const started = await lazaret('start', job.vm);
    assert.match(started, /192\.168\.177\.0\/24 instead of 10\.77\.0\.0\/24/);
    assert.doesNotMatch(started, /CLASH/);
    await job.connect();
    await job.stopMachine();
  });

  await t.test('where none is free the start is refused, and what the remedy says helps', async () => {
    for (const cidr of SUBNETS.guest4.slice(2)) ipIn('host', `route add ${cidr} via ${SERVERS.intranet}`);
    const refused = await lazaret('start', job.vm);
    assert.match(refused, /SUBNETS_TAKEN: none of the subnets .* is free: .*198\.51\.100\.0\/24 on v-intranet/);
    assert.match(refused, /Take one of the routes or addresses .* off this computer/);
    ipIn('host', 'route del 198.51.100.0/24');
    assert.match(await lazaret('start', job.vm), /198\.51\.100\.0\/24 instead of 10\.77\.0\.0\/24/);
    await job.connect();
    await job.stopMachine();
  });
});
