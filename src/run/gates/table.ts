import { copyingGate } from './copying.ts';
import { encryptionGate } from './encryption.ts';
import { expirationGate } from './expiration.ts';
import type { Gate, Start } from './gate.ts';
import { quarantineGate } from './quarantine.ts';

/** All gates, in the order in which they are asked. */
const GATES: readonly Gate[] = [encryptionGate, copyingGate, expirationGate, quarantineGate];

/** Lets a machine start, or says the first reason why not. @throws what the gates give: POLICY_INVALID, MOVED, EXPIRED, QUARANTINE_REFUSED */
export function requireAllowed(start: Start): void {
  for (const gate of GATES) {
    const refusal = gate(start);
    if (refusal) throw refusal;
  }
}
