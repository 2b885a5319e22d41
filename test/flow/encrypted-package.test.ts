import assert from 'node:assert/strict';
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { foreseeInstall } from '../../src/install/change/foresee.ts';
import { readInstances } from '../../src/install/state/instances.ts';
import { publishedListener } from '../../src/manager/published.ts';
import { exportAgain } from '../../src/package/export-again.ts';
import { MEDIA, type Medium, writeMedia } from '../../src/package/media/write.ts';
import { openProject } from '../../src/project/open.ts';
import { listenTcp } from '../../src/sys/http/http-server.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { change, copyOf, filesIn, requireBootable } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const MIB = 1 << 20;
const SECRET = 'four words upon a stick';
const passphrase = { passphrase: SECRET };

function skipped(format: Medium): string | false {
  return skip || (format === 'iso' && !hasProgram('xorriso') ? 'xorriso is not installed' : false);
}

/** All that whoever finds a medium has: names, and bytes. */
function foundOn(folder: string): string {
  const files = globSync('**', { cwd: folder }).filter((name) => statSync(join(folder, name)).isFile());
  return files.map((name) => `${name}\n${readFileSync(join(folder, name), 'latin1')}`).join('\n');
}

async function made(t: TestContext, more: { diskBytes?: number } = {}) {
  const project = await madeProject(t, 'Acme', Date.now(), more);
  const plain = await project.build('plain');
  const { folder } = await project.build('locked', { encryptTo: passphrase });
  return { project, plain: plain.folder, folder };
}

/** What a plain package tells whoever finds it: words of its files, digests that name them, and what its blobs hold. */
function wordsOf(plain: string): string[] {
  const blobs = readdirSync(join(plain, 'blobs'));
  const pieces = blobs.map((name) => readFileSync(join(plain, 'blobs', name), 'latin1').slice(100, 132));
  return ['office', 'Acme', 'quarantine', 'signatures', ...blobs, ...pieces];
}

for (const format of MEDIA) {
  for (const volumeBytes of format === 'tar' ? [undefined, 3 * MIB] : [undefined]) {
    const what = volumeBytes === undefined ? `one ${format}` : `volumes, each a ${format}`;
    test(`whoever finds ${what} of an encrypted package reads nothing; its passphrase installs it`, {
      skip: skipped(format),
    }, async (t) => {
      const { project, plain, folder } = await made(t, { diskBytes: 5 * MIB });
      const { install, state } = computer(t);
      const words = wordsOf(plain);
      const inClear = foundOn(plain);
      for (const word of words) assert.ok(inClear.includes(word), `the same search finds ${word} in a plain one`);

      const paths = await writeMedia(folder, { format, ...(volumeBytes === undefined ? {} : { volumeBytes }) });

      if (volumeBytes !== undefined) assert.ok(paths.length > 2, `${paths}`);
      const others = scratch(t);
      for (const path of paths) await run('cp', ['-r', path, others]);
      const found = foundOn(others);
      for (const word of words) assert.ok(!found.includes(word), `${word} is on the medium`);
      const [first = ''] = paths;
      await assert.rejects(install(first, { fingerprint: project.fingerprint }), {
        ...code('PACKAGE_LOCKED'),
        details: { asks: 'passphrase' },
      });
      await assert.rejects(
        install(first, { fingerprint: project.fingerprint, secret: `${SECRET}.` }),
        code('PACKAGE_SECRET'),
      );
      assert.deepEqual(filesIn(state, ['**', '.*']), [], 'nothing is half done');
      await install(first, { fingerprint: project.fingerprint, secret: SECRET });
      assert.equal(await requireBootable(state), 2);
    });
  }
}

test('a recipient’s identity opens a package that was encrypted for him, and another’s does not', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const [own, other] = [await generateX25519Identity(), await generateX25519Identity()];
  const recipients = [await identityToRecipient(own), await identityToRecipient(await generateX25519Identity())];
  const { folder } = await project.build('one', { encryptTo: { recipients } });
  const { install, state } = computer(t);
  const { fingerprint } = project;

  await assert.rejects(install(folder, { fingerprint }), { ...code('PACKAGE_LOCKED'), details: { asks: 'identity' } });
  for (const secret of [other, SECRET, `${own} `])
    await assert.rejects(install(folder, { fingerprint, secret }), code('PACKAGE_SECRET'));
  await install(folder, { fingerprint, secret: own });

  assert.equal((await readInstances(state)).length, 1);
});

test('an update package is encrypted as well, and installed over what there is', { skip }, async (t) => {
  const { project, folder } = await made(t);
  const { install, state } = computer(t);
  await install(folder, { fingerprint: project.fingerprint, secret: SECRET });
  await project.changeDisk(64 << 10);
  const update = await project.build('more', { kind: 'update', encryptTo: passphrase });

  await install(update.folder, { secret: SECRET, replace: true });

  assert.equal((await readInstances(state))[0]?.current.machine.release, 2);
});

test('what is installed of an encrypted package is foreseen with its passphrase alone', { skip }, async (t) => {
  const { project, folder } = await made(t);
  const { state } = computer(t);
  const options = { state, running: () => new Map(), now: Date.now(), signal: new AbortController().signal };
  const { fingerprint } = project;

  await assert.rejects(foreseeInstall({ source: folder, fingerprint }, options), code('PACKAGE_LOCKED'));
  const { machines } = await foreseeInstall({ source: folder, fingerprint, secret: SECRET }, options);

  assert.deepEqual(
    machines.map(({ vm, action }) => [vm, action]),
    [['office', 'add']],
  );
});

