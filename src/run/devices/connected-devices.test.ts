import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { code } from '../../../test/fakes/made-computer.ts';
import { scratch } from '../../../test/fakes/made-project.ts';
import { NO_PRINTER } from '../../../test/fakes/no-printer.ts';
import { AppError } from '../../lib/errors.ts';
import type { Account } from '../../policy/parts/account.ts';
import { PolicyDocument } from '../../policy/schema.ts';
import type { PluginEnd } from '../../quarantine/plugin.ts';
import { type DeviceWord, readDeviceWord } from './ask-script.ts';
import { ConnectedDevices } from './connected-devices.ts';
import { readConnected, writeConnected } from './kept-devices.ts';

const ALICE: Account = { sid: 'S-1-5-21-1', names: ['alice'], groups: [], groupNames: ['staff'] };
const SINCE = '2026-01-10T12:00:00.000Z';

const documentWith = (devices: object) =>
  PolicyDocument.parse({
    ...{ format: 1, project: '0'.repeat(64), vm: 'office', vmId: '6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a11', serial: 1 },
    policy: { format: 1, quarantine: { type: 'none' }, devices },
  });

/** A machine with the drive `cd`, in which there is a disc, and a QEMU that knows no more than that. */
async function withDisc(t: TestContext, rule: object, kept: object = {}, isFree = false) {
  const runFolder = scratch(t);
  await writeConnected(runFolder, new Map([['cd', { what: '/a.iso', since: SINCE, ...kept }]]));
  const asked: string[] = [];
  const told: string[] = [];
  const world = { rule, word: { granted: true, said: '' } as DeviceWord, asked, told, isSuspending: false };
  let node: string | undefined = 'medium-1000';
  let isOpen = false;
  const qemu = {
    async execute(command: string) {
      if (command === 'query-block')
        return [{ qdev: 'device-cd', tray_open: isOpen, ...(node ? { inserted: { 'node-name': node } } : {}) }];
      if (command === 'blockdev-open-tray') isOpen = true;
      if (command === 'blockdev-close-tray') isOpen = false;
      if (command === 'blockdev-remove-medium') node = undefined;
      return command === 'query-fdsets' ? [] : {};
    },
  };
  const document = () => documentWith({ cd: world.rule });
  const devices = new ConnectedDevices({
    ...{ vm: 'office', devices: { cd: { kind: 'cd' } }, runFolder, document, isFree },
    isSuspending: () => world.isSuspending,
    host: { qemu, monitor: '', parallel: '', printer: NO_PRINTER },
    askScript: async ({ event }) => {
      world.asked.push(event);
      return world.word;
    },
    tell: async ({ text }) => void world.told.push(text),
    now: async () => Date.parse(SINCE),
  });
  return { devices, world };
}

const isConnected = async (devices: ConnectedDevices) => (await devices.list())[0]?.connected !== undefined;

test('what is connected stays while policy lets it, and goes at once when it does not', async (t) => {
  const { devices, world } = await withDisc(t, { type: 'everybody' });
  await devices.follow('interval');
  assert.equal(await isConnected(devices), true);

  world.rule = { type: 'nobody' };
  await devices.follow('interval');

  assert.equal(await isConnected(devices), false);
  assert.deepEqual(world.told, ['“cd” is disconnected: the project lets nobody connect “cd” of office']);
});

test('what its user takes away himself is told of as that', async (t) => {
  const { devices, world } = await withDisc(t, { type: 'everybody' });
  await devices.disconnect('cd', false);
  assert.deepEqual(world.told, ['“cd” is disconnected: by hand']);
});

test('a machine that is powered on without policies keeps what is connected, whatever policy says of it', async (t) => {
  const { devices } = await withDisc(t, { type: 'nobody' }, {}, true);
  await devices.follow('interval');
  const [cd] = await devices.list();
  assert.deepEqual([cd?.may, cd?.connected?.what], ['everybody', '/a.iso']);
});

test('who connected it has to be on the list as it is now', async (t) => {
  const kept = { account: { ...ALICE, names: [...ALICE.names], groups: [], groupNames: ['staff'] } };
  const { devices, world } = await withDisc(t, { type: 'users-and-groups', groups: ['staff'] }, kept);
  await devices.follow('interval');
  assert.equal(await isConnected(devices), true);
  world.rule = { type: 'users-and-groups', users: ['bob'] };
  await devices.follow('interval');
  assert.equal(await isConnected(devices), false);
});

test('fact 74, D24: a plug-in is asked when it is new, and after a reset; its FALSE takes the device away', async (t) => {
  const { devices, world } = await withDisc(t, { type: 'everybody' });
  world.rule = { type: 'script', file: 'may.sh' };
  await devices.follow('interval');
  await devices.follow('interval');
  assert.deepEqual(world.asked, ['interval'], 'and not again and again');
  assert.equal(await isConnected(devices), true);
  world.word = { granted: false, said: 'not in this zone' };
  await devices.follow('reset');
  assert.equal(world.asked.at(-1), 'reset');
  assert.equal(await isConnected(devices), false);
  assert.ok(world.told.includes('not in this zone'));
});

test('what policy takes back goes before all that waits to be connected, however much that is', async (t) => {
  const { devices, world } = await withDisc(t, { type: 'everybody' });
  const wish = { what: '/nowhere.iso', uid: undefined, isForced: false };
  const flood = Array.from({ length: 50 }, () => devices.connect('cd', wish).catch(() => undefined));
  world.rule = { type: 'nobody' };
  let connecting = flood.length;
  for (const one of flood) void one.then(() => (connecting -= 1));

  await devices.follow('interval');

  assert.ok(connecting >= flood.length - 1, `${flood.length - connecting} were connected first`);
  await Promise.all(flood);
});

