import { z } from 'zod';

const CopiedType = z.enum(['text/plain', 'image/png']);
/** As much as any policy lets pass, in base64. */
const MAX_BASE64 = Math.ceil((8 << 20) / 3) * 4 + 4;
/** With what else stands in a request. */
export const MAX_GIVEN_BYTES = MAX_BASE64 + 1024;

/** What may pass between a machine and its user’s computer, and whether something waits in the guest. */
export const ClipboardAnswer = z.object({
  vm: z.string(),
  hostToGuest: z.boolean(),
  guestToHost: z.boolean(),
  mostBytes: z.int(),
  /** An agent in the guest has said that it is there. */
  hasAgent: z.boolean(),
  /** Grows with each thing that was copied in the guest and may leave it; 0 where there is none. */
  serial: z.int(),
});
export type ClipboardAnswer = z.infer<typeof ClipboardAnswer>;

export const GiveClipboardRequest = z.strictObject({ type: CopiedType, base64: z.base64().max(MAX_BASE64) });

export const GivenClipboardAnswer = z.object({ vm: z.string(), type: CopiedType, bytes: z.int() });
export type GivenClipboardAnswer = z.infer<typeof GivenClipboardAnswer>;

export const TakenClipboardAnswer = z.object({ vm: z.string(), type: CopiedType, base64: z.string() });
export type TakenClipboardAnswer = z.infer<typeof TakenClipboardAnswer>;
