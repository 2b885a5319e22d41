import { AppError } from '../../../lib/errors.ts';
import { readKernelFile } from '../../../sys/files/kernel.ts';
import type { Accel } from '../../../vm/args.ts';
import { lackingFor } from '../../../vm/processor.ts';
import type { MachineSpec } from '../spec.ts';

/**
 * Refuses a machine whose processor is to do what this computer’s cannot, before anything of it is touched. QEMU in software imitates each
 * level, whatever it runs on. @throws VM_UNSUPPORTED
 */
export async function requireProcessor(
  { name, processor = 'host' }: Pick<MachineSpec, 'name' | 'processor'>,
  accel: Accel,
  cpuinfo: () => Promise<string | undefined> = () => readKernelFile('/proc/cpuinfo'),
): Promise<void> {
  if (accel === 'tcg') return;
  const lacking = lackingFor(processor, (await cpuinfo()) ?? '');
  if (lacking.length === 0) return;
  throw new AppError(
    'VM_UNSUPPORTED',
    `${name} is to have a processor of level ${processor}, and this computer’s lacks ${lacking.join(', ')}`,
    { details: { vm: name, processor, lacking } },
  );
}
