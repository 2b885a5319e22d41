import { z } from 'zod';
import { MAX_DESCRIPTOR_CHARACTERS } from '../quarantine/versions/descriptor.ts';

export const MAX_REQUEST_BYTES = 4096;

const Head = { v: z.literal(1), id: z.string().regex(/^[A-Za-z0-9.-]{1,64}$/) };

/** One line from the guest (docs/formats/guest.md). Nothing in it is believed but what it is: a wish. */
export const GuestRequest = z.discriminatedUnion('cmd', [
  z.strictObject({
    ...Head,
    cmd: z.literal('nq-set'),
    dry: z.boolean(),
    descriptor: z
      .string()
      .min(1)
      .max(MAX_DESCRIPTOR_CHARACTERS)
      .regex(/^[\x20-\x7e]+$/),
  }),
  /** The guest is up; `healthy` is the outcome of its own health command, true where it has none. */
  z.strictObject({
    ...Head,
    cmd: z.literal('hello'),
    healthy: z.boolean(),
    /** What it speaks through; `virtio` where it does not say. */
    port: z.enum(['virtio', 'serial']).exactOptional(),
  }),
  /** The time here, for a guest that cannot read its hardware clock. */
  z.strictObject({ ...Head, cmd: z.literal('clock') }),
]);
export type GuestRequest = z.infer<typeof GuestRequest>;
export type NqSetRequest = Extract<GuestRequest, { cmd: 'nq-set' }>;

export interface GuestAnswer {
  id: string;
  ok: boolean;
  /** Why, in words for the guest’s administrator. */
  reason: string;
}

/** A request, or why it is none; the id where one could be read, so that the guest need not wait for its time limit. */
export function parseRequest(line: string | undefined): GuestRequest | { id: string; problem: string } {
  if (line === undefined) return { id: '', problem: 'the request is too long' };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return { id: '', problem: 'the request is not JSON' };
    throw error;
  }
  const parsed = GuestRequest.safeParse(value);
  if (parsed.success) return parsed.data;
  const id = z.object({ id: Head.id }).safeParse(value).data?.id ?? '';
  return { id, problem: 'the request is not understood' };
}

const MAX_REASON_CHARACTERS = 500;

/** What typography and other alphabets’ Latin letters are on a guest’s console, which may show ASCII alone. */
const ASCII: Record<string, string> = {
  ...{ '’': "'", '‘': "'", '‚': "'", '“': "'", '”': "'", '„': "'", '«': "'", '»': "'" },
  ...{ '–': '-', '—': '-', '‑': '-', '−': '-', '…': '...', '→': '->', '←': '<-', '×': 'x', '•': '*' },
  ...{ ß: 'ss', æ: 'ae', Æ: 'AE', ø: 'o', Ø: 'O', œ: 'oe', Œ: 'OE', ł: 'l', Ł: 'L', đ: 'd', Đ: 'D', '\u00a0': ' ' },
};

/**
 * One line for the guest, in the fixed form that its POSIX shell tool reads: `reason` last, printable ASCII
 * without quotation marks or backslashes.
 */
export function formatAnswer({ id, ok, reason }: GuestAnswer): string {
  const plain = [...reason.slice(0, MAX_REASON_CHARACTERS)]
    .map((character) => ASCII[character] ?? character)
    .join('')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/["\\]/g, "'")
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, MAX_REASON_CHARACTERS);
  return `{"id":"${id}","ok":${ok},"reason":"${plain}"}\n`;
}
