import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guestAddresses } from '../../src/firewall/addresses.ts';
import { explain } from '../../src/quarantine/lists/explain.ts';
import { Lab, SERVERS, SERVERS6, whyNot } from './net/lab.ts';
import { listsOf, only } from './net/lists.ts';
import { until } from './net/until.ts';

const skip = whyNot();
/** A company’s computers, where machines have their own links as a rule. */
const COMPANYS = { guests: '10.77.0.5', uplinks: '10.213.5.5', guests6: 'fd77::5', uplinks6: 'fd21:3:5::5' };

/** Gives the intranet’s server these addresses, and the host routes there, in a table that rules lead to. */
async function addCompany(lab: Lab): Promise<void> {
  lab.addIpv6();
  const there = lab.namespace('intranet');
  for (const [cidr, address, via] of [
    ['10.77.0.0/16', COMPANYS.guests, '10.2.0.2'],
    ['10.213.0.0/16', COMPANYS.uplinks, '10.2.0.2'],
    ['fd77::/48', COMPANYS.guests6, '2001:db8:2::2'],
    ['fd21:3:5::/64', COMPANYS.uplinks6, '2001:db8:2::2'],
  ] as const) {
    const family = cidr.includes(':') ? '-6' : '-4';
    lab.inHost('ip', '-n', there, family, 'address', 'add', address, 'dev', 'lo');
    lab.inHost('ip', family, 'route', 'add', cidr, 'via', via, 'table', '77');
    lab.inHost('ip', family, 'rule', 'add', 'to', cidr, 'lookup', '77', 'priority', '1000');
  }
  await lab.server('intranet').call('listenTcp', 8000);
}

test('a computer that uses the usual subnets itself has machines with others, and they reach what is there', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  await addCompany(lab);
  await lab.serveNames('updates', { 'db.test': COMPANYS.guests });
  const lists = { normal: only('db.test', COMPANYS.uplinks, 'fd00::/8'), restricted: only() };
  const guest = await lab.open({ ...lists, ipv6: true });
  lab.configureIpv6();
  await lab.service.call('switchTo', lab.id, 'normal');
  const own = await lab.service.call('own', lab.id);
  const { gateway, guest: address } = guestAddresses(own.subnets);
  const reaches = async () => {
    assert.deepEqual(await guest.call('resolve', 'db.test', gateway), [COMPANYS.guests]);
    for (const to of Object.values(COMPANYS)) assert.equal(await guest.call('connect', to, 8000), 'open', to);
  };

  await reaches();
  assert.equal(address, '172.29.77.2');
  assert.deepEqual(
    own.moved.map(({ taken, by }: { taken: string; by: string }) => `${taken} ${by}`),
    ['10.77.0.0/16', '10.213.0.0/16', 'fd77::/48', 'fd21:3:5::/64'].map((cidr) => `${cidr} v-intranet (table 77)`),
  );
  for (const host of Object.values(COMPANYS)) {
    const to = { host, protocol: 'tcp', port: 8000 } as const;
    const list = listsOf(lists.normal, lists.restricted).normal;
    const names = new Map([['db.test', [COMPANYS.guests]]]);
    assert.equal(explain(list, to, names, own).allowed, true, host);
    assert.match(explain(list, to, names).rule, /^always closed: the machine/, host);
  }
  for (const to of [gateway, guestAddresses(own.subnets).gateway6])
    assert.equal(await guest.call('connect', to, 8000), 'ECONNREFUSED', to);

  await lab.service.end('SIGKILL');
  await lab.startService().call('adopt', lab.choice({ ...lists, own }));
  await reaches();
  assert.deepEqual(await lab.service.call('toldHost'), []);
});

test('beside routes to all private addresses there is still a network for machines', { skip }, async (t) => {
  const lab = Lab.start(t);
  lab.addIpv6();
  for (const cidr of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'])
    lab.inHost('ip', 'route', 'add', cidr, 'via', '10.2.0.2');
  lab.inHost('ip', 'route', 'add', 'fc00::/7', 'via', '2001:db8:2::2');
  await lab.server('outside').call('listenTcp', 8000);
  await lab.serveNames('updates', { 'db.test': SERVERS.outside });
  const guest = await lab.open({ normal: only('db.test', '2000::/3'), ipv6: true });
  lab.configureIpv6();
  await lab.service.call('switchTo', lab.id, 'normal');

  assert.deepEqual(await guest.call('resolve', 'db.test', '198.51.100.1'), [SERVERS.outside]);
  for (const to of [SERVERS.outside, SERVERS6.outside]) assert.equal(await guest.call('connect', to, 8000), 'open', to);
  const { uplinks4, uplinks6 } = (await lab.service.call('own', lab.id)).subnets;
  assert.deepEqual([uplinks4, uplinks6], ['240.213.0.0/16', '3fff:213::/32']);
});

test('what comes up where a running machine’s subnets are is told', { skip }, async (t) => {
  const lab = Lab.start(t);
  await lab.open();

  lab.inHost('ip', 'route', 'add', '10.77.0.0/16', 'via', '10.2.0.2');

  await until(async () => (await lab.service.call('toldHost')).length > 0);
  assert.match((await lab.service.call('toldHost')).join(), /10\.77\.0\.0\/16 on v-intranet.* 10\.77\.0\.0\/24 itself/);
});
