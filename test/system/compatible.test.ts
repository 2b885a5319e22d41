import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { compatibleGuest } from '../../lab/guest.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';

/** Far more requests than a guest may send. */
const FLOOD =
  'for i in $(seq 3000); do echo "{\\"v\\":1,\\"id\\":\\"f$i\\",\\"cmd\\":\\"hello\\",\\"healthy\\":true}"; done';

test('a guest without virtio, on compatible hardware, goes from restricted to normal by nq-set over its second serial port', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start(undefined, compatibleGuest());
  const fingerprint = await job.makeProject('--clock', 'localtime', '--processor', 'x86-64-v2');
  await job.setQuarantine({ interval: '1h' });
  const [first, second] = [await job.addVersion('1.0'), await job.addVersion('1.1')];
  await job.require('1.0');
  await job.serve();
  const built = await job.build('one', 'full');
  assert.equal((await job.install(built, '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  const said = async (command: string) => (await job.guest(command)).output;

  await t.test('it has no device of virtio’s, and says over which port it speaks', async () => {
    assert.equal(await said('ls /sys/bus/virtio /sys/class/virtio-ports 2>/dev/null'), '');
    assert.equal(await said('readlink /sys/class/net/eth0/device/driver | sed "s|.*/||"'), 'e1000e');
    assert.doesNotMatch(await said('ls /sys/block'), /vd/);
    assert.match(await said('grep -m1 ^flags /proc/cpuinfo'), / sse4_2 /);
    assert.doesNotMatch(await said('grep -m1 ^flags /proc/cpuinfo'), / avx/, 'nothing beyond its level');
    let text = '';
    while (!text.includes('guest tools')) {
      text = (await job.computer.lazaret('status', job.vm)).stdout;
      await sleep(100);
    }
    assert.match(text, /guest tools {2}healthy, through the second serial port/);
  });

  await t.test('restricted, it reaches the update server alone; once nq-set has returned, what it may', async () => {
    assert.equal((await job.status()).access, 'restricted');
    assert.deepEqual(await job.reached(), ['update']);
    const wrong = await job.nqSet('0x00000000');
    assert.equal(wrong.status, 1);
    assert.equal((await job.nqSet(`-n ${first}`)).status, 0);
    assert.equal((await job.status()).access, 'restricted', '-n changes nothing');
    const { status, output } = await job.nqSet(first);
    assert.equal(status, 0, output);
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
    assert.equal((await job.status()).access, 'normal');
  });

  await t.test(
    'a flood of requests is answered once, and an honest one behind it is heard; two callers take turns',
    async () => {
      const flooded = await job.guest(
        `stty -F /dev/ttyS1 raw -echo; cat /dev/ttyS1 >/tmp/answers & ${FLOOD} >/dev/ttyS1; kill $!; wc -l </tmp/answers`,
      );
      assert.ok(Number(flooded.output.split('\n').at(-1)) < 30, flooded.output);
      const both = await job.guest(
        `(vmware-guestd --cmd 'nq-set ${second}'; echo a$?) & vmware-guestd --cmd 'nq-set -n ${second}'; echo b$?; wait`,
      );
      assert.deepEqual(both.output.split('\n').sort(), ['a0', 'b0']);
    },
  );

  await t.test('suspended and resumed it is where it was', async () => {
    const { computer } = job;
    assert.equal((await computer.lazaret('suspend', job.vm)).status, 0);
    assert.equal((await computer.lazaret('start', job.vm)).status, 0);
    await job.connect();
    assert.equal((await job.nqSet(`-n ${second}`)).status, 0);
  });
  await t.test('frames from another address than its card’s do not get through', async () => {
    const changed = await job.guest('ip link set eth0 address 52:54:00:00:00:99 && ip route show default');
    assert.match(changed.output, /default via/);
    assert.deepEqual(await job.reached(), []);
  });
  await job.stopMachine();
});
