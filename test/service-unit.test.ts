import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ERRORS } from '../src/lib/errors.ts';
import { hasProgram } from '../src/sys/programs/exec.ts';
import { scratch } from './fakes/made-project.ts';

const ROOT = join(import.meta.dirname, '..');
const UNIT = readFileSync(join(ROOT, 'setup', 'lazaretd.service'), 'utf8');
const settings = new Map(UNIT.split('\n').flatMap((line) => (/^\w+=/.test(line) ? [splitAt(line)] : [])));

function splitAt(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}

test('the unit starts a program that there is, and ends nothing but it', () => {
  const [program = ''] = (settings.get('ExecStart') ?? '').split(' ');
  accessSync(program.replace('/opt/lazaret', ROOT), constants.X_OK);
  assert.equal(settings.get('KillMode'), 'process');
  assert.equal(settings.get('OOMPolicy'), 'continue');
  assert.ok(!settings.has('RuntimeDirectory'), 'running machines need it after a stop');
});

test('what does not mend itself is not tried again', () => {
  const statuses = [ERRORS.USAGE, ERRORS.DAEMON_BUSY].map(({ exit }) => exit);
  assert.equal(settings.get('RestartPreventExitStatus'), statuses.join(' '));
});

test('systemd, where it is, finds nothing wrong with the unit', (t) => {
  if (!hasProgram('systemd-analyze')) return t.diagnostic('systemd is not installed');
  const unit = join(scratch(t), 'lazaretd.service');
  writeFileSync(unit, UNIT.replace('/opt/lazaret', ROOT));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});
