import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CustomQuarantine } from '../policy/quarantine.ts';
import { decide, messageFor, reasonText } from './decide.ts';
import { MAX_ANSWER_BYTES, type PluginEnd, readAnswer, voided } from './plugin.ts';

const NOW = Date.UTC(2026, 0, 10);
const bytes = (text: string) => new TextEncoder().encode(text);

const OUTPUTS: [title: string, output: string, want: string][] = [
  ['YES', 'YES', 'yes'],
  ['YES with a line end', 'YES\n', 'yes'],
  ['YES with the line end of other systems', 'YES\r\n', 'yes'],
  ['NO', 'NO\n', 'no'],
  ['REJECT', 'REJECT\n', 'reject'],
  ['nothing', '', 'PLUGIN_OUTPUT'],
  ['a line end alone', '\n', 'PLUGIN_OUTPUT'],
  ['small letters', 'yes\n', 'PLUGIN_OUTPUT'],
  ['one capital', 'Yes\n', 'PLUGIN_OUTPUT'],
  ['a blank before', ' YES\n', 'PLUGIN_OUTPUT'],
  ['a blank behind', 'YES \n', 'PLUGIN_OUTPUT'],
  ['two line ends', 'YES\n\n', 'PLUGIN_OUTPUT'],
  ['a return alone', 'YES\r', 'PLUGIN_OUTPUT'],
  ['two words', 'YES\nNO\n', 'PLUGIN_OUTPUT'],
  ['a word that begins so', 'YESTERDAY\n', 'PLUGIN_OUTPUT'],
  ['a zero byte', 'YES\0', 'PLUGIN_OUTPUT'],
  ['a byte order mark', '\uFEFFYES\n', 'PLUGIN_OUTPUT'],
  ['what every object has', 'constructor', 'PLUGIN_OUTPUT'],
  ['the answer of a device’s plug-in', 'TRUE\n', 'PLUGIN_OUTPUT'],
];

for (const [title, output, want] of OUTPUTS) {
  test(`a plug-in that writes ${title}: ${want}`, () => {
    const answer = readAnswer({ end: 'exited', status: 0, stdout: bytes(output) });

    assert.equal('code' in answer ? answer.code : answer.verdict, want);
  });
}

const ENDS: [title: string, run: PluginEnd, code: string, why: RegExp][] = [
  ['fails after a right answer', { end: 'exited', status: 1, stdout: bytes('YES') }, 'PLUGIN_FAILED', /status 1/],
  ['is late', { end: 'late', timeoutMs: 10_000 }, 'PLUGIN_LATE', /not answer in 10 s/],
  ['writes too much', { end: 'too-much' }, 'PLUGIN_OUTPUT', /more than 4096/],
  [
    'writes too much, to the byte',
    { end: 'exited', status: 0, stdout: new Uint8Array(MAX_ANSWER_BYTES + 1) },
    'PLUGIN_OUTPUT',
    /more than 4096/,
  ],
];

for (const [title, run, code, why] of ENDS) {
  test(`a plug-in that ${title}: ${code}`, () => {
    const answer = readAnswer(run);

    assert.ok(answer.verdict === 'void');
    assert.equal(answer.code, code);
    assert.match(answer.why, why);
  });
}

const EXACT = ['YES', 'YES\n', 'YES\r\n'];

test('no output but the contract’s YES ever gives normal access, whatever the exit status', () => {
  const near = fc
    .array(fc.constantFrom('YES', 'NO', 'yes', 'Y', 'E', 'S', '\n', '\r', ' ', '\0', '\t'), { maxLength: 6 })
    .map((parts) => bytes(parts.join('')));
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 5000 }), near),
      fc.integer({ min: 0, max: 255 }),
      (stdout, status) => {
        const isContract = status === 0 && EXACT.includes(Buffer.from(stdout).toString('latin1'));

        const plugin = readAnswer({ end: 'exited', status, stdout });

        assert.equal(
          decide(custom(), 'os=x', { lookedUpAt: undefined, atHand: false, plugin }, NOW).access === 'normal',
          isContract,
        );
      },
    ),
    { numRuns: 2000 },
  );
});

function custom(change: object = {}): CustomQuarantine {
  return CustomQuarantine.parse({
    type: 'custom',
    script: { file: 'check.sh' },
    messages: { restricted: 'please update' },
    ...change,
  });
}

const DECISIONS: [
  title: string,
  change: object,
  facts: Partial<Parameters<typeof decide>[2]>,
  want: [string, string],
][] = [
  ['yes', {}, { plugin: { verdict: 'yes' } }, ['normal', 'plugin-yes']],
  ['no', {}, { plugin: { verdict: 'no' } }, ['restricted', 'plugin-no']],
  ['reject', {}, { plugin: { verdict: 'reject' } }, ['restricted', 'plugin-reject']],
  ['void', {}, { plugin: voided('PLUGIN_LATE', 'it was late') }, ['restricted', 'plugin-void']],
  ['not asked', {}, {}, ['restricted', 'plugin-void']],
  [
    'yes, but the policy server was away for too long',
    { onUnreachable: 'refuse', maxOffline: '1d' },
    { plugin: { verdict: 'yes' }, lookedUpAt: NOW - 86_400_001 },
    ['refused', 'offline'],
  ],
  [
    'yes, and nobody looked the policy up, which comes with packages',
    {},
    { plugin: { verdict: 'yes' }, lookedUpAt: undefined },
    ['normal', 'plugin-yes'],
  ],
];

for (const [title, change, facts, want] of DECISIONS) {
  test(`decision by plug-in: ${title}`, () => {
    const quarantine = custom(change);
    const decision = decide(quarantine, 'os=x', { lookedUpAt: NOW, atHand: false, ...facts }, NOW);

    assert.deepEqual([decision.access, decision.reason], want);
    assert.equal(messageFor(quarantine, decision), decision.access === 'restricted' ? 'please update' : undefined);
    assert.ok(reasonText(decision).length > 10);
  });
}
