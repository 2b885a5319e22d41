import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireProcessor } from './processor.ts';

const OLD = 'flags\t\t: fpu lm pni ssse3 sse4_1 popcnt cx16 lahf_lm\n';
const given = async () => OLD;

test('a machine that is to have more than this computer’s processor can is refused, with what is lacking', async () => {
  await assert.rejects(requireProcessor({ name: 'office', processor: 'x86-64-v2' }, 'kvm', given), {
    code: 'VM_UNSUPPORTED',
    message: 'office is to have a processor of level x86-64-v2, and this computer’s lacks sse4_2',
  });
});

test('one in software, and one that takes what is there, start anywhere', async () => {
  await requireProcessor({ name: 'office', processor: 'x86-64-v3' }, 'tcg', given);
  await requireProcessor({ name: 'office', processor: 'host' }, 'kvm', given);
  await requireProcessor({ name: 'office' }, 'kvm', given);
});

test('a kernel that says nothing of its processor proves no level', async () => {
  await assert.rejects(
    requireProcessor({ name: 'office', processor: 'x86-64-v2' }, 'kvm', async () => undefined),
    { code: 'VM_UNSUPPORTED' },
  );
});
