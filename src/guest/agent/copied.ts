/** What can be copied: the agent’s numbers for it, and what pages and programs call it. */
export const COPIED_TYPES = { 'text/plain': 1, 'image/png': 2 } as const;
export type CopiedType = keyof typeof COPIED_TYPES;

/** Something that was copied on one side, to be pasted on the other. */
export interface Copied {
  type: CopiedType;
  bytes: Buffer;
}

/** What may pass between a machine and its user’s computer now. */
export interface ClipboardRules {
  hostToGuest: boolean;
  guestToHost: boolean;
  mostBytes: number;
}

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
/** Where both are offered, the text: programs that copy tables offer a picture of them too. */
const PREFERRED: readonly CopiedType[] = ['text/plain', 'image/png'];

/** Which of the agent’s types is taken; undefined where none is known here. */
export function chosenType(offered: readonly number[]): CopiedType | undefined {
  return PREFERRED.find((type) => offered.includes(COPIED_TYPES[type]));
}

/** Whether bytes are what they are said to be: UTF-8, or a picture by its first bytes. */
export function isAsSaid({ type, bytes }: Copied): boolean {
  switch (type) {
    case 'text/plain':
      return isUtf8(bytes);
    case 'image/png':
      return bytes.subarray(0, PNG.length).equals(PNG);
  }
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return false;
  }
}
