import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../lib/errors.ts';
import { silentLog } from '../../sys/log.ts';
import { newsOf } from '../../vm/news.ts';
import { Standing } from './standing.ts';

/** A guest under a QEMU that stands as the test says, on a disk with so much room. */
function guest(t: TestContext, status = 'running') {
  const world = { status, freeBytes: 0, isMute: false, resets: 0, commands: [] as string[], told: [] as string[] };
  const qemu = {
    async execute(command: string) {
      world.commands.push(command);
      if (world.isMute) throw new AppError('VM_FAILED', `QEMU did not answer ${command}`);
      if (command === 'cont') {
        world.status = 'running';
        say('RESUME');
      }
      return { status: world.status, running: world.status === 'running' };
    },
  };
  const standing = new Standing({
    freeBytes: async () => world.freeBytes,
    async tell({ kind, text }) {
      world.told.push(`${kind}: ${text}`);
    },
    onReset: () => {
      world.resets += 1;
    },
    log: silentLog,
    lookMs: 1,
  });
  t.after(() => standing[Symbol.dispose]());
  const say = (event: string, data?: object) => {
    const news = newsOf({ event, data, timestamp: { seconds: 1, microseconds: 2 } });
    if (news) standing.hear(news, qemu);
  };
  const until = async (wanted: string | undefined) => {
    while (standing.standstill?.code !== wanted) await sleep(1);
  };
  return { world, standing, qemu, say, until };
}

const NO_ROOM = {
  device: '',
  'node-name': 'disk0',
  operation: 'write',
  action: 'stop',
  nospace: true,
  reason: 'No space',
};

test('D26: a guest that is held still is shown so with its reason, and goes on when it is let', async (t) => {
  const { world, standing, qemu, say, until } = guest(t);
  const holding = standing.hold(qemu, 'its time is over');
  world.status = 'paused';
  say('STOP');
  await holding;
  await until('VM_STANDS_STILL');
  assert.deepEqual(world.commands.slice(0, 1), ['stop']);
  assert.equal(standing.standstill?.reason, 'the guest stands still: its time is over');

  await standing.hold(qemu, 'its time is over');
  assert.equal(world.commands.filter((command) => command === 'stop').length, 1);
  assert.equal(await standing.goOn(qemu), true);
  await until(undefined);
});

test('a guest rests while it is saved without a word to anybody, and goes on where that fails', async (t) => {
  const { world, standing, qemu, say } = guest(t);
  const resting = standing.rest(qemu);
  world.status = 'paused';
  say('STOP');
  const wake = await resting;
  assert.deepEqual([world.told, standing.standstill], [[], undefined]);

  await wake();
  assert.deepEqual([world.status, world.told, standing.standstill], ['running', [], undefined]);
});

test('one that was held still before it was to be saved stays so', async (t) => {
  const { world, standing, qemu } = guest(t, 'io-error');
  await standing.setGoing(qemu);
  await assert.rejects(standing.rest(qemu), { code: 'VM_DISK_FULL' });
  world.status = 'guest-panicked';
  await standing.setGoing(qemu);
  await assert.rejects(standing.rest(qemu), { code: 'VM_STANDS_STILL' });

  world.status = 'suspended';
  await standing.setGoing(qemu);
  await (await standing.rest(qemu))();
  assert.equal(world.commands.includes('cont'), false);
});

test('a guest that met a full disk is shown so, and goes on by itself once there is room', async (t) => {
  const { world, standing, say, until } = guest(t);

  world.status = 'io-error';
  say('BLOCK_IO_ERROR', NO_ROOM);
  say('STOP');
  await until('VM_DISK_FULL');
  assert.match(standing.standstill?.remedy ?? '', /Free some space/);
  await sleep(20);
  assert.ok(!world.commands.includes('cont'), 'not before there is room');

  world.freeBytes = 1 << 30;
  await until(undefined);
  assert.deepEqual(
    world.told.map((text) => text.split(':')[0]),
    ['disk', 'paused', 'resumed'],
  );
});

test('a QEMU that does not answer meanwhile is asked again', async (t) => {
  const { world, say, until } = guest(t);
  world.status = 'io-error';
  say('BLOCK_IO_ERROR', NO_ROOM);
  say('STOP');
  await until('VM_DISK_FULL');

  world.isMute = true;
  world.freeBytes = 1 << 30;
  while (!world.commands.includes('cont')) await sleep(1);
  world.isMute = false;

  await until(undefined);
});

