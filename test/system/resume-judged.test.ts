import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVERS, whyNoNetwork } from '../../lab/network.ts';
import { counting, goesOn, refusal, stateOf, suspend } from '../fakes/counting-machine.ts';

const DAY_MS = 86_400_000;
const day = (ms: number) => new Date(ms).toLocaleDateString('sv-SE');

test('a suspended machine is judged anew before its first packet passes; one that may not run stays suspended', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await counting(undefined, '', '1s');
  const { network, computer } = job;
  const manager = async (...words: string[]) => {
    const { status, stdout, stderr } = await computer.manager(...words);
    assert.equal(status, 0, stdout + stderr);
  };
  const host = (words: string) => {
    const [program = '', ...args] = network.command('host', 'ip', words.split(' '));
    execFileSync(program, args);
  };
  const pings = () => {
    const { marked, others } = network.pings('intranet');
    return marked + others;
  };
  const untilPinged = async () => {
    pings();
    while (pings() === 0) await sleep(100);
  };
  /** What it pings for all of its life answers no more from the moment at which it goes on. */
  const goesOnRestricted = async (before: number) => {
    pings();
    await goesOn(job, before);
    assert.deepEqual(await job.reached(), ['update']);
    assert.equal(pings(), 0);
  };
  const lists = (...normal: string[]) => job.setLists({ normal, restricted: ['update.lab.test'], interval: '1s' });
  const all = ['intranet.lab.test', 'update.lab.test'];

  const policy = join(computer.project, 'vms', job.vm, 'policy.yaml');
  const [first = ''] = /0x[0-9A-F]{8}/.exec(readFileSync(policy, 'utf8')) ?? [];
  assert.equal((await job.nqSet(first)).status, 0);
  await job.guest(`(while :; do ping -c 1 -W 1 ${SERVERS.intranet}; done) >/dev/null 2>&1 &`);
  await untilPinged();

  await t.test('with all as it was it has the access that it had', async () => {
    const before = await suspend(job);
    pings();
    await goesOn(job, before);
    await untilPinged();
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
  });

  await t.test('its version is allowed no more', async () => {
    const before = await suspend(job);
    await job.addVersion('1.1');
    await job.require('1.1');
    await goesOnRestricted(before);
    await job.require('1.0');
    await untilPinged();
  });

  await t.test('its policy lets it reach less', async () => {
    const before = await suspend(job);
    await lists('update.lab.test');
    await job.deploy();
    await goesOnRestricted(before);
    await lists(...all);
    await job.deploy();
    await untilPinged();
  });

  await t.test('its computer is in another zone', async () => {
    const zone = { name: 'hotel', when: { subnets: ['192.0.2.0/24'] }, normal: { entries: ['update.lab.test'] } };
    appendFileSync(policy, `  zones: ${JSON.stringify([zone])}\n`);
    await job.deploy();
    await job.lookUp();
    const before = await suspend(job);
    host('link add hotel type veth peer name air');
    host('link set air up');
    host('address add 192.0.2.7/24 dev hotel');
    host('link set hotel up');
    await goesOnRestricted(before);
    host('link del hotel');
    await untilPinged();
  });

  await t.test('its time is over: refused, nothing is lost, and with more time it goes on', async () => {
    const before = await suspend(job);
    await manager('policy', 'expiration', job.vm, '--date', day(Date.now() - DAY_MS));
    await job.deploy();
    pings();
    assert.equal((await refusal(job)).code, 'EXPIRED');
    assert.deepEqual([await stateOf(job), pings()], ['suspended', 0]);
    await manager('policy', 'expiration', job.vm, '--date', day(Date.now() + 2 * DAY_MS));
    await job.deploy();
    await goesOn(job, before);
    await untilPinged();
  });
});
