import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { BIN } from '../../lab/programs.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { ended, failureIn, program, programWithout } from '../fakes/command-line.ts';
import { type Ends, madeProject, scratch } from '../fakes/made-project.ts';
import { service } from '../fakes/service.ts';
import { atTerminal, ENTER } from '../fakes/terminal.ts';

const skip = (() => {
  if (process.getuid?.() !== 0) return 'only root installs Lazaret';
  return ['qemu-img', 'dpkg'].every(hasProgram) ? false : 'qemu-img or dpkg is not installed';
})();

/** Stands in for what installs Debian packages: notes the bytes that it is given, and then has what their name says. */
function packageManager(t: Ends, installed: string) {
  const folder = join(scratch(t), 'programs');
  mkdirSync(folder);
  const [has, ran] = [join(folder, 'has'), join(folder, 'ran')];
  const stand = (name: string, script: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755, flag: 'wx' });
  const newest = `[ "$2" != "$4" ] && [ "$(printf '%s\\n' "$2" "$4" | sort -V | tail -n 1)" = "$2" ]`;
  stand('dpkg', `case $1 in --print-architecture) echo amd64 ;; *) ${newest} ;; esac`);
  stand('dpkg-query', `[ -s ${has} ] && cat ${has}`);
  const version = (path: string) => `basename "${path}" .deb | cut -d_ -f2`;
  stand('dpkg-deb', version('$2'));
  stand('apt-get', `sha256sum <"$4" >>${ran}; echo "installed $(${version('$4')})" >${has}; echo 'lazaret: runs on'`);
  const set = (state: string) => writeFileSync(has, state);
  set(installed);
  writeFileSync(ran, '');
  const took = () => readFileSync(ran, 'utf8').match(/[0-9a-f]{64}/g) ?? [];
  return { PATH: `${folder}:${process.env['PATH']}`, set, took };
}

/** A computer whose project has since published an update of its machine, and a Lazaret with it. */
async function behind(t: Ends & Parameters<typeof service>[0]) {
  const project = await madeProject(t);
  const address = join(project.folder, 'published', 'packages');
  await project.setProject({ packageServer: `file://${address}` });
  const one = await project.build('one');
  const { lazaret, state } = await service(t, {});
  const first = await lazaret('install', one.folder, '--fingerprint', project.fingerprint, '--for', 'all');
  assert.equal(first.status, 0, first.output);
  const bytes = Buffer.concat([Buffer.from('!<arch>\ndebian-binary   '), randomBytes(4096)]);
  const debs = scratch(t);
  writeFileSync(join(debs, 'lazaret_9.9.9_amd64.deb'), bytes);
  const two = await project.build('two', { kind: 'update', withLazaret: debs, force: true });
  const socket = ['--socket', join(dirname(state), 'run', 'lazaretd.sock')];
  return { address, socket, two: two.folder, sha256: createHash('sha256').update(bytes).digest('hex') };
}

test('an update keeps Lazaret itself as new as the project’s address has it, once root agrees; never back, and not where it came in another way', {
  skip,
}, async (t) => {
  const { address, socket, two, sha256 } = await behind(t);
  const { PATH, set, took } = packageManager(t, 'installed 1.0.0');
  const lazaret = (...words: string[]) => program('lazaret', [...socket, ...words], { PATH });
  const does = async (...words: string[]) => {
    const { status, stdout, stderr } = await lazaret(...words);
    assert.equal(status, 0, stderr);
    return stdout + stderr;
  };

  // It is said beforehand, and where nobody agrees nothing is done but what was asked for.
  const foreseen = `root installs it, in place of 1.0.0: lazaret upgrade ${two}`;
  assert.ok((await lazaret('plan', two)).stdout.includes(foreseen));
  const told = await does('update', '--yes');
  assert.match(told, /package two of Acme/);
  assert.ok(told.includes(`in place of 1.0.0; this installs it: lazaret upgrade file://${address}`), told);
  assert.deepEqual(took(), []);

  const asked = atTerminal(t, `env PATH=${PATH} ${join(BIN, 'lazaret')} ${socket.join(' ')} update`);
  await asked.answer('hands out Lazaret 9.9.9, in place of 1.0.0. Install it?', ENTER);
  assert.equal(await asked.status(), 0, asked.text());
  assert.match(asked.text(), /lazaret: runs on\s+Lazaret 9\.9\.9 is installed, in place of 1\.0\.0/);
  assert.deepEqual(took(), [sha256]);

  // Nobody else has it done.
  const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', join(BIN, 'lazaret')];
  const refused = await ended([...nobody, ...socket, 'update', '--lazaret', '--json'], { PATH, HOME: '' });
  assert.equal(failureIn(refused).code, 'ROOT_NEEDED');

  // Neither the same one again, nor an older one.
  await does('update', '--lazaret');
  set('installed 10.0.0');
  assert.match(await does('upgrade'), /Lazaret 10\.0\.0 stays: 9\.9\.9 is not newer/);
  assert.deepEqual(took(), [sha256]);

  // Nor what was not signed, by whatever name.
  set('installed 1.0.0');
  const [blob = ''] = globSync(join(address, 'blobs', '**', sha256));
  appendFileSync(blob, 'more');
  const changed = await lazaret('update', '--lazaret', '--json');
  assert.equal(failureIn(changed).code, 'TRUST_DIGEST');
  const [document = '', ...more] = changed.stdout.trimEnd().split('\n');
  assert.deepEqual(more, [], 'one JSON document');
  assert.equal(JSON.parse(document).error.details.installed[0].package, 'two');

  // Where Lazaret came in another way the machines alone are updated, and it is said.
  set('');
  const updated = await lazaret('update');
  assert.equal(updated.status, 0, updated.stderr);
  assert.match(updated.stderr, /LAZARET_UNPACKAGED: [\s\S]*npm, a checkout/);
  const without = await programWithout('dpkg', 'lazaret', [...socket, 'update', '--lazaret', '--json']);
  assert.equal(failureIn(without).code, 'LAZARET_UNPACKAGED');
  assert.deepEqual(took(), [sha256]);
});
