import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { scriptOf } from '../../lab/programs.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { madeProject } from '../fakes/made-project.ts';

const MANAGER = scriptOf('lazaret-manager');
const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

test('the command line sets an expiration step by step, and copy protection', { skip }, async (t) => {
  const project = await madeProject(t);
  const manager = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [MANAGER, '-C', project.folder, 'policy', ...args, '--json'],
      { encoding: 'utf8' },
    );
    return { status, stderr, ...JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') };
  };
  const policy = async () => vmNamed(await openProject(project.folder), 'office').policy.value;

  assert.equal(manager('expiration', 'office', '--days', '30', '--message', 'Ask Ann.').status, 0);
  assert.deepEqual((await policy()).expiration, { type: 'days', days: 30, message: 'Ask Ann.' });
  const more = ['--warn-before', '7d', '--warning', 'Soon.', '--renewal', 'more.sh', '--argument', 'a'];
  assert.equal(manager('expiration', 'office', ...more).status, 0);
  assert.equal(manager('expiration', 'office', '--date', '2027-01-31', '--timeout', '5s').status, 0);
  assert.deepEqual((await policy()).expiration, {
    ...{ type: 'date', date: '2027-01-31', message: 'Ask Ann.' },
    warning: { before: '7d', message: 'Soon.' },
    renewal: { file: 'more.sh', arguments: ['a'], timeout: '5s', network: false },
  });
  assert.equal(manager('check').error.code, 'PLUGIN_MISSING');
  assert.equal(manager('expiration', 'office', '--no-renewal').status, 0);
  assert.equal(manager('copy-protection', 'office', 'on').status, 0);
  assert.deepEqual((await policy()).copyProtection, { enabled: true });
  assert.equal(manager('check').status, 0);

  for (const wrong of [
    ['--days', '0'],
    ['--days', 'x'],
    ['--date', '31.1.2027'],
    ['--warning', 'x'.repeat(2001)],
  ])
    assert.equal(manager('expiration', 'office', ...wrong).error.code, 'POLICY_INVALID', wrong.join(' '));
  assert.equal(manager('expiration', 'office', '--never', '--message', 'x').error.code, 'POLICY_INVALID');
  assert.equal(manager('expiration', 'office', '--never', '--days', '3').error.code, 'USAGE');
  assert.equal(manager('copy-protection', 'office', 'yes').error.code, 'USAGE');
  assert.equal(manager('expiration', 'office', '--never').status, 0);
  assert.equal(manager('copy-protection', 'office', 'off').status, 0);
  assert.deepEqual((await policy()).expiration, { type: 'never' });
  assert.match(JSON.stringify(manager('schema')), /"expiration":.*"copyProtection":/);
});
