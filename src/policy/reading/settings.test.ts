import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MachinePolicy } from '../schema.ts';
import { POLICY_NAMES } from '../table.ts';
import { settingsOf } from './settings.ts';

const NOTHING = MachinePolicy.parse({ format: 1 });

test('every policy of the table is a setting, also where nothing is set', () => {
  const settings = settingsOf(NOTHING, NOTHING);
  assert.deepEqual(Object.keys(settings), POLICY_NAMES);
  const { quarantine, ipv6, updates, encryption, authentication, expiration, reimage, troubleshooting, exit } =
    settings;
  assert.deepEqual(
    [quarantine, ipv6, updates, encryption, authentication, expiration, reimage, troubleshooting, exit],
    ['none', 'off', 'off', 'off', 'none', 'never', 'off', 'on', 'suspend'],
  );
});

test('what comes with the machine is as it was installed, the rest as the policy in force says', () => {
  const inForce = MachinePolicy.parse({
    ...{ format: 1, expiration: { type: 'days', days: 3 }, copyProtection: { enabled: true } },
    ...{ authentication: { type: 'none' }, updates: { healthTimeout: '1m' } },
  });
  const installed = MachinePolicy.parse({ format: 1, authentication: { type: 'password' } });
  const { expiration, copyProtection, authentication, updates } = settingsOf(inForce, installed);
  assert.deepEqual([expiration, copyProtection, authentication, updates], ['days', 'on', 'password', 'off']);
});

test('a policy that has a number beside its switch is on or off by the switch', () => {
  const on = MachinePolicy.parse({ format: 1, snapshots: { enabled: true, most: 3 } });
  const off = MachinePolicy.parse({ format: 1, snapshots: { enabled: false, most: 3 } });
  const words = [NOTHING, on, off].map((policy) => settingsOf(policy, NOTHING).snapshots);
  assert.deepEqual(words, ['off', 'on', 'off']);
});

test('a shared folder is said by what its guest may do there', () => {
  const words = [{}, { access: 'nobody' }, { access: 'read-only' }, { access: 'read-write' }].map((sharedFolder) => {
    const policy = MachinePolicy.parse({ format: 1, sharedFolder });
    return settingsOf(policy, NOTHING).sharedFolder;
  });
  assert.deepEqual(words, ['off', 'off', 'read-only', 'read-write']);
});

test('the clipboard is on when one of its ways is open, whatever may be copied at once', () => {
  const words = [{}, { guestToHost: true }, { hostToGuest: true }, { mostKiB: 3 }].map((clipboard) => {
    const policy = MachinePolicy.parse({ format: 1, clipboard });
    return settingsOf(policy, NOTHING).clipboard;
  });
  assert.deepEqual(words, ['off', 'on', 'on', 'off']);
});
