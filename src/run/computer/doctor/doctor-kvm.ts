import { readKernelFile } from '../../../sys/files/kernel.ts';
import { fileModeOf } from '../../../sys/files/mode.ts';
import type { Accel } from '../../../vm/args.ts';
import type { Check } from './doctor.ts';

const DEVICE = '/dev/kvm';
const WHAT = 'the processor’s own help for machines (KVM)';
const SLOW = 'machines run without it, and far slower';

/** What is to be known of this computer’s KVM. */
export interface KvmFacts {
  /** The permissions of its device; undefined where there is none. */
  mode: number | undefined;
  /** What the kernel says of the processor, `/proc/cpuinfo`. */
  processor: string;
  /** How the service runs machines, where it says so: a device that can be opened proves nothing. */
  accel?: Accel | undefined;
}

export async function lookAtKvm(accel: Accel | undefined): Promise<Check> {
  const mode = await fileModeOf(DEVICE);
  return kvmCheck({ mode, processor: (await readKernelFile('/proc/cpuinfo')) ?? '', accel });
}

/**
 * Tells apart why machines run without KVM: no module, no support of the processor, no permission, or a device that runs nothing.
 * None of it keeps a machine from running.
 */
export function kvmCheck({ mode, processor, accel }: KvmFacts): Check {
  const seen = { what: WHAT, ok: true, remedy: '' };
  if (accel === 'kvm') return seen;
  if (mode === undefined) {
    const flags = /^flags\s*:(.*)$/m.exec(processor)?.[1]?.split(/\s+/);
    if (!flags) return { ...seen, note: `machines are made for x86 processors, and this one is none; ${SLOW}` };
    const module = flags.includes('vmx') ? 'kvm_intel' : flags.includes('svm') ? 'kvm_amd' : undefined;
    if (module === undefined) {
      const where = flags.includes('hypervisor')
        ? 'this computer is a virtual one itself: switch nested virtualization on in its host'
        : 'switch virtualization on in the computer’s firmware, where its processor has it';
      return { ...seen, note: `this processor offers none: ${where}; ${SLOW}` };
    }
    const load = ['modprobe', module] as const;
    return { ...seen, note: `its module is not loaded: ${load.join(' ')}; ${SLOW}`, mend: [load] };
  }
  // A machine has a user of its own, in the group of the device.
  const isOpen = [0o060, 0o006].some((both) => (mode & both) === both);
  if (!isOpen)
    return {
      ...seen,
      note: `its group may not use ${DEVICE}: chmod 660 ${DEVICE}, then start the service anew; ${SLOW}`,
      mend: [['chmod', '660', DEVICE]],
    };
  if (accel === undefined) return seen;
  return {
    ...seen,
    note: `${DEVICE} is there, and the service does not use it: it ran nothing when it was tried, or lazaretd was started with --accel tcg; where the computer is a virtual one, switch nested virtualization on in its host; ${SLOW}`,
  };
}