const STANDS: [title: string, event: string, data: object, said: RegExp][] = [
  [
    'a disk that cannot be read',
    'BLOCK_IO_ERROR',
    { ...NO_ROOM, operation: 'read', nospace: false },
    /could not be read/,
  ],
  ['a panic', 'GUEST_PANICKED', { action: 'pause' }, /its guest has panicked/],
  ['a watchdog', 'WATCHDOG', { action: 'pause' }, /its watchdog has run out/],
];

for (const [title, event, data, said] of STANDS) {
  test(`a guest that stands still after ${title} is shown so, told of, and left alone`, async (t) => {
    const { world, standing, say, until } = guest(t);
    world.freeBytes = 1 << 30;
    world.status = 'paused';

    say(event, data);
    say('STOP');
    await until('VM_STANDS_STILL');
    await sleep(10);

    assert.match(standing.standstill?.reason ?? '', said);
    assert.equal(world.told.length, 2);
    assert.ok(!world.commands.includes('cont'));
  });
}

test('a guest that panics stands still until it restarts itself, and is not waited for to shut down', async (t) => {
  const { world, standing, qemu, say, until } = guest(t);

  say('GUEST_PANICKED', { action: 'run', info: { type: 's390' } });
  await until('VM_STANDS_STILL');
  assert.match(world.told.join(), /^guest: its guest has panicked/);
  assert.equal(await standing.goOn(qemu), false);

  say('RESET', { guest: true, reason: 'guest-reset' });
  await until(undefined);
  assert.equal(world.resets, 1);
  assert.equal(await standing.goOn(qemu), true);
});

test('an error that the guest is told of stops nothing, and is told', async (t) => {
  const { world, standing, say } = guest(t);

  say('BLOCK_IO_ERROR', { ...NO_ROOM, action: 'report', nospace: false });
  while (world.told.length === 0) await sleep(1);

  assert.match(world.told[0] ?? '', /^disk: a disk could not be written: No space/);
  assert.equal(standing.standstill, undefined);
});

test('why it ended is known, and what stops then is no standstill', async (t) => {
  const { standing, say } = guest(t);

  say('SHUTDOWN', { guest: true, reason: 'guest-shutdown' });
  say('STOP');
  await sleep(5);

  assert.equal(standing.end, 'its guest shut down');
  assert.equal(standing.standstill, undefined);
});

test('a reset is passed on; what is no news, or in another form, is left out', (t) => {
  const { world, say } = guest(t);

  say('RESET', { guest: true, reason: 'guest-reset' });
  say('VSERPORT_CHANGE', { open: true, id: 'x' });
  say('SHUTDOWN', { reason: 7 });

  assert.equal(world.resets, 1);
});

const TO_END: [status: string, goesOn: boolean][] = [
  ['running', true],
  ['io-error', true],
  ['guest-panicked', false],
  ['internal-error', false],
];

for (const [status, goesOn] of TO_END) {
  test(`a guest that is ${status} ${goesOn ? 'goes on' : 'cannot go on'} to shut down`, async (t) => {
    const { world, standing, qemu } = guest(t, status);
    await standing.setGoing(qemu);

    assert.equal(await standing.goOn(qemu), goesOn);

    assert.equal(world.status === 'running', goesOn);
  });
}

const FOUND: [status: string, commands: string[], code: string | undefined][] = [
  ['running', ['query-status'], undefined],
  ['prelaunch', ['query-status', 'cont'], undefined],
  ['paused', ['query-status', 'cont'], undefined],
  ['postmigrate', ['query-status', 'cont'], undefined],
  ['guest-panicked', ['query-status'], 'VM_STANDS_STILL'],
  ['io-error', ['query-status'], 'VM_DISK_FULL'],
];

for (const [status, commands, code] of FOUND) {
  test(`a guest found ${status} by the next service`, async (t) => {
    const { world, standing, qemu } = guest(t, status);

    await standing.setGoing(qemu);

    assert.deepEqual([world.commands, standing.standstill?.code], [commands, code]);
  });
}
