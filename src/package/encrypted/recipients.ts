import { AppError } from '../../lib/errors.ts';
import { passphraseProblem } from '../../lib/passphrase.ts';
import { isRecipient } from '../../trust/age/recipient.ts';
import { whoKnows } from '../../trust/age/who-knows.ts';

/** Who can read a package: whoever knows a passphrase, or has the identity of one of these recipients of age. */
export type EncryptTo = { passphrase: string } | { recipients: readonly string[] };

const MOST_RECIPIENTS = 100;

/** The same as age has it. @throws USAGE */
export function ageRecipients(encryptTo: EncryptTo) {
  if ('passphrase' in encryptTo) {
    const problem = passphraseProblem(encryptTo.passphrase);
    if (problem !== undefined) throw new AppError('USAGE', problem);
    return [whoKnows(encryptTo.passphrase)];
  }
  const { recipients } = encryptTo;
  if (recipients.length === 0 || recipients.length > MOST_RECIPIENTS)
    throw new AppError('USAGE', `a package is encrypted for 1 to ${MOST_RECIPIENTS} recipients`);
  const wrong = recipients.find((each) => !isRecipient(each));
  if (wrong !== undefined) throw new AppError('USAGE', `${wrong.slice(0, 100)} is no recipient of age: age1…`);
  return recipients;
}

/** The recipients in a file as `age -R` takes it: one a line; what begins with # is a comment. */
export function recipientsIn(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}
