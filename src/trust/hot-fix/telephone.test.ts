import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { heard, spoken } from './spoken.ts';
import {
  ANSWER_BYTES,
  answer,
  ask,
  askRecovery,
  halfOf,
  REQUEST_BYTES,
  readAnswer,
  readRequest,
  type SpokenAnswer,
} from './telephone.ts';

const project = generateKeyPairSync('x25519');
const machine = 0xa_bcde;

function said(problem: 'password' | 'expired' | 'moved', given: SpokenAnswer) {
  const asked = ask({ problem, machine });
  const bytes = answer(asked.request, given, project.privateKey);
  assert.ok(bytes);
  return { asked, bytes };
}

test('a request says its problem and its machine', () => {
  for (const problem of ['password', 'expired', 'moved'] as const)
    assert.deepEqual(readRequest(ask({ problem, machine }).request), { problem, machine, recovers: false });
});

test('a request for the secret of encrypted disks says so, and is answered by no other code', () => {
  const half = Buffer.alloc(32, 9);
  const asked = askRecovery(machine, half);
  assert.deepEqual(readRequest(asked.request), { problem: 'password', machine, recovers: true });
  assert.deepEqual(Buffer.from(halfOf(asked.request)), half);
  const { privateKey } = generateKeyPairSync('x25519');
  assert.equal(answer(asked.request, { kind: 'new-password' }, privateKey), undefined);
});

test('days, a date and a refusal reach the computer as they were said', () => {
  const days = fc.integer({ min: 0, max: 32_767 });
  fc.assert(
    fc.property(days, (number) => {
      const date = new Date(number * 86_400_000).toISOString().slice(0, 10);
      for (const given of [{ kind: 'days', days: number }, { kind: 'date', date }, { kind: 'denied' }] as const) {
        const { asked, bytes } = said('expired', given);
        assert.deepEqual(readAnswer(bytes, asked, project.publicKey), given);
      }
    }),
    { numRuns: 30 },
  );
});

test('a new place answers a moved machine, and nothing else does', () => {
  const { asked, bytes } = said('moved', { kind: 'place' });
  assert.deepEqual(readAnswer(bytes, asked, project.publicKey), { kind: 'place' });
  assert.equal(answer(asked.request, { kind: 'days', days: 3 }, project.privateKey), undefined);
  assert.equal(answer(ask({ problem: 'expired', machine }).request, { kind: 'place' }, project.privateKey), undefined);
  assert.equal(answer(ask({ problem: 'password', machine }).request, { kind: 'place' }, project.privateKey), undefined);
});

test('a lost password is answered by a new one being chosen, and no other problem is', () => {
  const { asked, bytes } = said('password', { kind: 'new-password' });
  assert.deepEqual(readAnswer(bytes, asked, project.publicKey), { kind: 'new-password' });
  for (const problem of ['expired', 'moved'] as const)
    assert.equal(answer(ask({ problem, machine }).request, { kind: 'new-password' }, project.privateKey), undefined);
});

test('what a number has no room for is not said', () => {
  const { request } = ask({ problem: 'expired', machine });
  for (const days of [-1, 32_768, 1.5])
    assert.equal(answer(request, { kind: 'days', days }, project.privateKey), undefined);
  for (const date of ['2059-09-19', '1969-12-31', 'soon'])
    assert.equal(answer(request, { kind: 'date', date }, project.privateKey), undefined);
});

test('an answer is for one request: another one, also of the same installation, does not take it', () => {
  const { bytes } = said('expired', { kind: 'days', days: 30 });
  const another = ask({ problem: 'expired', machine });
  assert.equal(readAnswer(bytes, another, project.publicKey), undefined);
});

test('an answer that was changed in any bit, or is another project’s, says nothing', () => {
  const { asked, bytes } = said('expired', { kind: 'days', days: 30 });
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const changed = Uint8Array.from(bytes);
    changed[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(readAnswer(changed, asked, project.publicKey), undefined, `bit ${bit}`);
  }
  assert.equal(readAnswer(bytes, asked, generateKeyPairSync('x25519').publicKey), undefined);
});

test('a request that was changed on its way has an answer that its computer does not take', () => {
  const asked = ask({ problem: 'moved', machine });
  const changed = Uint8Array.from(asked.request);
  changed[2] = (changed[2] ?? 0) ^ 1;
  const bytes = answer(changed, { kind: 'place' }, project.privateKey);
  assert.ok(bytes);
  assert.equal(readAnswer(bytes, asked, project.publicKey), undefined);
});

test('a request whose key gives a secret that all know has no answer', () => {
  const { request } = ask({ problem: 'expired', machine });
  const hollow = Uint8Array.from(request).fill(0, 3);
  assert.equal(answer(hollow, { kind: 'days', days: 30 }, project.privateKey), undefined);
});

test('a request of another format is not read', () => {
  const { request } = ask({ problem: 'expired', machine });
  const other = Uint8Array.from(request);
  other[0] = (other[0] ?? 0) ^ 0x80;
  assert.equal(readRequest(other), undefined);
  assert.equal(readRequest(request.subarray(1)), undefined);
});

test('a request is read out as 70 letters, its answer as 20, and both arrive', () => {
  const { asked, bytes } = said('expired', { kind: 'days', days: 30 });
  const [request, reply] = [spoken(asked.request), spoken(bytes)];
  assert.deepEqual(
    [request, reply].map((text) => text.replaceAll(' ', '').length),
    [70, 20],
  );
  assert.deepEqual(heard(request, REQUEST_BYTES), { bytes: new Uint8Array(asked.request) });
  assert.deepEqual(heard(reply, ANSWER_BYTES), { bytes: new Uint8Array(bytes) });
});
