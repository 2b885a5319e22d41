import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { networkNames } from '../../src/firewall/addresses.ts';
import { Lab, SERVERS, whyNot } from './net/lab.ts';
import { everything, only } from './net/lists.ts';

const skip = whyNot();

for (const mode of ['normal', 'restricted', 'refuse'] as const) {
  test(`a killed service leaves access as it was in mode ${mode}, and the next one takes over`, { skip }, async (t) => {
    const lab = Lab.start(t);
    for (const name of ['updates', 'intranet'] as const) await lab.server(name).call('listenTcp', 8000);
    const guest = await lab.open();
    const before = await lab.service.call('switchTo', lab.id, mode);
    const reach = async () => [
      await guest.call('connect', SERVERS.updates, 8000),
      await guest.call('connect', SERVERS.intranet, 8000),
    ];
    const reached = await reach();
    const { helpers } = await lab.service.call('state', lab.id);

    await lab.service.end('SIGKILL');
    const without = await reach();
    await lab.startService().call('adopt', lab.choice());
    const state = await lab.service.call('state', lab.id);

    assert.deepEqual(without, reached);
    assert.deepEqual(await reach(), reached);
    assert.deepEqual([state.mode, state.generation], [mode, before.generation]);
    assert.deepEqual(state.helpers, helpers);
    assert.equal((await lab.service.call('switchTo', lab.id, 'restricted')).generation, before.generation + 1);
    assert.deepEqual(await reach(), ['open', 'ECONNREFUSED']);
  });
}

test('a service that finds other lists in force puts its own there', { skip }, async (t) => {
  const lab = Lab.start(t);
  for (const name of ['updates', 'intranet'] as const) await lab.server(name).call('listenTcp', 8000);
  const guest = await lab.open({ restricted: only(SERVERS.updates) });
  await lab.service.call('switchTo', lab.id, 'restricted');

  await lab.service.end('SIGKILL');
  await lab.startService().call('adopt', lab.choice({ restricted: only(SERVERS.intranet) }));

  assert.equal(await guest.call('connect', SERVERS.updates, 8000), 'ECONNREFUSED');
  assert.equal(await guest.call('connect', SERVERS.intranet, 8000), 'open');
});

test('a killed service’s network is removed by the next one, and the host is as before', { skip }, async (t) => {
  const lab = Lab.start(t);
  const before = lab.hostDump();
  await lab.service.call('open', lab.choice());

  await lab.service.end('SIGKILL');
  const left = lab.hostDump();
  await lab.startService().call('remove', lab.id);

  assert.notEqual(left, before);
  assert.equal(lab.hostDump(), before);
  assert.ok(!execFileSync('ip', ['netns'], { encoding: 'utf8' }).includes(networkNames(lab.id).namespace));
});

test('what a killed service left is in the way of no new start', { skip }, async (t) => {
  const lab = Lab.start(t);
  await lab.server('updates').call('listenTcp', 8000);
  await lab.service.call('open', lab.choice());

  await lab.service.end('SIGKILL');
  lab.startService();
  const guest = await lab.open({ normal: everything });
  await lab.service.call('switchTo', lab.id, 'normal');

  assert.equal(await guest.call('connect', SERVERS.updates, 8000), 'open');
});

test('it works in a user namespace with one user, where no name resolves', { skip }, () => {
  const script = join(import.meta.dirname, 'net', 'alone.ts');
  const wrapper = `mount -t tmpfs t /run && mount -t sysfs s /sys && exec ${process.execPath} ${script}`;

  const { status, stdout, stderr } = spawnSync('unshare', ['-Urnm', 'sh', '-c', wrapper], { encoding: 'utf8' });

  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), { modes: ['refuse', 'restricted', 'normal'], resolves: false, left: '' });
});
