import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { appendLine, copyFileTo, digestFile, readCapped, readIfThere, tailOf, writeFileAtomic } from './files.ts';
import { removeTemporary, replaceLink } from './folders.ts';

const code = (wanted: string) => ({ name: 'AppError', code: wanted });
const isRoot = process.getuid?.() === 0;

test('a file is replaced as one step, with its mode, and leaves nothing beside it', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'f');
  await writeFileAtomic(path, 'old', 0o600);
  await writeFileAtomic(path, 'new', 0o600);

  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['f']);
});

test('on a full disk the old file stays, the code says so, and nothing is left', {
  skip: isRoot ? false : 'needs root, to mount a small disk',
}, async (t) => {
  const folder = join(scratch(t), 'small');
  const source = join(scratch(t), 'source');
  writeFileSync(source, Buffer.alloc(1 << 20, 1));
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'lazaret-test', folder]);
  try {
    const path = join(folder, 'f');
    await writeFileAtomic(path, 'old');

    await assert.rejects(writeFileAtomic(path, Buffer.alloc(1 << 20)), code('DISK_FULL'));
    await assert.rejects(copyFileTo(source, join(folder, 'copy'), 1 << 30), code('DISK_FULL'));

    assert.equal(readFileSync(path, 'utf8'), 'old');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
  } finally {
    execFileSync('umount', [folder]);
  }
});

test('what is read is capped, and must be an ordinary file', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'f');
  writeFileSync(path, '12345');
  execFileSync('mkfifo', [join(folder, 'pipe')]);

  assert.equal(String(await readCapped(path, 5)), '12345');
  await assert.rejects(readCapped(path, 4), code('FILE_TOO_LARGE'));
  await assert.rejects(readCapped(join(folder, 'pipe'), 5), code('FILE_INVALID'));
  await assert.rejects(readCapped('/dev/zero', 5), code('FILE_INVALID'));
  await assert.rejects(readCapped(folder, 5), { name: 'AppError' });
  await assert.rejects(readCapped(join(folder, 'none'), 5), code('FILE_MISSING'));
  assert.equal(await readIfThere(join(folder, 'none'), 5), undefined);
});

test('a link is switched as one step', async (t) => {
  const path = join(scratch(t), 'current');
  await replaceLink(path, 'generations/1');
  await replaceLink(path, 'generations/2');

  assert.equal(readlinkSync(path), 'generations/2');
});

test('what interrupted writes left is removed, and nothing else', async (t) => {
  const folder = scratch(t);
  for (const name of ['.f.0123.tmp', 'f', '.hidden', 'x.tmp']) writeFileSync(join(folder, name), '');

  await removeTemporary(folder);

  assert.deepEqual(readdirSync(folder).sort(), ['.hidden', 'f', 'x.tmp']);
});

test('a digest, a tail and a log that turns over', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'log');
  for (let count = 0; count < 10; count += 1) await appendLine(path, `line ${count}`, 40);

  assert.ok(existsSync(`${path}.1`));
  assert.ok(statSync(path).size <= 48);
  assert.equal((await tailOf(path, 7)).trim(), 'line 9');
  writeFileSync(path, 'abc');
  assert.deepEqual(await digestFile(path), {
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    bytes: 3,
  });
});

test('a link is no way out: a copy is of what it leads to, and only of an ordinary file', async (t) => {
  const folder = scratch(t);
  symlinkSync('/dev/zero', join(folder, 'zero'));

  await assert.rejects(copyFileTo(join(folder, 'zero'), join(folder, 'copy'), 100), code('FILE_INVALID'));
});
