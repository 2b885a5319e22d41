import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyNot } from './net/lab.ts';

const LEFT = join(import.meta.dirname, '..', '..', 'lab', 'left-behind.ts');
const SETUP = join(import.meta.dirname, '..', '..', 'setup', 'privileges.mjs');
const skip = whyNot();

/** A program that runs another as the tests run, in namespaces of its own; `OUTER` is the process that does. */
const inOwn = (script: string, before = '') => `
  import { execFileSync, spawnSync } from 'node:child_process';
  import { asNetworkAdministrator } from '${SETUP}';
  ${before}
  const [program, ...args] = asNetworkAdministrator();
  const words = [...args, process.execPath, '--input-type=module', '-e', ${JSON.stringify(script)}];
  const env = { ...process.env, OUTER: String(process.pid) };
  process.stdout.write(spawnSync(program, words, { encoding: 'utf8', env }).stdout);`;

/** What a program printed. */
function run(script: string) {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return JSON.parse(stdout);
}

/** Something that a run does and leaves, and what is said of it. */
const LEAVING: [what: string, script: string, said: RegExp | undefined][] = [
  ['nothing', 'true', undefined],
  ['a process that nobody waits for', 'setsid sleep 60 >/dev/null 2>&1 & echo $! >&2', /process \d+ sleep 60/],
  [
    'a process in a namespace without a name',
    'setsid unshare -n sleep 60 >/dev/null 2>&1 & until grep -qx sleep /proc/$!/comm; do sleep 0.05; done; echo $! >&2',
    /sleep 60/,
  ],
  ['a link', 'ip link add d0 type veth peer name d1', /link .*d0/],
  ['a namespace', 'ip netns add left', /network namespace left/],
  ['a mount', 'mount -t tmpfs t /mnt', /mount \/ on \/mnt/],
  ['a rule', 'nft add table inet left', /table inet left/],
];
for (const [what, script, said] of LEAVING)
  test(`a run that leaves ${what} behind is told so, and sees nobody else’s`, { skip }, () => {
    const look = `
      import { execFileSync, spawnSync } from 'node:child_process';
      import { computerLines, leftBehind } from '${LEFT}';
      const before = computerLines();
      const { stderr } = spawnSync('sh', ['-c', ${JSON.stringify(script)}], { encoding: 'utf8' });
      console.log(JSON.stringify({ before, left: await leftBehind(before, 500) }));
      if (Number(stderr)) process.kill(Number(stderr), 'SIGKILL');`;
    const { before, left } = run(inOwn(look));
    assert.deepEqual(
      before.filter((line: string) => /^(process|network namespace|link (?!\d+: lo:))/.test(line)),
      [],
      'its own namespaces only',
    );
    if (said) assert.match(left.join('\n'), said);
    else assert.deepEqual(left, []);
  });

test('what somebody else takes away, where our own mount covers it, is no difference', { skip }, () => {
  const look = `
    import { spawnSync } from 'node:child_process';
    import { computerLines, leftBehind } from '${LEFT}';
    const before = computerLines();
    const taken = spawnSync('nsenter', ['-t', process.env.OUTER, '-m', 'ip', 'netns', 'delete', 'others']).status;
    console.log(JSON.stringify({ taken, left: await leftBehind(before, 500) }));`;
  const outer = inOwn(look, "execFileSync('ip', ['netns', 'add', 'others']);");
  assert.deepEqual(run(inOwn(outer)), { taken: 0, left: [] });
});
