import { AppError } from '../../lib/errors.ts';
import { type Account, fullName } from '../../policy/parts/account.ts';
import { domainName } from '../../policy/parts/domain.ts';
import type { AskDomain, SigningIn } from './accounts.ts';
import { readAccounts, writeAccounts } from './kept-accounts.ts';
import { oneMore, requirePatience } from './wrong-passwords.ts';

interface ForDevice extends Pick<SigningIn, 'state' | 'vm' | 'vmId' | 'domain' | 'given' | 'now'> {
  device: string;
  /** The groups that are listed for the device. */
  groups: readonly string[];
  ask: AskDomain;
}

/**
 * Who connects a device, as the domain says now: without it nobody is let. Wrong passwords count with those of opening the machine.
 * @throws ACCOUNT_NEEDED, PASSWORD_PAUSE, and as AskDomain
 */
export async function accountForDevice(signing: ForDevice): Promise<Account> {
  const { vm, device, domain, given, groups, now, ask } = signing;
  const user = given.user?.trim();
  const password = given.password?.replace(/\r?\n$/, '');
  if (!user || !password)
    throw new AppError(
      'ACCOUNT_NEEDED',
      `“${device}” of ${vm} is connected with a name and password of ${domainName(domain)}`,
    );
  const file = await readAccounts(signing);
  await requirePatience({ vm, wrong: file.wrong, now }, (wrong) => writeAccounts(signing, { ...file, wrong }));
  // Counted before it is looked at: whoever kills the service meanwhile gains no try.
  await writeAccounts(signing, { ...file, wrong: oneMore(file.wrong, now) });
  try {
    const account = await ask(domain, { user: fullName(user, domainName(domain)), password, groups });
    const { wrong: _wrong, ...known } = file;
    await writeAccounts(signing, known);
    return account;
  } catch (error) {
    // Nobody has looked at the guess where the domain did not answer.
    if (error instanceof AppError && !isRefused(error)) await writeAccounts(signing, file);
    throw error;
  }
}

function isRefused({ code }: AppError): boolean {
  return code === 'PASSWORD_WRONG' || code.startsWith('ACCOUNT_');
}
