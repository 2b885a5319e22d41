import { AppError } from '../../lib/errors.ts';
import { type HeldName, holdName } from '../../sys/network/sockets.ts';

/** Machines of a project get the highest numbers, so that they do not meet those installed on the same computer. */
export const PREVIEW_NUMBER = 16_383;
const COUNT = 16;

/**
 * A number that no other machine of a project has on this computer: addresses and users follow from it. It is free again when
 * it is disposed of, or when this process ends. @throws NETWORK_FAILED where all are taken
 */
export async function takePreviewNumber(): Promise<{ number: number } & HeldName> {
  for (let number = PREVIEW_NUMBER; number > PREVIEW_NUMBER - COUNT; number -= 1) {
    const held = await holdName(`lazaret-preview-${number}`);
    if (held) return { number, [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() };
  }
  throw new AppError('NETWORK_FAILED', `${COUNT} machines of projects run on this computer already`);
}
