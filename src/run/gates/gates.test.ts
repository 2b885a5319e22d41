import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PolicyDocument } from '../../policy/schema.ts';
import type { Start } from './gate.ts';
import { requireAllowed } from './table.ts';

/** A start that nothing stands against, but for `change`. */
function start(change: Partial<Start> = {}, policy: object = {}): Start {
  const document = PolicyDocument.parse({
    ...{ format: 1, project: 'ab'.repeat(32), vm: 'office', vmId: '5f0b9ed8-2f6c-4c0e-9d3c-6a1f3f0f7a11', serial: 7 },
    policy: { format: 1, ...policy },
  });
  const decision = { access: 'normal', reason: 'unrestricted' } as const;
  return { vm: 'office', policy: { document, lookedUpAt: undefined }, decision, term: { state: 'valid' }, ...change };
}

test('a machine that nothing stands against starts', () => {
  requireAllowed(start());
  requireAllowed(start({ term: { state: 'warned', endsAt: 1, message: 'Soon.' } }));
});

test('fact 30: an expired machine is refused, with the administrator’s text', () => {
  const term = { state: 'expired', endsAt: Date.parse('2026-12-25'), message: 'Ask Ann in room 12.' } as const;

  assert.throws(() => requireAllowed(start({ term })), {
    code: 'EXPIRED',
    message: 'office has expired: Ask Ann in room 12.',
    details: { vm: 'office', endsAt: '2026-12-25T00:00:00.000Z', policySerial: 7 },
  });
  assert.throws(() => requireAllowed(start({ term: { state: 'expired' } })), { message: 'office has expired' });
});

test('fact 32: a copy-protected machine that was moved is refused, another is not', () => {
  const moved = { movedFrom: 'it was installed on another computer' };

  assert.throws(() => requireAllowed(start(moved, { copyProtection: { enabled: true } })), {
    code: 'MOVED',
    message: 'office runs only where it was installed: it was installed on another computer',
  });
  requireAllowed(start(moved, { copyProtection: { enabled: false } }));
  requireAllowed(start(moved));
});

test('a machine whose disks nothing could open does not run in clear', () => {
  const disks = { encryption: { disks: true } };
  assert.throws(
    () => requireAllowed(start({}, { ...disks, authentication: { type: 'users-and-groups', users: ['a'] } })),
    {
      code: 'POLICY_INVALID',
      message: 'office may not start: encryption.disks needs a password or a script that opens the machine',
    },
  );
  requireAllowed(start({}, { ...disks, authentication: { type: 'password' } }));
  requireAllowed(start({}, { encryption: { configuration: true } }));
});
