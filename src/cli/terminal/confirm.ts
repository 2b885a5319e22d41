import { z } from 'zod';
import { interruptible } from '../interruptible.ts';
import type { Context } from '../program.ts';

/**
 * Whether the person at the terminal goes on although something is lost for good: he types the names of what loses it, which
 * nobody does by habit. False where nobody can be asked.
 */
export async function isConfirmedByName(
  { json }: Pick<Context, 'json'>,
  loss: string,
  names: readonly string[],
): Promise<boolean> {
  if (json || !process.stdin.isTTY) return false;
  const { isCancel, text } = await import('@clack/prompts');
  const wanted = names.join(' ');
  const answer = await text({
    message: `${loss}.\nType “${wanted}” to go on`,
    placeholder: 'anything else stops here',
  });
  return !isCancel(answer) && (answer ?? '').trim() === wanted;
}

/** Whether the person at the terminal says yes to something that can be undone, or not asked twice; no is the default. */
export async function isAgreed(
  { json }: Pick<Context, 'json'>,
  message: string,
  initialValue = false,
): Promise<boolean> {
  if (json || !process.stdin.isTTY) return false;
  const { confirm } = await import('@clack/prompts');
  return (await interruptible((signal) => confirm({ message, initialValue, signal }))) === true;
}

const Named = z.object({ machines: z.array(z.union([z.string(), z.looseObject({ vm: z.string() })])) });

/** The machines that a failure is about. */
export function namesIn(details: unknown): string[] {
  const { data } = Named.safeParse(details);
  return (data?.machines ?? []).map((machine) => (typeof machine === 'string' ? machine : machine.vm));
}
