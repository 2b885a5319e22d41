import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { made } from './cache.ts';

export const SUFFIX = 'DC=lazaret,DC=test';
export const ADMIN_PASSWORD = 'Passw0rd.Adm1n';
export const ALICE_PASSWORD = 'Passw0rd.Al1ce';

/** Passwords of a domain end after six weeks; the controller changes its own after one. */
const MADE_ANEW_MS = 7 * 86_400_000;
/** Stands in the tree for its own place, which no other file of it has. */
const PLACE = '@TREE@';

/** Runs a program where a domain controller may be, and gives what it prints. */
export type Run = (program: string, args: string[]) => string;

/** Copies a domain that has its administrator and `alice`, and that nobody has used, to a new folder. */
export function copyDomain(tree: string, run: Run): void {
  // With the owners and the access lists of its files.
  execFileSync('cp', ['--archive', provisioned(run), tree]);
  replace(join(tree, 'etc', 'smb.conf'), PLACE, tree);
}

/** Made once: that takes Samba fifteen seconds of a processor. */
function provisioned(run: Run): string {
  const others = [run('samba', ['--version']), `${Math.floor(Date.now() / MADE_ANEW_MS)}`];
  return made('domain', ['lab/domain-tree.ts'], others, (tree) => {
    const config = join(tree, 'etc', 'smb.conf');
    run('samba-tool', [
      ...['domain', 'provision', '--server-role=dc', '--dns-backend=NONE', '--realm=LAZARET.TEST', '--domain=LAZARET'],
      ...['--host-name=dc1', `--adminpass=${ADMIN_PASSWORD}`, `--targetdir=${tree}`, '--host-ip=127.0.0.1'],
      ...['--option=interfaces=lo', '--option=bind interfaces only=yes', '--option=vfs objects=dfs_samba4 acl_xattr'],
    ]);
    run('samba-tool', ['user', 'create', 'alice', ALICE_PASSWORD, '-s', config]);
    replace(config, /^\s*(?:server services|log file|lock directory) =.*\n/gm, '');
    replace(config, tree, PLACE);
  });
}

function replace(file: string, what: string | RegExp, by: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(what, by));
}