test('from a web address, too', { skip }, async (t) => {
  const { project, folder } = await made(t, { diskBytes: 20 * MIB });
  const { install, state } = computer(t);
  const published = join(scratch(t), 'published');
  mkdirSync(published);
  await run('cp', ['-r', folder, join(published, 'packages')]);
  await using web = await listenTcp('127.0.0.1', 0, publishedListener(published));
  const address = `http://127.0.0.1:${web.port}/packages`;

  await assert.rejects(install(address, { fingerprint: project.fingerprint }), code('PACKAGE_LOCKED'));
  await install(address, { fingerprint: project.fingerprint, secret: SECRET });

  assert.equal((await readInstances(state)).length, 1);
});

/** What somebody may do to the one file that is encrypted. */
const DAMAGE: Record<string, (path: string, bytes: number) => void> = {
  'cut by a chunk': (path, bytes) => truncateSync(path, bytes - (64 << 10) - 16),
  'cut by a byte': (path, bytes) => truncateSync(path, bytes - 1),
  'cut in its header': (path) => truncateSync(path, 50),
  empty: (path) => truncateSync(path, 0),
  'changed in its header': (path) => flip(path, readFileSync(path).indexOf('\n--- ') + 9),
  'changed at its beginning': (path) => flip(path, 400),
  'changed in its middle': (path, bytes) => flip(path, bytes >> 1),
};

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

test('an encrypted package that is cut or changed is refused, and nothing of it is installed', { skip }, async (t) => {
  const { project, folder } = await made(t);
  const { fingerprint } = project;
  for (const [what, damage] of Object.entries(DAMAGE)) {
    const { install, state } = computer(t);
    const copy = copyOf(t, folder);
    const [blob = ''] = readdirSync(join(copy, 'blobs'));
    const path = join(copy, 'blobs', blob);
    damage(path, statSync(path).size);

    await assert.rejects(install(copy, { fingerprint, secret: SECRET }), code('MEDIA_INVALID'), what);

    assert.equal((await readInstances(state)).length, 0, what);
    assert.equal(existsSync(join(state, 'trust')), false, `${what}: no project is trusted by it`);
  }
});

test('who can encrypt is not believed for it: a stranger’s package under the right passphrase is refused', {
  skip,
}, async (t) => {
  const { project } = await made(t);
  const stranger = await made(t);
  const { install } = computer(t);

  await assert.rejects(
    install(stranger.folder, { fingerprint: project.fingerprint, secret: SECRET }),
    code('TRUST_FINGERPRINT'),
  );
});

test('any age and any tar open what was encrypted: what comes out is the plain package', { skip }, async (t) => {
  const project = await madeProject(t);
  const identity = await generateX25519Identity();
  const encryptTo = { recipients: [await identityToRecipient(identity)] };
  const { folder } = await project.build('a-package-whose-name-is-as-long-as-a-name-of-package-may-be', {
    encryptTo,
  });
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const [blob = ''] = readdirSync(join(folder, 'blobs'));
  const out = scratch(t);
  const tar = join(out, 'plain.tar');

  writeFileSync(tar, await decrypter.decrypt(readFileSync(join(folder, 'blobs', blob))));

  await run('tar', ['-x', '-f', tar, '-C', out]);
  const { install, state } = computer(t);
  await install(out, { fingerprint: project.fingerprint });
  assert.equal((await readInstances(state)).length, 1);
});

test('a build that was to be encrypted and is killed leaves nothing in clear; it is written again, encrypted', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const whole = copyOf(t, project.folder);
  const steps = await change(whole, '-', ['build', 'one', scratch(t), SECRET]);
  assert.ok(steps.includes('published'), `${steps}`);
  for (const step of steps.slice(steps.indexOf('noted'))) {
    await t.test(`killed after “${step}”`, async (sub) => {
      const [folder, beside] = [copyOf(sub, project.folder), scratch(sub)];
      await change(folder, step, ['build', 'one', beside, SECRET]);

      const { warnings } = await project.in(folder, beside).build('two');

      assert.equal(existsSync(join(beside, 'one', 'metadata')), false);
      assert.equal(filesIn(folder, ['published/packages/unfinished.json']).length, 0);
      if (step !== 'published') return;
      assert.match(`${warnings}`, /to be encrypted; write it with .* export one --encrypt-to/);
      const again = await exportAgain(await openProject(folder), {
        ...{ name: 'one', out: beside, encryptTo: passphrase },
        look: async () => undefined,
      });
      assert.deepEqual(readdirSync(again.folder), ['blobs', 'encrypted.json']);
      const { install, state } = computer(sub);
      await install(again.folder, { fingerprint: project.fingerprint, secret: SECRET });
      assert.equal(await requireBootable(state), 1);
    });
  }
});

test('an installation of an encrypted package that is killed goes on with its secret, which is kept nowhere', {
  skip,
}, async (t) => {
  const { project, folder } = await made(t);
  const args = ['install', folder, project.fingerprint, '', SECRET];
  const steps = await change(computer(t).state, '-', args);
  for (const step of [steps[0], steps[steps.length >> 1], steps.at(-2)]) {
    assert.ok(step);
    const { state, install } = computer(t);
    await change(state, step, args);

    assert.ok(!foundOn(state).includes(SECRET), step);
    await install(folder, { fingerprint: project.fingerprint, secret: SECRET });
    assert.equal(await requireBootable(state), 2, step);
  }
});

for (const recipients of [[], ['age1nobody'], ['AGE-SECRET-KEY-1'], [SECRET]]) {
  test(`a package is not built for “${recipients}”: nothing is published`, { skip }, async (t) => {
    const project = await madeProject(t);
    await assert.rejects(project.build('one', { encryptTo: { recipients } }), code('USAGE'));
    assert.equal((await project.build('one')).generation, 1);
  });
}
