import type { Context } from './program.ts';

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
