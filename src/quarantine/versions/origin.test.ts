import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { threeVersions, V1, V2 } from '../../../test/fakes/quarantine.ts';
import { VersionOrigin } from '../../policy/quarantine.ts';
import { checkPolicy } from '../../policy/reading/check.ts';
import { decide } from '../decide.ts';
import { judge } from './descriptor.ts';
import { betterOf, originUnder, signedReport } from './origin.ts';

const KEY = 'ab'.repeat(32);
const SIGNATURE = 'A'.repeat(86);
const FACTS = { lookedUpAt: 0, atHand: true };

test('a signed report is told from any other text', () => {
  assert.deepEqual(signedReport(`${V2};sig=17.${SIGNATURE}`), { descriptor: V2, counter: 17, signature: SIGNATURE });
  for (const text of [
    V2,
    `${V2};sig=`,
    `${V2};sig=17.${SIGNATURE}A`,
    `${V2};sig=1e3.${SIGNATURE}`,
    `;sig=1.${SIGNATURE}`,
  ])
    assert.equal(signedReport(text), undefined, text);
});

// policy demands | guest   signed   package
// guest          | normal  normal   normal
// signed         | –       normal   normal
// package        | –       –        normal
test('access is normal only by a word that the policy takes', () => {
  const origins = VersionOrigin.options;
  for (const [least, versionFrom] of origins.entries())
    for (const [rank, origin] of origins.entries()) {
      const decision = decide(threeVersions({ versionFrom, signers: [KEY] }), V2, { ...FACTS, origin }, 0);
      const { access, reason } = decision;
      assert.equal(access, rank >= least ? 'normal' : 'restricted', `${origin} under ${versionFrom}`);
      if (rank < least) assert.equal(reason, 'untrusted-version');
    }
  const unknown = decide(threeVersions({ versionFrom: 'signed', signers: [KEY] }), V2, FACTS, 0);
  assert.equal(unknown.access, 'restricted', 'a word of unknown origin is the guest’s');
});

test('a signature counts as long as the policy names its key; the same version keeps the better word', () => {
  const quarantine = threeVersions({ signers: [KEY] });
  const signed = { descriptor: V2, origin: 'signed', signer: KEY } as const;
  const word = { descriptor: V2, origin: 'guest' } as const;
  assert.equal(originUnder(quarantine, signed), 'signed');
  assert.equal(originUnder(threeVersions(), signed), 'guest');
  assert.deepEqual(betterOf(quarantine, signed, word), { reported: signed, origin: 'signed' });
  assert.equal(betterOf(threeVersions(), signed, { descriptor: V2, origin: 'package' }).origin, 'package');
  assert.equal(betterOf(quarantine, { descriptor: V1, origin: 'package' }, word).reported, word);
});

test('a machine that never reported counts as the initial version, by the policy’s own word', () => {
  const quarantine = threeVersions({ initial: 'second', versionFrom: 'package' });
  assert.equal(decide(quarantine, undefined, FACTS, 0).access, 'normal');
  assert.equal(decide(threeVersions({ initial: 'first' }), undefined, FACTS, 0).reason, 'outdated');
  assert.equal(decide(threeVersions({ initial: 'gone' }), undefined, FACTS, 0).reason, 'unset');
  assert.equal(judge(threeVersions({ initial: 'first' }), undefined, V2, false).valid, true);
  assert.equal(judge(threeVersions({ initial: 'second' }), undefined, V1, false).valid, false);
});

test('an initial version that is none, and signatures that nobody can make, are found', () => {
  const quarantine = threeVersions({ initial: 'gone', versionFrom: 'signed' });
  const problems = checkPolicy({ format: 1, quarantine });
  assert.deepEqual(
    problems.map(({ path }) => path.join('.')),
    ['quarantine.initial', 'quarantine.signers'],
  );
});

test('more trust asked for never opens a machine', () => {
  const any = fc.constantFrom(...VersionOrigin.options);
  fc.assert(
    fc.property(any, any, fc.constantFrom(V1, V2, undefined), (versionFrom, origin, descriptor) => {
      const open = decide(threeVersions(), descriptor, { ...FACTS, origin }, 0);
      const held = decide(threeVersions({ versionFrom, signers: [KEY] }), descriptor, { ...FACTS, origin }, 0);
      assert.ok(held.access !== 'normal' || open.access === 'normal');
    }),
  );
});
