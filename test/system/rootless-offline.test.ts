import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { asUser, inRepository, makeUser } from '../../lab/rootless.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { Lab, whyNot } from './net/lab.ts';

const skip = hasProgram('pasta') ? whyNot() : 'not installed: pasta';

test('a service without root on a computer without a network is refused by pasta’s word, before it waits for a way out', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const [state, run] = [join(lab.folder, 'state'), join(lab.folder, 'run')];
  makeUser(lab.folder);
  const where = ['--state', state, '--run', run, '--socket', join(run, 'lazaretd.sock')];
  const command = asUser(lab.folder, [inRepository(lab.folder, 'bin/lazaretd'), '--rootless', ...where]);
  const [first = '', ...words] = [...lab.inside('host'), ...command];
  const child = spawn(first, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);

  assert.equal(status, 69, said);
  assert.match(said, /^ROOTLESS_UNAVAILABLE: pasta found no network .*\n→ Connect this computer to a network/m);
});
