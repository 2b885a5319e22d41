import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkNames } from '../../src/firewall/addresses.ts';
import { Lab, SERVERS, whyNot } from './net/lab.ts';
import { until } from './net/until.ts';

const skip = whyNot();

const STOPPERS = [
  {
    program: 'firewalld',
    rules:
      'table inet firewalld { chain filter_FORWARD { type filter hook forward priority 10; policy accept; ct state established,related accept; reject with icmpx admin-prohibited; }; }',
    command: /^firewall-cmd /,
  },
  {
    program: 'Docker',
    rules:
      'table ip filter { chain DOCKER-USER { return; }; chain FORWARD { type filter hook forward priority 0; policy drop; jump DOCKER-USER; }; }',
    command: /^iptables -I DOCKER-USER /,
  },
  {
    program: 'the table inet mine',
    rules: 'table inet mine { chain through { type filter hook forward priority 0; policy drop; }; }',
    command: /^nft insert rule inet mine through /,
  },
];

for (const { program, rules, command } of STOPPERS) {
  test(`it is said that ${program} stops what a machine sends, until it does not`, { skip }, async (t) => {
    const lab = Lab.start(t);
    await lab.server('outside').call('listenTcp', 8000);
    const guest = await lab.open();
    await lab.service.call('switchTo', lab.id, 'normal');
    assert.equal(await guest.call('connect', SERVERS.outside, 8000), 'open');
    const stopper = () => lab.service.call('stopper', lab.id);
    await until(async () => (await stopper()) === null);

    lab.inHost('nft', rules);
    await until(async () => {
      assert.notEqual(await guest.call('connect', SERVERS.outside, 8000, 200), 'open');
      return (await stopper())?.program === program;
    });
    const said = (await stopper()).command;
    if (said.startsWith('nft')) lab.inHost('sh', '-c', said);
    else lab.inHost('nft', 'flush', 'ruleset');
    await until(async () => (await guest.call('connect', SERVERS.outside, 8000, 500)) === 'open');
    await until(async () => (await stopper()) === null);

    assert.match(said, command);
  });
}

test('what is stopped of one machine is said of that one alone', { skip }, async (t) => {
  const lab = Lab.start(t);
  const second = `${lab.id}-b`;
  const enter: string[] = await lab.service.call('open', lab.choice({ id: second, number: 77 }));
  await lab.service.call('openForwarding', second);
  const guest = await lab.open();
  for (const id of [lab.id, second]) await lab.service.call('switchTo', id, 'normal');
  const stopper = (id: string) => lab.service.call('stopper', id);
  // The second has no guest: what it sends comes from its namespace itself, past its own filter.
  for (const chain of ['output', 'input'])
    lab.inHost('env', ...enter, 'nft', 'insert', 'rule', 'inet', 'lazaret', chain, 'accept');
  const send = () => lab.inHost('env', ...enter, 'busybox', 'ping', '-c', '1', SERVERS.outside);

  const { uplink } = networkNames(lab.id);
  lab.inHost('nft', `table inet mine { chain c { type filter hook forward priority 0; iifname "${uplink}" drop; }; }`);
  const said: unknown[] = [];
  await until(async () => {
    send();
    await guest.call('connect', SERVERS.outside, 8000, 100);
    said.push(await stopper(lab.id));
    assert.equal(await stopper(second), null);
    return said.slice(-30).filter((each) => each !== null).length === 30;
  });
});
