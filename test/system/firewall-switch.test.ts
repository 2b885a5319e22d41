import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Lab, SERVERS, whyNot } from './net/lab.ts';
import { everything, only } from './net/lists.ts';

const skip = whyNot();

test('a switch cuts the flows it forbids and leaves the others alive, whichever end speaks', { skip }, async (t) => {
  const lab = Lab.start(t);
  for (const name of ['updates', 'intranet'] as const) {
    await lab.server(name).call('listenTcp', 8000);
    await lab.server(name).call('listenTcp', 8001, 20);
  }
  const guest = await lab.open({ restricted: only(`${SERVERS.updates} tcp 8000-8001`) });
  await lab.service.call('switchTo', lab.id, 'normal');
  const flow = async (server: string, port: number) => ({ number: await guest.call('openFlow', server, port), port });
  const use = ({ number, port }: { number: number; port: number }) => guest.call('useFlow', number, port === 8000);
  const allowed = [await flow(SERVERS.updates, 8000), await flow(SERVERS.updates, 8001)];
  const [asked, pushed] = [await flow(SERVERS.intranet, 8000), await flow(SERVERS.intranet, 8001)];
  for (const each of [...allowed, asked, pushed]) assert.equal(await use(each), 'alive');

  await lab.service.call('switchTo', lab.id, 'restricted');
  const restricted = [await use(asked), await guest.call('useFlow', pushed.number, false, 300)];
  const whenSpoken = await guest.call('useFlow', pushed.number, true);
  const alive = [await use(allowed[0] ?? asked), await use(allowed[1] ?? asked)];
  await lab.service.call('switchTo', lab.id, 'normal');
  const widened = [await use(allowed[0] ?? asked), await use(allowed[1] ?? asked)];

  assert.deepEqual(restricted, ['ECONNRESET', 'silent']);
  assert.equal(whenSpoken, 'ECONNRESET');
  assert.deepEqual(alive, ['alive', 'alive']);
  assert.deepEqual(widened, ['alive', 'alive']);
});

test('a list of 10,000 entries is loaded and switched to like a short one', { skip }, async (t) => {
  const lab = Lab.start(t);
  for (const name of ['updates', 'intranet'] as const) await lab.server(name).call('listenTcp', 8000);
  const entries = Array.from(
    { length: 9999 },
    (_, i) => `100.${64 + (i >> 12)}.${(i >> 4) & 255}.${(i & 15) * 16}/28 tcp 443`,
  );
  const began = performance.now();
  const guest = await lab.open({ restricted: only(...entries, `${SERVERS.updates} tcp 8000`) });
  const openedMs = performance.now() - began;
  const times: number[] = [];

  for (let round = 0; round < 20; round += 1)
    times.push((await lab.service.call('switchTo', lab.id, round % 2 ? 'restricted' : 'normal')).durationMs);

  times.sort((a, b) => a - b);
  t.diagnostic(
    `opened in ${openedMs.toFixed(0)} ms; switch p50 ${times[10]?.toFixed(1)}, max ${times[19]?.toFixed(1)} ms`,
  );
  assert.equal(await guest.call('connect', SERVERS.updates, 8000), 'open');
  assert.equal(await guest.call('connect', SERVERS.intranet, 8000), 'ECONNREFUSED');
});

test('lists that change while the machine runs cut what they no longer allow and nothing else', { skip }, async (t) => {
  const lab = Lab.start(t);
  for (const name of ['updates', 'intranet', 'outside'] as const) await lab.server(name).call('listenTcp', 8000);
  const guest = await lab.open({ restricted: only(SERVERS.updates, `${SERVERS.intranet} tcp 8000`) });
  await lab.service.call('switchTo', lab.id, 'restricted');
  const kept = await guest.call('openFlow', SERVERS.updates, 8000);
  const lost = await guest.call('openFlow', SERVERS.intranet, 8000);
  const chains = () => lab.inMachine('nft', 'list', 'ruleset').match(/(normal|restricted)_[0-9a-f]{8}/g) ?? [];
  const before = new Set(chains());

  const changed = await lab.service.call('changeLists', lab.id, everything, only(SERVERS.updates, SERVERS.outside));

  assert.equal(changed.mode, 'restricted');
  assert.equal(await guest.call('useFlow', lost, true), 'ECONNRESET');
  assert.equal(await guest.call('useFlow', kept, true), 'alive');
  assert.equal(await guest.call('connect', SERVERS.intranet, 8000), 'ECONNREFUSED');
  assert.equal(await guest.call('connect', SERVERS.outside, 8000), 'open');
  assert.deepEqual(
    chains().filter((name) => before.has(name)),
    [],
    'the old lists are still loaded',
  );
});

test('an nft that was killed, or rules that were taken away, open nothing', { skip }, async (t) => {
  const lab = Lab.start(t);
  for (const name of ['updates', 'intranet'] as const) await lab.server(name).call('listenTcp', 8000);
  const guest = await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');
  const inside = () =>
    execFileSync('ip', ['netns', 'pids', lab.enter[1]?.split('/').at(-1) ?? ''], { encoding: 'utf8' });
  const commandOf = (pid: string) => execFileSync('cat', [`/proc/${pid}/cmdline`], { encoding: 'utf8' });
  const sessions = inside()
    .split('\n')
    .filter((pid) => pid && commandOf(pid).startsWith('nft\0'));

  for (const pid of sessions) process.kill(Number(pid), 'SIGKILL');
  const { generation } = await lab.service.call('switchTo', lab.id, 'restricted');

  assert.equal(sessions.length, 1);
  assert.equal(await guest.call('connect', SERVERS.intranet, 8000), 'ECONNREFUSED');
  assert.equal(await guest.call('connect', SERVERS.updates, 8000), 'open');
  assert.equal((await lab.service.call('state', lab.id)).generation, generation);

  lab.inMachine('nft', 'delete', 'table', 'inet', 'lazaret');
  await assert.rejects(lab.service.call('switchTo', lab.id, 'normal'), { code: 'FILTER_FAILED' });

  assert.notEqual(await guest.call('connect', SERVERS.updates, 8000, 500), 'open');
  assert.equal((await lab.service.call('state', lab.id)).mode, 'refuse');
});
