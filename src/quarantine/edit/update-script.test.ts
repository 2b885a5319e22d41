import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { threeVersions } from '../../../test/fakes/quarantine.ts';
import { judge } from '../versions/descriptor.ts';
import { updateScript, updateSteps } from './update-script.ts';

const QUARANTINE = threeVersions();
const [FIRST, SECOND, THIRD] = QUARANTINE.versions.map(({ descriptor }) => descriptor);
const SHELLS = [['/bin/sh'], ...(existsSync('/bin/busybox') ? [['/bin/busybox', 'sh']] : [])];

/** An nq-set that answers as the host would, from a table of every question in every state. */
function fakeNqSet(folder: string, at: string | undefined): string {
  const states = [undefined, ...QUARANTINE.versions.map(({ descriptor }) => descriptor)];
  const good = states.flatMap((state) =>
    QUARANTINE.versions
      .filter(({ descriptor }) => judge(QUARANTINE, state, descriptor, false).valid)
      .map(({ descriptor }) => `${state ?? 'unset'}:${descriptor}`),
  );
  const path = join(folder, 'nq-set');
  writeFileSync(join(folder, 'at'), at ?? 'unset');
  const words = `#!/bin/sh
dry=; [ "$1" != -n ] || { dry=1; shift; }
case " ${good.join(' ')} " in *" $(cat ${folder}/at):$1 "*) ;; *) echo refused >&2; exit 1 ;; esac
[ -n "$dry" ] || echo "$1" >${folder}/at
`;
  writeFileSync(path, words, { mode: 0o755 });
  return path;
}

function update(t: TestContext, shell: readonly string[], at: string | undefined, commands: Record<string, string>) {
  const folder = scratch(t);
  const given = new Map(Object.entries(commands).map(([name, text]) => [name, text.replaceAll('DIR', folder)]));
  const steps = updateSteps(QUARANTINE, 'third', given);
  assert.ok(Array.isArray(steps));
  const place = QUARANTINE.versions.findIndex(({ name }) => name === steps[0]?.version.name);
  const script = join(folder, 'update.sh');
  // Waiting for the host’s allowance is for real hosts.
  writeFileSync(script, updateScript('office', QUARANTINE.versions[place - 1], steps).replaceAll('sleep 1', ':'));
  const env = { ...process.env, NQ_SET: fakeNqSet(folder, at) };
  const [program = '', ...args] = shell;
  const run = () => spawnSync(program, [...args, script], { env, encoding: 'utf8' });
  const read = (name: string) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8').trim() : '';
  return { run, read };
}

const LOG = { first: 'echo 1 >>DIR/log', second: 'echo 2 >>DIR/log', third: 'echo 3 >>DIR/log' };
const LATE = { third: LOG.third };
const ROWS: [
  at: string,
  descriptor: string | undefined,
  commands: Record<string, string>,
  ran: string,
  status: number,
][] = [
  ['no version', undefined, LOG, '1 2 3', 0],
  ['the first version', FIRST, LOG, '2 3', 0],
  ['the second version', SECOND, LOG, '3', 0],
  ['the third version', THIRD, LOG, '', 0],
  ['the version before, with the last step alone', SECOND, LATE, '3', 0],
  ['the target, with the last step alone', THIRD, LATE, '', 0],
  ['two versions behind, with the last step alone', FIRST, LATE, '', 1],
];

for (const shell of SHELLS) {
  for (const [at, descriptor, commands, ran, status] of ROWS) {
    test(`${shell.join(' ')}: a guest at ${at} runs “${ran}”, and nothing the second time`, (t) => {
      const { run, read } = update(t, shell, descriptor, commands);

      const first = run();

      assert.equal(first.status, status, first.stderr);
      assert.equal(read('log').replaceAll('\n', ' '), ran);
      assert.equal(read('at'), status === 0 ? THIRD : descriptor);
      assert.equal(run().status, status);
      assert.equal(read('log').replaceAll('\n', ' '), ran);
    });
  }

  test(`${shell.join(' ')}: a command that fails ends the update, and its version is not reported`, (t) => {
    const second = 'false\necho 2 >>DIR/log';
    const { run, read } = update(t, shell, undefined, { ...LOG, second });

    const { status, stderr } = run();

    assert.deepEqual([status, read('log'), read('at')], [1, '1', FIRST]);
    assert.match(stderr, /commands for second/);
  });
}

test('a version in between that has no commands cannot be left out', () => {
  assert.deepEqual(updateSteps(QUARANTINE, 'third', new Map([['first', 'true']])), { without: ['second', 'third'] });
});

test('a name with quotes stays a name', () => {
  const version = { name: "it's $(reboot)", descriptor: '0x00000009' };
  const text = updateScript('office', undefined, [{ version, commands: 'true' }]);

  assert.match(
    execFileSync(
      'sh',
      ['-c', `${text.slice(text.indexOf('version()'), text.indexOf('# Whether'))}\nversion 1; echo "$name"`],
      { encoding: 'utf8' },
    ),
    /^it's \$\(reboot\)\n$/,
  );
});
