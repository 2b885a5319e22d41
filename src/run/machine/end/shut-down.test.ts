import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../lib/errors.ts';
import { type ShuttingDown, shutDown } from './shut-down.ts';

const FULL = { ...new AppError('VM_DISK_FULL', ''), reason: 'the guest stands still: no room', remedy: '' };

/** A guest that stands still or not, and a QEMU that ends when it is asked to shut down, if it can. */
function guest({ stands = false, canGoOn = true, heeds = true } = {}) {
  const world = { stands, hasGone: false, commands: [] as string[] };
  const parts: ShuttingDown = {
    qemu: {
      async execute(command) {
        world.commands.push(command);
        world.hasGone = heeds && !world.stands;
        return {};
      },
    },
    standing: {
      get standstill() {
        return world.stands ? FULL : undefined;
      },
      async goOn() {
        if (canGoOn) world.stands = false;
        return canGoOn;
      },
    },
    async hasGone(timeoutMs) {
      if (!world.hasGone) await sleep(Math.min(timeoutMs, 5));
      return world.hasGone;
    },
    shutdownMs: 500,
    standsMs: 20,
  };
  return { world, parts };
}

test('a guest that runs is asked to shut down', async () => {
  const { world, parts } = guest();
  assert.equal(await shutDown(parts), undefined);
  assert.deepEqual(world.commands, ['system_powerdown']);
});

test('a guest that stands still is set going first', async () => {
  const { parts } = guest({ stands: true });
  assert.equal(await shutDown(parts), undefined);
});

test('one that cannot go on is not asked what it cannot answer', async () => {
  const { world, parts } = guest({ stands: true, canGoOn: false });
  assert.equal(await shutDown(parts), FULL.reason);
  assert.deepEqual(world.commands, []);
});

test('one that stands still again is not waited for to the end; one that goes on meanwhile is', async () => {
  const { world, parts } = guest({ heeds: false });
  const patient = { ...parts, shutdownMs: 3_600_000 };
  const ending = shutDown({ ...patient, standsMs: 3_600_000 });
  world.stands = true;
  await sleep(20);
  world.stands = false;
  world.hasGone = true;
  assert.equal(await ending, undefined);

  world.hasGone = false;
  const standing = shutDown(patient);
  await sleep(1);
  world.stands = true;
  assert.equal(await standing, FULL.reason);
});

test('one that does not heed is told of so', async () => {
  const { parts } = guest({ heeds: false });
  assert.equal(await shutDown({ ...parts, shutdownMs: 20 }), 'its guest did not shut down in 0.02 s');
});
