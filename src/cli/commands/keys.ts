import type { Command } from 'commander';
import { AppError } from '../../lib/errors.ts';
import { type ListedKey, listKeys, roleOfKey, rotateKeys } from '../../manager/keys.ts';
import { doubtOfClock, timeAgainstServers } from '../../manager/signing.ts';
import { KEY_ROLES, type KeyRole } from '../../project/layout.ts';
import { openProject } from '../../project/open.ts';
import { withProject } from '../../project/save.ts';
import { readPassphrase } from '../passphrase.ts';
import { print, table } from '../print.ts';
import { addCommand, type Context } from '../program.ts';
import { CLOCK_IS_RIGHT, printDoubt, type SignOptions, vouchForClock } from '../signer.ts';

interface RotateOptions extends SignOptions {
  directory: string;
}

interface RevokeOptions extends RotateOptions {
  yes?: boolean;
}

/** What has to be done so that computers learn of a new key. */
const NEXT: Record<KeyRole, string> = {
  root: 'computers learn of the new root key with the next policies and packages that they fetch',
  release:
    'put published/packages on its server again, and hand out new media: what is signed from now on has the new key',
  policy: 'put published/policies on its server again, as `lazaret-manager deploy` does',
};

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('the keys that sign for the project');

  addCommand<{ directory: string }>(keys, 'list', 'list the keys in force', async (context, { directory }) => {
    const listed = await listKeys(directory);
    print(context, listed, listText(listed));
    printDoubt(context, await doubtOfClock(await openProject(directory), context.signal));
  });

  addCommand<RotateOptions>(
    keys,
    'rotate <role...>',
    'give roles new keys: root, release, policy; computers follow, and the former keys sign nothing any more',
    async (context, options, ...given) => rotate(context, options, given.flat().map(roleNamed)),
  ).option(...CLOCK_IS_RIGHT);

  addCommand<RevokeOptions>(
    keys,
    'revoke <key>',
    'revoke a key that was lost or stolen, named by the beginning of its id; its role gets a new one',
    async (context, options, start = '') => {
      const role = await roleOfKey(options.directory, start);
      await requireRevokeConfirmed(context, options, role);
      await rotate(context, options, [role]);
    },
  )
    .option('--yes', 'revoke it without a question')
    .option(...CLOCK_IS_RIGHT);
}

async function rotate(context: Context, options: RotateOptions, roles: readonly KeyRole[]): Promise<void> {
  const { directory } = options;
  const listed = await withProject(directory, async (project) => {
    const now = await timeAgainstServers(project, vouchForClock(context, options), context.signal);
    await rotateKeys(directory, roles, { passphrase: await readPassphrase(options), now });
    return listKeys(directory);
  });
  const changed = listed.filter(({ role }) => roles.includes(role));
  const text = [
    ...changed.map(({ role, keyId }) => `${role} has the new key ${keyId.slice(0, 16)}: ${NEXT[role]}`),
    `keep a copy of ${directory}/keys in a safe place`,
  ];
  print(context, changed, text.join('\n'));
}

/** @throws USAGE when nobody confirms it */
async function requireRevokeConfirmed(context: Context, { yes = false }: RevokeOptions, role: KeyRole): Promise<void> {
  if (yes) return;
  const what = `what the ${role} key signs is refused from now on wherever the new root is known`;
  if (context.json || !process.stdin.isTTY) throw new AppError('KEY_CONFIRM', what);
  const { confirm } = await import('@clack/prompts');
  if ((await confirm({ message: `${what}. Revoke it?`, initialValue: false })) !== true)
    throw new AppError('KEY_CONFIRM', what);
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
    new Date(expiresAt).toISOString().slice(0, 10),
    isHere ? 'here' : 'no key file here',
    isUnfinished ? `its change was interrupted: repeat \`lazaret-manager keys rotate ${role}\`` : '',
  ]);
  return table([['role', 'key', 'until', 'file', ''], ...rows]);
}
