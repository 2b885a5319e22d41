import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SupportAnswer } from '../../src/api/support.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { service } from '../fakes/service.ts';

const isReady = ['qemu-img', 'ip'].every((program) => hasProgram(program)) && process.getuid?.() === 0;

test('a file for support has state, checks and events, and is its owner’s alone', {
  skip: isReady ? false : 'needs root, qemu-img and ip',
}, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  const { lazaret } = await service(t, {});
  const installed = await lazaret('install', folder, '--fingerprint', project.fingerprint);
  assert.equal(installed.status, 0, installed.output);
  const out = join(scratch(t), 'support.json');

  const { status, output } = await lazaret('support', '--out', out);

  assert.equal(status, 0, output);
  assert.match(output, /checks, \d+ events, logs of 0 machines/);
  const support = SupportAnswer.parse(JSON.parse(readFileSync(out, 'utf8')));
  assert.deepEqual(
    support.status.machines.map(({ vm, state }) => [vm, state]),
    [['office', 'stopped']],
  );
  assert.ok(support.checks.some(({ what }) => what === 'the service answers'));
  assert.ok(
    support.events.some(({ kind }) => kind === 'installed'),
    JSON.stringify(support.events),
  );
  assert.equal(statSync(out).mode & 0o777, 0o600);
});
