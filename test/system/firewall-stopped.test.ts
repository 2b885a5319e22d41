import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lab, SERVERS, until, whyNot } from './net/lab.ts';

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
    const stopper = () => lab.service.call('stopper');
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
