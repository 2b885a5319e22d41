/** Where it can be guessed at for years without anybody noticing. */
const LEAST_CHARACTERS = 12;
const LEAST_DISTINCT = 5;

/** Why a text is no passphrase for what others may copy; undefined when it is one. */
export function passphraseProblem(text: string): string | undefined {
  const characters = [...text];
  if (characters.length >= LEAST_CHARACTERS && new Set(characters).size >= LEAST_DISTINCT) return undefined;
  return `a passphrase has at least ${LEAST_CHARACTERS} characters, ${LEAST_DISTINCT} of them different: some words will do`;
}
