import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { signedLazaretAt } from '../../src/install/change/lazaret.ts';
import { exportAgain } from '../../src/package/export-again.ts';
import { provedLazaret } from '../../src/package/installer/upgrade.ts';
import { MEDIA, writeMedia } from '../../src/package/media/write.ts';
import { openSource } from '../../src/package/source.ts';
import { openProject } from '../../src/project/open.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const MIB = 1 << 20;
const going = new AbortController().signal;
const BEGINNING = '!<arch>\ndebian-binary   ';

/** Files that are called as Debian packages are, and begin as they do. */
function debianFiles(t: TestContext, version = '9.9.9', processors: readonly string[] = ['amd64', 'arm64']): string {
  const folder = scratch(t);
  for (const processor of processors)
    writeFileSync(
      join(folder, `lazaret_${version}_${processor}.deb`),
      Buffer.concat([Buffer.from(BEGINNING), randomBytes(MIB)]),
    );
  writeFileSync(join(folder, `lazaret-manager_${version}_amd64.deb`), BEGINNING);
  return folder;
}

/** What the computer says that a package’s project has signed of Lazaret, each proved where the package is. */
async function proved(state: string, source: string, fingerprint: string, secret?: string) {
  const request = { source, fingerprint, ...(secret === undefined ? {} : { secret }) };
  const { files } = await signedLazaretAt(request, { state, now: Date.now(), signal: going, running: () => new Map() });
  await using opened = await openSource(source, secret);
  for (const file of files) await provedLazaret(opened, file, going);
  return files.map(({ file }) => file);
}

const BOTH = ['lazaret_9.9.9_amd64.deb', 'lazaret_9.9.9_arm64.deb'];

for (const format of MEDIA)
  test(`Lazaret goes with a package as a ${format}, as volumes and encrypted, and is proved there`, {
    skip: skip || (format === 'iso' && !hasProgram('xorriso') ? 'xorriso is not installed' : false),
  }, async (t) => {
    const project = await madeProject(t, 'Acme', Date.now(), { diskBytes: 5 * MIB });
    const { folder } = await project.build('one', { withLazaret: debianFiles(t) });
    const { install, state } = computer(t);
    const write = async (encryptTo?: { passphrase: string }, volumeBytes?: number) => {
      rmSync(folder, { recursive: true, force: true });
      const look = async () => undefined;
      const again = { name: 'one', out: dirname(folder), withLazaret: true, look };
      await exportAgain(await openProject(project.folder), { ...again, ...(encryptTo ? { encryptTo } : {}) });
      const out = join(scratch(t), 'one');
      cpSync(folder, out, { recursive: true });
      return writeMedia(out, { format, ...(volumeBytes === undefined ? {} : { volumeBytes }) });
    };

    const [whole = ''] = await write();
    assert.deepEqual(await proved(state, whole, project.fingerprint), BOTH);
    const volumes = await write(undefined, 4 * MIB + (MIB >> 1));
    assert.ok(volumes.length > 1);
    assert.deepEqual(await proved(state, volumes[1] ?? '', project.fingerprint), BOTH);
    const secret = 'three plain words';
    const [locked = ''] = await write({ passphrase: secret });
    assert.deepEqual(await proved(state, locked, project.fingerprint, secret), BOTH);
    await install(whole, { fingerprint: project.fingerprint });
    // A project’s own folder of all packages has them too.
    assert.deepEqual(await proved(state, join(project.folder, 'published', 'packages'), project.fingerprint), BOTH);
    if (format !== 'folder') return;
    const first = volumes.map((volume) => existsSync(join(volume, 'install')));
    assert.deepEqual(first, [true, ...volumes.slice(1).map(() => false)]);
    assert.deepEqual(readdirSync(join(locked, 'lazaret')), ['SHA256SUMS', ...BOTH]);
  });

test('LAZARET_MISSING: a package of a project that hands none out, and one that does', { skip }, async (t) => {
  const project = await madeProject(t);
  const one = await project.build('one');
  const { state } = computer(t);
  await assert.rejects(proved(state, one.folder, project.fingerprint), code('LAZARET_MISSING'));
  const again = { name: 'one', out: join(project.out, 'again'), withLazaret: true, look: async () => undefined };
  await assert.rejects(exportAgain(await openProject(project.folder), again), code('USAGE'));

  const two = await project.build('two', { withLazaret: debianFiles(t) });

  assert.deepEqual(await proved(state, two.folder, project.fingerprint), BOTH);
  // The first one can be written with it now, too.
  await exportAgain(await openProject(project.folder), again);
  assert.deepEqual(await proved(state, join(again.out, 'one'), project.fingerprint), BOTH);
});

