import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../sys/programs/exec.ts';
import { lackingFor, type ProcessorKind, processorModel } from './processor.ts';

const V2_FLAGS = 'fpu lm nx pni ssse3 sse4_1 sse4_2 popcnt cx16 lahf_lm';
const V3_FLAGS = `${V2_FLAGS} avx avx2 bmi1 bmi2 f16c fma abm movbe xsave`;
const cpuinfo = (flags: string) => `processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: ${flags}\nbugs\t\t: avx2\n`;

const ROWS: [kind: ProcessorKind, flags: string, lacks: string[]][] = [
  ['host', '', []],
  ['x86-64-v2', V2_FLAGS, []],
  ['x86-64-v2', V3_FLAGS, []],
  ['x86-64-v2', V2_FLAGS.replace('sse4_2 ', ''), ['sse4_2']],
  ['x86-64-v3', V3_FLAGS, []],
  ['x86-64-v3', V3_FLAGS.replace('avx2 ', '').replace('fma ', 'fma4 '), ['avx2', 'fma']],
];

for (const [kind, flags, lacks] of ROWS)
  test(`for ${kind} a processor of ${flags.split(' ').length} abilities lacks ${lacks.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(lackingFor(kind, cpuinfo(flags)), lacks);
  });

test('a processor of which the kernel says nothing lacks all', () => {
  assert.equal(lackingFor('x86-64-v2', '').length, 7);
});

test('machines have all that this computer’s processor, or QEMU, can do where nothing is named', () => {
  assert.deepEqual([processorModel('host', 'kvm'), processorModel('host', 'tcg')], ['host', 'max']);
});

for (const kind of ['x86-64-v2', 'x86-64-v3'] as const)
  test(`QEMU imitates ${kind} whole, and knows each of its abilities by the name we use`, async () => {
    const model = processorModel(kind, 'tcg');
    const args = ['-S', '-nodefaults', '-no-user-config', '-M', 'q35,accel=tcg', '-cpu', model, '-m', '32'];
    const rest = ['-display', 'none', '-qmp', 'stdio'];
    const input = '{"execute":"qmp_capabilities"}\n{"execute":"quit"}\n';
    const { stdout } = await run('qemu-system-x86_64', [...args, ...rest], { input });
    assert.match(`${stdout}`, /host-qmp-quit/);
  });
