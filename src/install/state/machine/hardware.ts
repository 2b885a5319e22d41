import { z } from 'zod';
import { readIfWhole, removeState, writeState } from '../instances.ts';
import { generationPaths } from '../layout.ts';

/** What the administrator made of a machine’s hardware on this computer. */
export const Hardware = z.strictObject({
  memoryMiB: z
    .int()
    .min(32)
    .max(1 << 20),
  cpus: z.int().min(1).max(64),
});
export type Hardware = z.infer<typeof Hardware>;

/** `hardware.json`: of one generation. A package that brings another brings its hardware, and a roll back has it again. */
const HardwareFile = z.strictObject({ format: z.literal(1), ...Hardware.shape });

/** Undefined where it is as packaged; a damaged file is none. */
export async function readHardware(state: string, vm: string, generation: number): Promise<Hardware | undefined> {
  const file = await readIfWhole(generationPaths(state, vm, generation).hardware, HardwareFile);
  return file && { memoryMiB: file.memoryMiB, cpus: file.cpus };
}

export function writeHardware(state: string, vm: string, generation: number, hardware: Hardware): Promise<void> {
  return writeState(generationPaths(state, vm, generation).hardware, { format: 1, ...hardware });
}

/** It is as packaged again. */
export function forgetHardware(state: string, vm: string, generation: number): Promise<void> {
  return removeState(generationPaths(state, vm, generation).hardware);
}