test('nothing is connected to a machine whose memory is being saved, whatever waited for it', async (t) => {
  const { devices, world } = await withDisc(t, { type: 'everybody' });
  const wish = { what: '/nowhere.iso', uid: undefined, isForced: false };
  world.isSuspending = true;
  await devices.disconnectAll('suspended');
  await assert.rejects(devices.connect('cd', wish), { code: 'VM_NOT_RUNNING', message: 'office is being suspended' });
  world.isSuspending = false;
  await assert.rejects(devices.connect('cd', wish), code('FILE_MISSING'));
});

test('one that cannot be taken away keeps no other connected, and is told of', async (t) => {
  const runFolder = scratch(t);
  const kept = { what: 'x', since: SINCE };
  await writeConnected(
    runFolder,
    new Map([
      ['lan', kept],
      ['mic', kept],
    ]),
  );
  const devices = new ConnectedDevices({
    ...{
      vm: 'office',
      devices: { lan: { kind: 'network', network: 'isolated' }, mic: { kind: 'microphone' } },
      runFolder,
    },
    document: () => documentWith({}),
    host: {
      qemu: {
        execute: async () => {
          throw new AppError('VM_FAILED', 'QEMU does not answer');
        },
      },
      ...{ monitor: '', parallel: '', printer: NO_PRINTER },
    },
    askScript: async () => ({ granted: true, said: '' }),
    tell: async () => undefined,
    now: async () => Date.parse(SINCE),
  });
  const heard = await devices.whileConnected('microphone');

  await assert.rejects(devices.follow('interval'), code('VM_FAILED'));

  assert.equal(heard?.aborted, true);
  assert.deepEqual([...(await readConnected(runFolder)).keys()], ['lan']);
});

test('what policy withholds is refused before anything is opened', async (t) => {
  const { devices, world } = await withDisc(t, { type: 'nobody' });
  const wish = { what: '/nowhere.iso', uid: undefined, isForced: false };
  await assert.rejects(devices.connect('cd', wish), code('DEVICE_FORBIDDEN'));
  world.rule = { type: 'users-and-groups', users: ['bob'] };
  await assert.rejects(devices.connect('cd', wish, ALICE), code('DEVICE_FORBIDDEN'));
  world.rule = { type: 'script', file: 'may.sh' };
  world.word = { granted: false, said: '' };
  await assert.rejects(devices.connect('cd', wish), code('DEVICE_FORBIDDEN'));
  world.word = { granted: false, code: 'PLUGIN_LATE', why: 'it was late', said: '' };
  await assert.rejects(devices.connect('cd', wish), code('PLUGIN_LATE'));
  await assert.rejects(devices.connect('dvd', wish), code('DEVICE_UNKNOWN'));
});

const exited = (status: number, text: string): PluginEnd => ({ end: 'exited', status, stdout: Buffer.from(text) });
const WORDS: [title: string, run: PluginEnd, granted: boolean | 'void'][] = [
  ['TRUE grants', exited(0, 'TRUE\n'), true],
  ['FALSE does not', exited(0, 'FALSE'), false],
  ['TRUE with status 1 does not', exited(1, 'TRUE\n'), 'void'],
  ['another word is none', exited(0, 'true\n'), 'void'],
  ['nothing is none', exited(0, ''), 'void'],
  ['a run that takes too long is none', { end: 'late', timeoutMs: 1000 }, 'void'],
];

for (const [title, run, granted] of WORDS) {
  test(`fact 74: of a plug-in for a device, ${title}`, () => {
    const word = readDeviceWord(run);
    assert.equal('granted' in word ? word.granted : 'void', granted);
  });
}

test('who hears a machine is cut off when its sound is taken away, by whatever takes it; who asks then is not let in', async (t) => {
  const runFolder = scratch(t);
  const world: { rule: object } = { rule: { type: 'everybody' } };
  const document = () => documentWith({ speaker: world.rule });
  const devices = new ConnectedDevices({
    ...{ vm: 'office', devices: { speaker: { kind: 'sound' } }, runFolder, document },
    host: { qemu: { execute: async () => ({}) }, monitor: '', parallel: '', printer: NO_PRINTER },
    askScript: async () => ({ granted: true, said: '' }),
    tell: async () => undefined,
    now: async () => Date.parse(SINCE),
  });
  const wish = { what: undefined, isForced: false, uid: 0 };
  const ways: (() => Promise<void>)[] = [
    () => devices.disconnect('speaker', false),
    () => devices.disconnectAll('suspended'),
    async () => {
      world.rule = { type: 'nobody' };
      await devices.follow('interval');
    },
  ];
  assert.equal(await devices.whileConnected('sound'), undefined);
  for (const takeAway of ways) {
    await devices.connect('speaker', wish);
    const [heard, too] = [await devices.whileConnected('sound'), await devices.whileConnected('sound')];
    assert.deepEqual([heard?.aborted, too?.aborted], [false, false]);

    await takeAway();

    assert.deepEqual([heard?.aborted, too?.aborted], [true, true]);
    assert.equal(await devices.whileConnected('sound'), undefined);
  }
  await assert.rejects(devices.connect('speaker', wish), code('DEVICE_FORBIDDEN'));
  world.rule = { type: 'everybody' };
  await assert.rejects(devices.connect('speaker', { ...wish, what: '/dev/snd' }), code('USAGE'));
  assert.equal(await devices.whileConnected('sound'), undefined);
});
