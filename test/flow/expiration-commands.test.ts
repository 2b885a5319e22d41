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

  for (const [option, value, code] of [
    ['--days', '0', 'POLICY_INVALID'],
    ['--days', 'x', 'USAGE'],
    ['--date', '31.1.2027', 'USAGE'],
    ['--date', '2027-02-30', 'USAGE'],
    ['--warning', 'x'.repeat(2001), 'POLICY_INVALID'],
  ] as const) {
    const { error, status } = manager('expiration', 'office', option, value);
    assert.deepEqual([error.code, status], [code, code === 'USAGE' ? 64 : 65], `${option} ${value}`);
    // What is wrong stands in the command: the project’s files are as they were, and a look at them would say so.
    assert.doesNotMatch(error.remedy, /Run `lazaret-manager policy check`/);
  }
  assert.equal(manager('expiration', 'office', '--never', '--message', 'x').error.code, 'POLICY_INVALID');
  assert.equal(manager('expiration', 'office', '--never', '--days', '3').error.code, 'USAGE');
  assert.equal(manager('copy-protection', 'office', 'yes').error.code, 'USAGE');
  assert.equal(manager('expiration', 'office', '--never').status, 0);
  assert.equal(manager('copy-protection', 'office', 'off').status, 0);
  assert.deepEqual((await policy()).expiration, { type: 'never' });
  const warnings = () => manager('check').warnings.join();
  assert.equal(manager('expiration', 'office', '--date', '2020-01-01').status, 0);
  assert.match(warnings(), /office: its time was over with 2020-01-01, so nobody can start it/);
  assert.equal(manager('expiration', 'office', '--never').status, 0);
  assert.equal(manager('device', 'office', 'cdrom', '--everybody').status, 0);
  assert.match(warnings(), /office: its policy says who may connect “cdrom”, and it has no such device/);
  assert.equal(manager('device', 'office', 'cdrom', '--nobody').status, 0);
  assert.equal(warnings(), '');
  assert.match(JSON.stringify(manager('schema')), /"expiration":.*"copyProtection":/);
});
