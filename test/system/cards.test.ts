import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { SERVERS, whyNoNetwork } from '../../lab/network.ts';

const GATEWAY = '10.77.0.1';
const CARDS = { eth0: '10.77.0.2', eth1: '10.77.0.3' } as const;
/** Something each server gives to whoever reaches it. */
const PATHS = {
  update: `${SERVERS.update}/`,
  intranet: `${SERVERS.intranet}/`,
  web: `${SERVERS.web}/policies/metadata/timestamp.json`,
};
type Card = keyof typeof CARDS;

test('a second card reaches what the first one reaches, by the same decision', { skip: whyNoNetwork() }, async (t) => {
  await using job = await MainJob.start();
  const { computer, vm } = job;
  const fingerprint = await job.makeProject();
  const manager = async (...args: string[]) => {
    const { status, stdout, stderr } = await computer.manager(...args);
    assert.equal(status, 0, stdout + stderr);
  };
  const lazaret = async (...args: string[]) => {
    const { status, stdout, stderr } = await computer.lazaret(...args);
    return { status, said: stdout + stderr };
  };
  await manager('vm', 'device', 'add', vm, 'lan', '--kind', 'network', '--network', 'nat');
  await job.setQuarantine({ interval: '1h' });
  const one = await job.addVersion('one');
  await job.serve();
  await job.require('one');
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();

  const carrier = (state: 0 | 1) =>
    job.guest(`timeout 20 sh -c "until grep -q ${state} /sys/class/net/eth1/carrier; do sleep 0.05; done"`);
  /** Which servers answer the guest on a card, whatever the others are: all are asked at once, for some answers never come. */
  const reached = async (card: Card, from: string = CARDS[card]) => {
    const routes = Object.values(SERVERS).map(
      (to) => `ip route replace ${to} via ${GATEWAY} dev ${card} src ${from} onlink`,
    );
    const asked = Object.entries(PATHS).map(
      ([name, url]) => `(timeout 10 wget -q -O /dev/null http://${url} 2>/dev/null && echo ${name}) &`,
    );
    const { output } = await job.guest(`${routes.join('; ')}; (${asked.join(' ')} wait)`);
    return output.trim().split(/\s+/).filter(Boolean).sort();
  };
  const bothReach = async (servers: string[]) => {
    assert.deepEqual(await reached('eth0'), servers, 'the first card');
    assert.deepEqual(await reached('eth1'), servers, 'the second card');
  };
  const address = 'udhcpc -n -q -i eth1 -s /etc/udhcpc -t 20 -T 1 -A 1';

  await t.test(
    'its cable is in when policy lets somebody connect it, and then it gets an address of its own',
    async () => {
      await job.guest('ip link set eth1 up');
      assert.equal((await job.guest('cat /sys/class/net/eth1/carrier')).output.trim(), '0');
      assert.match((await lazaret('connect', vm, 'lan')).said, /DEVICE_FORBIDDEN/);
      await manager('policy', 'device', vm, 'lan', '--everybody');
      await job.deploy();
      await job.lookUp();
      assert.match((await lazaret('connect', vm, 'lan')).said, /“lan” of office is connected: nat/);
      assert.equal((await carrier(1)).status, 0);
      assert.equal((await job.guest(address)).status, 0);
      assert.match((await job.guest('ip -4 -o address show dev eth1')).output, /inet 10\.77\.0\.3\/24/);
      assert.match((await job.guest('ip -4 -o address show dev eth0')).output, /inet 10\.77\.0\.2\/24/);
    },
  );

  await t.test('restricted, both reach the restricted list alone', async () => {
    assert.equal((await job.status()).access, 'restricted');
    await bothReach(['update']);
  });

  await t.test(
    'another address, of card or network, is no way around, and neither is that of the other card',
    async () => {
      assert.deepEqual(await reached('eth1', CARDS.eth0), ['update']);
      assert.deepEqual(await reached('eth0', CARDS.eth1), ['update']);
      await job.guest('ip addr add 10.77.0.99/24 dev eth1');
      assert.deepEqual(await reached('eth1', '10.77.0.99'), [], 'an address that nobody gave it');
      await job.guest('ip addr del 10.77.0.99/24 dev eth1');
      const mac = (await job.guest('cat /sys/class/net/eth1/address')).output.trim();
      await job.guest('ip link set eth1 down; ip link set eth1 address 52:54:00:00:00:99; ip link set eth1 up');
      assert.deepEqual(await reached('eth1'), [], 'a card that there is not');
      await job.guest(`ip link set eth1 down; ip link set eth1 address ${mac}; ip link set eth1 up`);
      await bothReach(['update']);
    },
  );

  await t.test('a report that is answered has opened both, and a higher threshold closes both', async () => {
    assert.equal((await job.nqSet(one)).status, 0);
    assert.deepEqual(await reached('eth1'), ['intranet', 'update']);
    assert.deepEqual(await reached('eth0'), ['intranet', 'update']);
    await job.addVersion('two');
    await job.require('two');
    assert.equal((await job.lookUp()).access, 'restricted');
    await bothReach(['update']);
  });

  await t.test('a service that is started again leaves both as they are', async () => {
    await computer.stopService();
    await bothReach(['update']);
    await computer.startService();
    await bothReach(['update']);
    assert.match((await lazaret('devices', vm)).said, /lan +network nat +nat /);
    assert.equal((await job.guest(address)).status, 0, 'it is given its address again');
  });

  await t.test('policy takes its cable out, and the first card goes on', async () => {
    await manager('policy', 'device', vm, 'lan', '--nobody');
    await job.deploy();
    await job.lookUp();
    assert.equal((await carrier(0)).status, 0);
    assert.deepEqual(await reached('eth1'), []);
    assert.deepEqual(await reached('eth0'), ['update']);
  });

  await t.test('a machine that goes on after it was suspended has both again', async () => {
    await manager('policy', 'device', vm, 'lan', '--everybody');
    await job.deploy();
    await job.lookUp();
    assert.equal((await lazaret('connect', vm, 'lan')).status, 0);
    assert.equal((await lazaret('suspend', vm)).status, 0);
    await job.startMachine();
    assert.deepEqual(await reached('eth1'), [], 'its cable is out');
    assert.equal((await lazaret('connect', vm, 'lan')).status, 0);
    assert.equal((await carrier(1)).status, 0);
    await bothReach(['update']);
    await job.stopMachine();
  });
});
