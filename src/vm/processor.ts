import type { Accel } from './args.ts';

/**
 * The least that a machine’s processor can do: `host`, all that this computer’s can; else a level of the x86-64 psABI, and then
 * that alone, so that a suspended machine goes on at any processor that can do as much.
 */
export type ProcessorKind = 'host' | 'x86-64-v2' | 'x86-64-v3';

/** Abilities beyond the first 64-bit processors’: the kernel’s name in /proc/cpuinfo, and QEMU’s. */
type Ability = readonly [kernel: string, qemu: string];

const V2: readonly Ability[] = [
  ['pni', 'sse3'],
  ['ssse3', 'ssse3'],
  ['sse4_1', 'sse4.1'],
  ['sse4_2', 'sse4.2'],
  ['popcnt', 'popcnt'],
  ['cx16', 'cx16'],
  ['lahf_lm', 'lahf-lm'],
];
const V3: readonly Ability[] = [
  ...V2,
  ['avx', 'avx'],
  ['avx2', 'avx2'],
  ['bmi1', 'bmi1'],
  ['bmi2', 'bmi2'],
  ['f16c', 'f16c'],
  ['fma', 'fma'],
  ['abm', 'abm'],
  ['movbe', 'movbe'],
  ['xsave', 'xsave'],
];
const ABILITIES: Record<Exclude<ProcessorKind, 'host'>, readonly Ability[]> = { 'x86-64-v2': V2, 'x86-64-v3': V3 };

/** QEMU’s name for the processor. With `enforce` it ends where it cannot give all of it, instead of leaving something out. */
export function processorModel(kind: ProcessorKind, accel: Accel): string {
  if (kind === 'host') return accel === 'kvm' ? 'host' : 'max';
  // Machines in machines are no part of any level, and qemu64 has them where an AMD is imitated.
  return ['qemu64', 'enforce=on', 'svm=off', ...ABILITIES[kind].map(([, name]) => `${name}=on`)].join(',');
}

/** What a computer’s processor lacks for a kind, as its kernel names it in the text of /proc/cpuinfo. */
export function lackingFor(kind: ProcessorKind, cpuinfo: string): string[] {
  if (kind === 'host') return [];
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
  return ABILITIES[kind].map(([name]) => name).filter((name) => !flags.has(name));
}