test('a Lazaret that is not what was signed is refused, and so is an older one than was seen', { skip }, async (t) => {
  const project = await madeProject(t);
  const one = await project.build('one', { withLazaret: debianFiles(t, '1.0.0') });
  const changed = join(scratch(t), 'one');
  cpSync(one.folder, changed, { recursive: true });
  const deb = join(changed, 'lazaret', 'lazaret_1.0.0_arm64.deb');
  appendFileSync(deb, 'more');
  const sums = readdirSync(join(changed, 'lazaret')).filter((name) => name.endsWith('.deb'));
  const text = execFileSync('sha256sum', sums, { cwd: join(changed, 'lazaret') });
  writeFileSync(join(changed, 'lazaret', 'SHA256SUMS'), text);
  const { install, state } = computer(t);
  await assert.rejects(proved(state, changed, project.fingerprint), code('TRUST_DIGEST'));
  // Nor does it help to change what was signed.
  const [list = ''] = readdirSync(join(changed, 'targets')).filter((name) => name.endsWith('.lazaret.sha256'));
  writeFileSync(join(changed, 'targets', list), text);
  await assert.rejects(proved(state, changed, project.fingerprint), code('TRUST_DIGEST'));

  const two = await project.build('two', { withLazaret: debianFiles(t, '2.0.0') });
  await install(two.folder, { fingerprint: project.fingerprint });
  await assert.rejects(proved(state, one.folder, project.fingerprint), code('FETCH_MISSING'));

  // What nobody names any more goes with the next package.
  await project.build('three');
  const published = join(project.folder, 'published', 'packages');
  const kept = readdirSync(join(published, 'targets')).filter((name) => name.endsWith('.lazaret.sha256'));
  assert.equal(kept.length, 1);
  const digests = readFileSync(join(published, 'targets', kept[0] ?? ''), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.slice(0, 64));
  for (const digest of digests) assert.ok(existsSync(join(published, 'blobs', digest)));
  const former = createHash('sha256').update(readFileSync(join(one.folder, 'lazaret', 'lazaret_1.0.0_amd64.deb')));
  assert.ok(!existsSync(join(published, 'blobs', former.digest('hex'))));
});

test('LAZARET_FOLDER: a folder without Debian packages of Lazaret, or with two versions of it, is refused before anything is signed', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const empty = scratch(t);
  const two = debianFiles(t, '1.0.0');
  cpSync(join(debianFiles(t, '2.0.0'), 'lazaret_2.0.0_amd64.deb'), join(two, 'lazaret_2.0.0_amd64.deb'));
  const other = scratch(t);
  writeFileSync(join(other, 'lazaret_1.0.0_amd64.deb'), 'a page of a web server');

  for (const withLazaret of [empty, two, other])
    await assert.rejects(project.build('one', { withLazaret }), code('LAZARET_FOLDER'));

  const { generation } = await project.build('one');
  assert.equal(generation, 1);
});

/** Runs a medium’s script with these programs alone, as it would run on another computer. */
function installFrom(t: TestContext, medium: string, programs: Record<string, string>) {
  const bin = scratch(t);
  const known = execFileSync('sh', ['-c', 'which cat cp chmod dirname grep id mktemp rm sed sha256sum tr'], {
    encoding: 'utf8',
  });
  for (const path of known.trim().split('\n')) {
    const name = basename(path);
    // What is written in its place must not be written through the link.
    if (!(name in programs)) symlinkSync(path, join(bin, name));
  }
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { flag: 'wx' });
    chmodSync(join(bin, name), 0o755);
  }
  const sh = '/bin/sh';
  const { status, stderr } = spawnSync(sh, [join(medium, 'install')], { encoding: 'utf8', env: { PATH: bin } });
  return { status, stderr };
}

test('what a medium’s script cannot do it says, and does nothing', { skip }, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one', { withLazaret: debianFiles(t, '9.9.9', ['arm64']) });
  const done = join(scratch(t), 'done');
  const apt = { 'apt-get': `echo "$@" >>${done}`, lazaret: `echo "lazaret $@" >>${done}; exit 3` };
  const dpkg = (processor: string) => ({ dpkg: `[ "$1" = --print-architecture ] && echo ${processor}` });
  const query = (said: string) => ({ 'dpkg-query': said === '' ? 'exit 1' : `echo '${said}'` });
  const { lazaret: _, ...bare } = { ...apt, ...dpkg('amd64'), ...query('') };
  const said = (programs: Record<string, string>) => installFrom(t, folder, programs);

  assert.match(said(bare).stderr, /for: arm64 - and this computer is amd64/);
  assert.match(said({}).stderr, /this computer has no dpkg/);
  assert.match(said({ ...bare, ...dpkg('arm64'), ...query('half-configured 1.0') }).stderr, /dpkg --configure -a/);
  const file = join(folder, 'lazaret', 'lazaret_9.9.9_arm64.deb');
  truncateSync(file, 1000);
  const half = said({ ...bare, ...dpkg('arm64'), id: 'echo 0' });
  assert.equal(half.status, 65);
  assert.match(half.stderr, /^install: lazaret\/lazaret_9\.9\.9_arm64\.deb is damaged, or was not copied whole/);
  rmSync(file);
  assert.match(said({ ...bare, ...dpkg('arm64'), id: 'echo 0' }).stderr, /lazaret_9\.9\.9_arm64\.deb cannot be read/);
  rmSync(join(folder, 'lazaret'), { recursive: true });
  assert.match(said(bare).stderr, /^install: lazaret\/SHA256SUMS is not on this medium/);
  assert.ok(!existsSync(done), 'nothing is installed by it');

  // Of a script that was cut short nothing is run.
  const script = readFileSync(join(folder, 'install'), 'utf8');
  mkdirSync(join(folder, 'lazaret'));
  writeFileSync(join(folder, 'lazaret', 'SHA256SUMS'), 'whatever\n');
  for (let part = 1; part < 20; part += 1) {
    writeFileSync(join(folder, 'install'), script.slice(0, Math.floor((script.length * part) / 20)));
    said({ ...apt, ...dpkg('arm64'), ...query('installed 1.0') });
    assert.ok(!existsSync(done), `cut after ${part} of 20`);
  }
});

test('where Lazaret is installed in another way, the medium’s script installs the machines alone', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one', { withLazaret: debianFiles(t) });
  const done = join(scratch(t), 'done');

  const { status, stderr } = installFrom(t, folder, { lazaret: `echo "$@" >${done}`, id: 'echo 1000' });

  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(done, 'utf8'), `install ${folder}\n`);
});
