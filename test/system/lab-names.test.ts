import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { isLeftover, newPrefix } from '../../lab/namespaces.ts';
import { whyNot } from './net/lab.ts';

const LAB = join(import.meta.dirname, '..', '..', 'lab', 'namespaces.ts');
const NUMBERED_ANEW = ['-p', '-f', '--mount-proc'];

test('what a run that goes on has made is no leftover to another, not even to one that numbers processes anew', {
  skip: whyNot(),
}, () => {
  const own = newPrefix();
  const look = `import { isLeftover } from '${LAB}'; process.exit(isLeftover('${own}') ? 1 : 0);`;

  const { status } = spawnSync('unshare', [...NUMBERED_ANEW, process.execPath, '--input-type=module', '-e', look]);

  assert.equal(status, 0);
  assert.equal(isLeftover(own), false);
});

test('what a run has made that was killed is a leftover to the next', () => {
  const tell = `import { newPrefix } from '${LAB}'; console.log(newPrefix());`;

  const made = execFileSync(process.execPath, ['--input-type=module', '-e', tell], { encoding: 'utf8' }).trim();

  assert.equal(isLeftover(made), true);
});
