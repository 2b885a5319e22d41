import { AppError } from '../../lib/errors.ts';
import { type HeldName, holdName } from '../../sys/network/sockets.ts';

/** Machines of a project get the highest numbers, so that they do not meet those installed on the same computer. */
export const PREVIEW_NUMBER = 16_383;
const COUNT = 16;

interface Numbers {
  /** That of the machine itself, where it runs. */
  own?: number | undefined;
  /** Those of all that run. */
  running: ReadonlySet<number>;
}

/**
 * A number that no other machine of a project has on this computer: addresses and users follow from it. It is free again when
 * it is disposed of, or when this process ends. One that runs already keeps the number that it has, whose manager was killed; so those
 * that run are left out too.
 * @throws NETWORK_FAILED where all are taken, or another has that one
 */
export async function takePreviewNumber({ own, running }: Numbers): Promise<{ number: number } & HeldName> {
  if (own !== undefined) {
    const held = await holdName(heldName(own));
    if (held) return { number: own, [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() };
    throw new AppError('NETWORK_FAILED', 'another machine of a project has its addresses by now: end that one first');
  }
  for (let number = PREVIEW_NUMBER; number > PREVIEW_NUMBER - COUNT; number -= 1) {
    const held = running.has(number) ? undefined : await holdName(heldName(number));
    if (held) return { number, [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() };
  }
  throw new AppError('NETWORK_FAILED', `${COUNT} machines of projects run on this computer already`);
}

function heldName(number: number): string {
  return `lazaret-preview-${number}`;
}
