import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processorMark } from './circumstances.ts';

const processor = (vendor: string, model: string, flags: string) =>
  `vendor_id\t: ${vendor}\nmodel\t\t: 85\nmodel name\t: ${model}\ncpu MHz\t\t: 2100.5\nflags\t\t: ${flags}\n`;
const OLD = processor('GenuineIntel', 'Xeon 1', 'sse4_2 avx');
const NEW = processor('GenuineIntel', 'Xeon 2', 'sse4_2 avx avx2');
const OTHER = processor('AuthenticAMD', 'EPYC', 'sse4_2 avx avx2');

test('a machine that takes all of its computer’s processor goes on at no other', () => {
  assert.notEqual(processorMark(OLD), processorMark(NEW));
  assert.equal(processorMark(OLD), processorMark(OLD.replace('2100.5', '800.0')), 'how fast it runs is no difference');
});

test('one of a level goes on at another processor of the same maker, and not at another maker’s', () => {
  assert.equal(processorMark(OLD, 'x86-64-v2'), processorMark(NEW, 'x86-64-v2'));
  assert.notEqual(processorMark(NEW, 'x86-64-v2'), processorMark(OTHER, 'x86-64-v2'));
});
