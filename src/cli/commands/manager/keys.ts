import type { Command } from 'commander';
import { AppError } from '../../../lib/errors.ts';
import { lookAtKeys, type NewKey, renewKeys, revokeKey } from '../../../manager/change-keys.ts';
import type { ListedKey } from '../../../manager/keys.ts';
import { makeRecoveryKey } from '../../../manager/recovery-key.ts';
import { KEY_ROLES, type KeyRole } from '../../../project/layout.ts';
import { addCommand, type Context } from '../../program.ts';
import { type RecoveryPassphraseOptions, readRecoveryPassphrase } from '../../secrets/passphrase.ts';
import { CLOCK_IS_RIGHT, printDoubt, type SignOptions, signerBy } from '../../secrets/signer.ts';
import { isAgreed } from '../../terminal/confirm.ts';
import { print, table } from '../../terminal/print.ts';

interface RotateOptions extends SignOptions {
  directory: string;
}

interface RevokeOptions extends RotateOptions {
  yes?: boolean;
}

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('the keys that sign for the project');

  addCommand<{ directory: string }>(keys, 'list', 'list the keys in force', async (context, { directory }) => {
    const { keys: listed, doubt } = await lookAtKeys(directory, context.signal);
    print(context, listed, listText(listed));
    printDoubt(context, doubt);
  });

  addCommand<RotateOptions>(
    keys,
    'rotate <role...>',
    'give roles new keys: root, release, policy, hot-fix; computers follow, and the former keys sign nothing any more',
    async (context, options, ...given) => {
      const roles = given.flat().map(roleNamed);
      printNew(context, options, await renewKeys(options.directory, roles, signerBy(context, options), context.signal));
    },
  ).option(...CLOCK_IS_RIGHT);

  addCommand<RevokeOptions>(
    keys,
    'revoke <key>',
    'revoke a key that was lost or stolen, named by the beginning of its id; its role gets a new one',
    async (context, options, start = '') => {
      const { directory, yes = false } = options;
      const agree = (loss: string) => isAgreed(context, `${loss}. Revoke it?`);
      const signer = signerBy(context, options);
      const changed = await revokeKey(directory, start, signer, context.signal, yes ? undefined : agree);
      printNew(context, options, changed);
    },
  )
    .option('--yes', 'revoke it without a question')
    .option(...CLOCK_IS_RIGHT);

  addCommand<RecoveryPassphraseOptions & { directory: string; out?: string }>(
    keys,
    'recovery',
    'make the recovery key, by which lost passwords of encrypted machines are recovered; it stays the same for good',
    async (context, options) => {
      const passphrase = () => readRecoveryPassphrase(options, true);
      const made = await makeRecoveryKey(options.directory, passphrase, options.out);
      const text = `${made.path} has the recovery key ${made.recipient}\nkeep it in a safe place, and a copy in another: without it nothing is recovered`;
      print(context, made, text);
    },
  )
    .option('--out <file>', 'where to keep it, instead of in the project’s folder of keys')
    .option('--recovery-passphrase-file <file>', 'read its passphrase from this file');
}

function printNew(context: Context, { directory }: RotateOptions, changed: readonly NewKey[]): void {
  const text = [
    ...changed.map(({ role, keyId, next }) => `${role} has the new key ${keyId.slice(0, 16)}: ${next}`),
    `keep a copy of ${directory}/keys in a safe place`,
  ];
  print(context, changed, text.join('\n'));
}

function roleNamed(text: string): KeyRole {
  const role = KEY_ROLES.find((known) => known === text);
  if (role) return role;
  throw new AppError('USAGE', `“${text}” is not a role of a key: ${KEY_ROLES.join(', ')}`);
}

function listText(listed: readonly ListedKey[]): string {
  const rows = listed.map(({ role, keyId, expiresAt, isHere, isUnfinished }) => [
    role,
    keyId.slice(0, 16),
    expiresAt === undefined ? '' : new Date(expiresAt).toISOString().slice(0, 10),
    isHere ? 'here' : 'no key file here',
    isUnfinished ? `its change was interrupted: repeat \`lazaret-manager keys rotate ${role}\`` : '',
  ]);
  return table([['role', 'key', 'until', 'file', ''], ...rows]);
}
