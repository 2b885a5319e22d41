import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { selfSigned } from '../../lab/certificate.ts';
import { scriptOf } from '../../lab/programs.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const MANAGER = scriptOf('lazaret-manager');
const skip = ['qemu-img', 'openssl'].every(hasProgram) ? false : 'qemu-img or openssl is not installed';
const ADDRESS = 'ldaps://dc1.acme.example/DC=acme,DC=example';

test('the command line sets what opens a machine step by step, and the domain of the project', { skip }, async (t) => {
  const project = await madeProject(t);
  const manager = (...args: string[]) => {
    const { status, stdout } = spawnSync(process.execPath, [MANAGER, '-C', project.folder, ...args, '--json'], {
      encoding: 'utf8',
    });
    return { status, ...JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') };
  };
  const set = (...args: string[]) => manager('policy', 'authentication', 'office', ...args);
  const policy = async () => vmNamed(await openProject(project.folder), 'office').policy.value.authentication;

  assert.equal(set('--password', '--minimum-length', '8', '--contents', 'capitals', 'numerals').status, 0);
  assert.deepEqual(await policy(), { type: 'password', minimumLength: 8, contents: ['capitals', 'numerals'] });
  assert.equal(set('--no-minimum-length', '--contents', 'symbols').status, 0);
  assert.deepEqual(await policy(), { type: 'password', contents: ['symbols'] });

  const list = ['--add-user', 'alice', 'bob', '--add-group', 'staff', '--offline', '14d'];
  assert.equal(set('--users-and-groups', ...list).status, 0);
  assert.equal(set('--remove-user', 'BOB', '--add-user', 'Alice', '--add-group', 'S-1-5-21-1-2-3-513').status, 0);
  assert.deepEqual(await policy(), {
    ...{ type: 'users-and-groups', users: ['Alice'], groups: ['staff', 'S-1-5-21-1-2-3-513'], offline: '14d' },
  });
  assert.equal(manager('policy', 'check').error.code, 'DOMAIN_UNSET');

  const { certificate } = selfSigned(scratch(t), 'dc1.acme.example');
  assert.equal(manager('project', 'set', '--domain', ADDRESS, '--domain-ca', certificate).status, 0);
  const domain = async () => (await openProject(project.folder)).file.value.domain;
  assert.match((await domain())?.ca ?? '', /^-----BEGIN CERTIFICATE-----\n/);
  assert.equal(manager('project', 'show').domain, ADDRESS);
  assert.equal(manager('policy', 'check').status, 0);
  assert.equal(manager('project', 'set', '--name', 'Other').status, 0);
  assert.equal((await domain())?.address, ADDRESS, 'what is not named stays');
  assert.equal(manager('project', 'set', '--domain-ca', '').status, 0);
  assert.deepEqual(await domain(), { address: ADDRESS });
  const noCertificate = join(scratch(t), 'ca.pem');
  writeFileSync(noCertificate, 'no certificate\n');
  for (const wrong of [
    ['--domain', 'dc1.acme.example'],
    ['--domain', 'ldaps://dc1.acme.example'],
    ['--domain-ca', noCertificate],
  ])
    assert.equal(manager('project', 'set', ...wrong).error.code, 'PROJECT_INVALID', wrong.join(' '));

  assert.equal(set('--no-offline').status, 0);
  for (const wrong of [
    ['--offline', '2y'],
    ['--add-user', 'ACME\\alice'],
    ['--minimum-length', '8'],
    ['--password', '--add-user', 'x'],
  ])
    assert.equal(set(...wrong).error.code, 'POLICY_INVALID', wrong.join(' '));
  assert.equal(set('--password', '--none').error.code, 'USAGE');
  assert.equal(set('--none').status, 0);
  assert.deepEqual(await policy(), { type: 'none' });
  assert.equal(manager('project', 'set', '--domain', '').status, 0);
  assert.equal(await domain(), undefined);
});
