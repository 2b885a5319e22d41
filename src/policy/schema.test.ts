import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Version } from './quarantine.ts';
import { MachinePolicy, VM_NAME } from './schema.ts';

const ROWS: [title: string, policy: object, ok: boolean][] = [
  ['a policy without quarantine', { format: 1 }, true],
  ['an unknown key', { format: 1, expiration: 'never' }, false],
  ['an unknown key inside', { format: 1, quarantine: { type: 'none', mode: 'whitelist' } }, false],
  ['a custom quarantine without its plug-in', { format: 1, quarantine: { type: 'custom' } }, false],
  ['a custom quarantine with one', { format: 1, quarantine: { type: 'custom', script: { file: 'check.sh' } } }, true],
  ['a plug-in elsewhere', { format: 1, quarantine: { type: 'custom', script: { file: '../check.sh' } } }, false],
  ['a plug-in in a folder', { format: 1, quarantine: { type: 'custom', script: { file: 'a/check.sh' } } }, false],
  [
    'a plug-in that may take longer than a minute',
    { format: 1, quarantine: { type: 'custom', script: { file: 'check.sh', timeout: '61s' } } },
    false,
  ],
  [
    'an argument that the system could not hand over',
    { format: 1, quarantine: { type: 'custom', script: { file: 'check.sh', arguments: ['a\0b'] } } },
    false,
  ],
  [
    'an update message, which a plug-in has no use for',
    { format: 1, quarantine: { type: 'custom', script: { file: 'check.sh' }, messages: { updateAvailable: 'x' } } },
    false,
  ],
  ['another format', { format: 2 }, false],
  [
    'an entry that is none',
    { format: 1, quarantine: { type: 'static', mode: 'whitelist', normal: { entries: ['10.0.0.1/8'] } } },
    false,
  ],
  ['a pinned name', pinned({ entries: ['a.example pinned', 'a.example tcp 443 pinned', 'b.example'] }), true],
  ['a pinned name on a blacklist', pinned({ entries: ['a.example pinned'] }, { mode: 'blacklist' }), false],
  ['a name pinned and not pinned', pinned({ entries: ['a.example pinned', 'a.example tcp 443'] }), false],
  [
    'a name pinned in one list only',
    pinned({ entries: ['a.example pinned'] }, { restricted: { entries: ['a.example'] } }),
    false,
  ],
  [
    'a name pinned in a zone only',
    pinned(
      { entries: ['a.example'] },
      { zones: [{ name: 'z', when: { subnets: ['10.0.0.0/8'] }, normal: { entries: ['A.Example. pinned'] } }] },
    ),
    false,
  ],
  [
    'a descriptor that is none',
    { format: 1, quarantine: { type: 'version-based', versions: [{ name: 'a', descriptor: '0x1' }] } },
    false,
  ],
  [
    'an answer to “unreachable” that would open',
    { format: 1, quarantine: { type: 'version-based', onUnreachable: 'open' } },
    false,
  ],
  ['an interval of a year', { format: 1, quarantine: { type: 'version-based', interval: '365d' } }, false],
  [
    'a message with control characters',
    { format: 1, quarantine: { type: 'version-based', messages: { restricted: 'a\u001b[2J' } } },
    false,
  ],
  [
    'a message of two lines',
    { format: 1, quarantine: { type: 'version-based', messages: { restricted: 'a\nb' } } },
    true,
  ],
  [
    '10,001 entries',
    {
      format: 1,
      quarantine: { type: 'static', mode: 'whitelist', normal: { entries: Array(10_001).fill('10.0.0.1') } },
    },
    false,
  ],
];

for (const [title, policy, ok] of ROWS) {
  test(`${title} is ${ok ? 'accepted' : 'refused'}`, () => assert.equal(MachinePolicy.safeParse(policy).success, ok));
}

test('names of machines are safe as file names', () => {
  for (const name of ['office', 'a', 'win-11', '7']) assert.match(name, VM_NAME);
  for (const name of ['', '..', 'a/b', 'A', 'a.b', '-a', 'a-', 'a b', 'ü', 'x'.repeat(41), 'a\n'])
    assert.doesNotMatch(name, VM_NAME);
});

/** A version-based quarantine with such a normal list. */
function pinned(normal: object, more: object = {}): object {
  return { format: 1, quarantine: { type: 'version-based', normal, ...more } };
}

test('a name that is empty is said to be that alone: it has no control characters', () => {
  const { error } = Version.safeParse({ name: '', descriptor: '0x00000001' });
  assert.equal(error?.issues.length, 1);
});
