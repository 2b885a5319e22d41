import { recipientBytes } from './x25519.ts';

/** Whether a text is a recipient of age (X25519). */
export function isRecipient(text: string): boolean {
  try {
    recipientBytes(text);
    return true;
  } catch {
    // What bech32 does not take is none.
    return false;
  }
}
