import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { scratch } from '../../../test/fakes/made-project.ts';
import { AppError } from '../../lib/errors.ts';
import { hasProgram } from '../../sys/programs/exec.ts';
import { MediumFile, mediumSource } from '../../sys/sources/medium-file.ts';
import { fetchBytes } from '../../sys/sources/source.ts';
import { isoContents } from './iso.ts';

const skip = hasProgram('xorriso') ? false : 'xorriso is not installed';
const LONG = `targets/${'0123456789abcdef'.repeat(4)}.1-office.json`;
const ROCK_RIDGE = ['-rational-rock'];
const JOLIET = ['-joliet', '-joliet-long'];

/** An image of a folder that has what a package has, and `more`. */
function image(t: TestContext, names: readonly string[], more: (folder: string) => void = () => undefined): Buffer {
  const folder = scratch(t);
  mkdirSync(join(folder, 'in', 'metadata'), { recursive: true });
  mkdirSync(join(folder, 'in', 'targets'));
  writeFileSync(join(folder, 'in', 'metadata', '1.root.json'), 'root');
  writeFileSync(join(folder, 'in', LONG), 'x'.repeat(5000));
  more(join(folder, 'in'));
  const args = ['-as', 'mkisofs', '-quiet', '-iso-level', '3', ...names, '-o', 'out.iso', 'in'];
  // What it complains of is in the error.
  execFileSync('xorriso', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const bytes = readFileSync(join(folder, 'out.iso'));
  // xorriso always writes Rock Ridge names: without their mark nobody sees them.
  const mark = bytes.indexOf('SP\x07\x01\xbe\xef', 0, 'latin1');
  if (!names.includes('-rational-rock')) bytes.fill(0, mark, mark + 7);
  return bytes;
}

async function open(t: TestContext, bytes: Buffer): Promise<MediumFile> {
  const path = join(scratch(t), 'package.iso');
  writeFileSync(path, bytes);
  const medium = await MediumFile.open(path);
  assert.ok(medium);
  return medium;
}

for (const [title, names] of [
  ['Rock Ridge', ROCK_RIDGE],
  ['Joliet', JOLIET],
  ['both', [...ROCK_RIDGE, ...JOLIET]],
] as const) {
  test(`an image with names of ${title} is read in place`, { skip }, async (t) => {
    const medium = await open(t, image(t, names));

    await using source = mediumSource(medium, await isoContents(medium));

    assert.equal(String(await fetchBytes(source, 'metadata/1.root.json', { maxBytes: 10 })), 'root');
    assert.equal(String(await fetchBytes(source, LONG, { maxBytes: 5000 })), 'x'.repeat(5000));
  });
}

test('an image whose names were cut, having Joliet ones alone, is refused with what to do', { skip }, async (t) => {
  await using medium = await open(t, image(t, ['-joliet']));

  await assert.rejects(isoContents(medium), { code: 'MEDIA_INVALID', message: /Joliet names alone, cut.*Rock Ridge/ });
});

for (const [title, names] of [
  ['Rock Ridge', ROCK_RIDGE],
  ['Joliet', JOLIET],
] as const) {
  test(`a file over 4 GiB, which lies in several extents, is read as one (${title})`, { skip }, async (t) => {
    const two = (folder: string) => ['big1', 'big2'].forEach((name) => void writeFileSync(join(folder, name), name));
    const bytes = image(t, names, two);
    // What follows the first one’s name says that the file goes on in the next record, as writers do beyond 4 GiB.
    const swapped = Buffer.from('big1', 'utf16le').swap16();
    for (const name of [Buffer.from('BIG1.;1'), Buffer.from('BIG1'), swapped]) {
      for (let at = bytes.indexOf(name, 16 * 2048); at >= 0; at = bytes.indexOf(name, at + 1)) {
        const flags = at - 33 + 25;
        if (bytes[flags] === 0) bytes[flags] = 0x80;
      }
    }
    const medium = await open(t, bytes);

    await using source = mediumSource(medium, await isoContents(medium));

    assert.equal(String(await fetchBytes(source, 'big2', { maxBytes: 8 })), 'big1big2');
  });
}

const HOSTILE: [title: string, names: readonly string[], more: (folder: string) => void][] = [
  ['a link', ROCK_RIDGE, (folder) => symlinkSync('/etc/passwd', join(folder, 'link'))],
  ['a pipe', ROCK_RIDGE, (folder) => execFileSync('mkfifo', [join(folder, 'pipe')])],
  [
    'names that differ in case only',
    ROCK_RIDGE,
    (folder) => ['a', 'A'].forEach((name) => void writeFileSync(join(folder, name), '')),
  ],
  ['short names alone', [], () => undefined],
];

for (const [title, names, more] of HOSTILE) {
  test(`an image is refused: ${title}`, { skip }, async (t) => {
    await using medium = await open(t, image(t, names, more));

    await assert.rejects(isoContents(medium), { name: 'AppError', code: 'MEDIA_INVALID' });
  });
}

test('however an image is changed or cut, it is refused or names bytes of its own alone', { skip }, async (t) => {
  for (const names of [ROCK_RIDGE, JOLIET]) {
    const bytes = image(t, names);
    const end = Math.min(bytes.length, 80 * 2048);
    const change = fc.record({ at: fc.integer({ min: 16 * 2048, max: end - 1 }), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 40 }),
        fc.integer({ min: end / 2, max: bytes.length }),
        async (changes, length) => {
          const changed = Buffer.from(bytes);
          for (const { at, byte } of changes) changed[at] = byte;
          await using medium = await open(t, changed.subarray(0, length));
          try {
            for (const [path, regions] of await isoContents(medium)) {
              assert.doesNotMatch(path, /(^|\/)\.\.?(\/|$)/);
              for (const { offset, bytes: count } of regions) assert.ok(offset + count <= medium.size);
            }
          } catch (error) {
            assert.ok(error instanceof AppError && error.code === 'MEDIA_INVALID', String(error));
          }
        },
      ),
      { numRuns: 100 },
    );
  }
});
