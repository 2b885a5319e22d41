import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lab, SERVERS, whyNot } from './net/lab.ts';
import { only } from './net/lists.ts';
import { until } from './net/until.ts';

const skip = whyNot();
const ROUNDS = 24;
const LATEST_MS = 60;
/** Nothing of this leads to the third server, whatever is in force. */
const LISTS = [
  [only(SERVERS.updates, SERVERS.intranet), only(SERVERS.updates)],
  [only(SERVERS.intranet), only(`${SERVERS.updates} tcp 8000`, 'some.test')],
] as const;

test('whatever is killed, whenever, in the middle of switches and of changes of lists: nothing forbidden by all opens', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const sink = lab.server('outside');
  await sink.call('sinkUdp', 9000);
  await lab.server('updates').call('listenTcp', 8000);
  const guest = await lab.open({ normal: LISTS[0][0], restricted: LISTS[0][1] });
  await guest.call('startFlood', SERVERS.outside, 9000);
  const victims = ['lazaret', 'nft', 'dnsmasq'];
  const ended: Record<string, number> = {};

  for (let round = 0; round < ROUNDS; round += 1) {
    const lists = LISTS[(round >> 1) % 2] ?? LISTS[0];
    const victim = victims[round % victims.length] ?? '';
    const change =
      round % 2 === 0
        ? lab.service.call('changeLists', lab.id, ...lists)
        : lab.service.call('switchTo', lab.id, round % 4 === 1 ? 'normal' : 'restricted');
    const result = change.catch((error: Error) => error);
    await sleep(Math.random() * LATEST_MS);
    if (victim === 'lazaret') await lab.service.end('SIGKILL');
    else ended[victim] = (ended[victim] ?? 0) + kill(lab, victim);
    await result;
    if (victim === 'lazaret')
      await lab.startService().call('adopt', lab.choice({ normal: lists[0], restricted: lists[1] }));
    if (victim === 'dnsmasq') await lab.service.call('startHelpers', lab.id);
    assert.deepEqual(await sink.call('sunk'), [], `round ${round}, killed ${victim}`);
  }
  await lab.service.call('changeLists', lab.id, ...LISTS[0]);
  await lab.service.call('switchTo', lab.id, 'restricted');

  assert.ok((ended['nft'] ?? 0) > 0 && (ended['dnsmasq'] ?? 0) > 0);
  assert.equal(await guest.call('connect', SERVERS.updates, 8000), 'open');
  assert.equal(await guest.call('connect', SERVERS.intranet, 8000), 'ECONNREFUSED');
  assert.deepEqual(await sink.call('sunk'), []);
});

/** Kills what runs under that name in the machine’s namespace; gives how many. */
function kill(lab: Lab, name: string): number {
  const namespace = lab.enter[1]?.split('/').at(-1) ?? '';
  const pids = execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).split('\n').filter(Boolean);
  return pids.filter((pid) => isCalled(pid, name) && endedNow(Number(pid))).length;
}

function isCalled(pid: string, name: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name;
  } catch {
    return false; // It has ended since it was listed.
  }
}

function endedNow(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

test('after a restart of the computer nothing is left, a machine starts as ever, and its end leaves nothing', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  await lab.server('updates').call('listenTcp', 8000);
  const before = lab.hostDump();
  await lab.service.call('open', lab.choice());
  const { namespace, uplink } = names(lab);

  await lab.service.end('SIGKILL');
  for (const pid of execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).split('\n').filter(Boolean))
    endedNow(Number(pid));
  lab.inHost('ip', 'link', 'delete', uplink);
  execFileSync('ip', ['netns', 'delete', namespace]);
  lab.inHost('nft', 'flush', 'ruleset');
  for (const name of ['updates', 'intranet', 'outside'])
    lab.inHost('sh', '-c', `echo 0 >/proc/sys/net/ipv4/conf/v-${name}/forwarding`);
  execFileSync('rm', ['-rf', `${lab.folder}/host.json`, `${lab.folder}/${lab.id}`]);
  assert.equal(lab.hostDump(), before);

  lab.startService();
  const guest = await lab.open();
  await lab.service.call('switchTo', lab.id, 'restricted');
  assert.equal(await guest.call('connect', SERVERS.updates, 8000), 'open');
  assert.equal(await guest.call('connect', SERVERS.intranet, 8000), 'ECONNREFUSED');
  await lab.service.call('close', lab.id);
  await until(() => lab.hostDump() === before);
});

function names(lab: Lab): { namespace: string; uplink: string } {
  const uplink = /(lz-[0-9a-f]+)@/.exec(lab.inHost('ip', '-o', 'link'))?.[1] ?? '';
  return { namespace: uplink.replace('lz-', 'lazaret-'), uplink };
}
