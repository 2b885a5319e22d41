import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BIN } from '../../lab/programs.ts';
import { askUnix } from '../../src/sys/http/http-client.ts';
import { ended } from './command-line.ts';
import { scratch } from './made-project.ts';

export const [ALICE, BOB, CAROL] = [47_101, 47_102, 47_103];
/** The group that may use the service; Carol is not in it. */
export const GROUP = 47_100;
const PASSWD = [
  'root:x:0:0::/root:/bin/sh',
  ...[ALICE, BOB, CAROL].map((uid, at) => `${['alice', 'bob', 'carol'][at]}:x:${uid}:${uid}::/:/bin/sh`),
];
const GROUPS = ['root:x:0:', `lazaret:x:${GROUP}:alice,bob`];

/** For tests that are several users of this computer. */
export const usersSkip = process.getuid?.() === 0 ? false : 'only root is several users';

/** The computer’s accounts as the command behind it sees them; nobody else does. */
const WITH_ACCOUNTS = `cd "$1" && shift && mount --bind passwd /etc/passwd && mount --bind group /etc/group && exec "$@"`;

/** A service on a computer with users of its own, and what each of them has: a command line, with and without --json. */
export async function sharedComputer(t: TestContext) {
  const folder = scratch(t);
  chmodSync(folder, 0o755);
  const [state, run, accounts] = [join(folder, 'state'), join(folder, 'run'), join(folder, 'accounts')];
  mkdirSync(accounts);
  writeFileSync(join(accounts, 'passwd'), `${PASSWD.join('\n')}\n`);
  writeFileSync(join(accounts, 'group'), `${GROUPS.join('\n')}\n`);
  const socket = join(run, 'lazaretd.sock');
  const apart = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', WITH_ACCOUNTS, 'sh', accounts];
  const start = async (env: Record<string, string> = {}) => {
    const [command = '', ...words] = [...apart, join(BIN, 'lazaretd'), '--state', state, '--run', run];
    const child = spawn(command, [...words, '--accel', 'tcg'], {
      stdio: 'ignore',
      env: { ...process.env, ...env },
    });
    const end = once(child, 'close');
    const stop = async (signal: NodeJS.Signals) => {
      child.kill(signal);
      await end;
    };
    t.after(() => stop('SIGKILL'));
    while (!(await answers(socket)) && child.exitCode === null) await sleep(20);
    return stop;
  };
  return {
    ...{ folder, state, run, socket, start },
    /** Where a user’s own socket is. */
    socketOf: (uid: number) => join(run, 'users', `${uid}`, 'lazaretd.sock'),
    /** Any command, as a user who is logged on. */
    as: (uid: number, ...words: string[]) => ended([...setpriv(uid), ...words], { HOME: '' }),
    lazaret: (uid: number, ...words: string[]) => {
      const args = ['--socket', socket, ...words, '--json'];
      // Root as he is, with the computer’s accounts.
      if (uid === 0) return ended([...apart, join(BIN, 'lazaret'), ...args]);
      return ended([...apart, ...setpriv(uid), join(BIN, 'lazaret'), ...args], { HOME: '' });
    },
    rootsText: (...words: string[]) => ended([...apart, join(BIN, 'lazaret'), '--socket', socket, ...words]),
  };
}

/** What a service that was killed has left answers nobody. */
async function answers(socket: string): Promise<boolean> {
  return askUnix(socket, { method: 'GET', path: '/v1/status' }).then(
    () => true,
    () => false,
  );
}

function setpriv(uid: number): string[] {
  const groups = uid === CAROL ? ['--clear-groups'] : ['--groups', `${GROUP}`];
  return ['setpriv', '--reuid', `${uid}`, '--regid', `${uid}`, ...groups, '--inh-caps=-all', '--bounding-set=-all'];
}
