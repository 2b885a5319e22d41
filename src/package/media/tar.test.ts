import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { scratch } from '../../../test/fakes/made-project.ts';
import { pax, type TarEntry, tarOf } from '../../../test/fakes/tar.ts';
import { AppError } from '../../lib/errors.ts';
import { MediumFile } from '../../sys/sources/medium-file.ts';
import { tarContents } from './tar.ts';

const ROOT: TarEntry = { name: 'metadata/1.root.json', data: Buffer.from('root') };
const invalid = { name: 'AppError', code: 'MEDIA_INVALID' };

async function contents(t: TestContext, bytes: Buffer) {
  const path = join(scratch(t), 'package.tar');
  writeFileSync(path, bytes);
  await using medium = await MediumFile.open(path);
  assert.ok(medium);
  return { found: await tarContents(medium), size: medium.size };
}

const NAMES: [title: string, entries: TarEntry[], want: string[]][] = [
  ['files at the top', [ROOT, { name: 'package.json' }], ['metadata/1.root.json', 'package.json']],
  [
    'files below a folder',
    [
      { name: 'a/', type: '5' },
      { ...ROOT, name: `a/${ROOT.name}` },
    ],
    ['metadata/1.root.json'],
  ],
  ['names that begin with ./', [{ ...ROOT, name: `./${ROOT.name}` }], ['metadata/1.root.json']],
  [
    'a long name of pax',
    [ROOT, pax('path', `targets/${'x'.repeat(150)}`), { name: 'cut' }],
    [ROOT.name, `targets/${'x'.repeat(150)}`],
  ],
  [
    'a long name of GNU tar',
    [ROOT, { name: 'L', type: 'L', data: Buffer.from('blobs/long\0') }, { name: 'cut' }],
    [ROOT.name, 'blobs/long'],
  ],
  ['a name in two parts', [ROOT, { name: 'b', prefix: 'blobs' }], [ROOT.name, 'blobs/b']],
  ['what is beside the package left out', [{ ...ROOT, name: `a/${ROOT.name}` }, { name: 'other' }], [ROOT.name]],
];

for (const [title, entries, want] of NAMES) {
  test(`a tar archive is read: ${title}`, async (t) => {
    const { found } = await contents(t, tarOf(entries));

    assert.deepEqual([...found.keys()], want);
  });
}

const HOSTILE: [title: string, entries: TarEntry[]][] = [
  ['a symbolic link', [ROOT, { name: 'blobs/x', type: '2' }]],
  ['a hard link', [ROOT, { name: 'blobs/x', type: '1' }]],
  ['a character device', [ROOT, { name: 'blobs/x', type: '3' }]],
  ['a block device', [ROOT, { name: 'blobs/x', type: '4' }]],
  ['a pipe', [ROOT, { name: 'blobs/x', type: '6' }]],
  ['a sparse file of GNU tar', [ROOT, { name: 'blobs/x', type: 'S' }]],
  ['a sparse file of pax', [ROOT, pax('GNU.sparse.major', '1'), { name: 'blobs/x' }]],
  ['a type nobody knows', [ROOT, { name: 'blobs/x', type: 'Z' }]],
  ['an absolute name', [ROOT, { name: '/etc/passwd' }]],
  ['a name that leads out', [ROOT, { name: '../x' }]],
  ['a name that leads out in the middle', [ROOT, { name: 'a/../../x' }]],
  ['a name of pax that leads out', [ROOT, pax('path', '../../x'), { name: 'x' }]],
  ['an empty name', [ROOT, { name: '' }]],
  ['a name with a line end', [ROOT, { name: 'a\nb' }]],
  ['names that differ in case only', [ROOT, { name: 'blobs/x' }, { name: 'Blobs/X' }]],
  ['a name twice', [ROOT, { name: 'blobs/x' }, { name: 'blobs/x' }]],
  ['two packages', [ROOT, { ...ROOT, name: `b/${ROOT.name}` }]],
  ['no package', [{ name: 'readme' }]],
  ['a size beyond the end', [ROOT, { name: 'blobs/x', bytes: 2 ** 32 }]],
  ['a size of pax beyond the end', [ROOT, pax('size', '999999999999'), { name: 'blobs/x' }]],
  ['a size of pax that is none', [ROOT, pax('size', '-1'), { name: 'blobs/x' }]],
  ['a header without end', [ROOT, { name: 'x', type: 'x', bytes: 2 ** 31 }]],
  ['a damaged pax header', [ROOT, { name: 'x', type: 'x', data: Buffer.from('99 path=x\n') }, { name: 'y' }]],
];

for (const [title, entries] of HOSTILE) {
  test(`a tar archive is refused: ${title}`, async (t) => {
    await assert.rejects(contents(t, tarOf(entries)), invalid);
  });
}

test('however a tar archive is changed or cut, it is refused or names bytes of its own alone', async (t) => {
  const bytes = tarOf([ROOT, pax('path', 'blobs/a'), { name: 'a', data: Buffer.alloc(700) }, { name: 'blobs/b' }]);
  const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { maxLength: 4 }),
      fc.integer({ min: 512, max: bytes.length }),
      async (changes, length) => {
        const changed = Buffer.from(bytes);
        for (const { at, byte } of changes) changed[at] = byte;
        try {
          const { found, size } = await contents(t, changed.subarray(0, length));
          for (const [path, regions] of found) {
            assert.doesNotMatch(path, /(^|\/)\.\.?(\/|$)/);
            for (const { offset, bytes: count } of regions) assert.ok(offset + count <= size);
          }
        } catch (error) {
          assert.ok(error instanceof AppError && error.code === 'MEDIA_INVALID', String(error));
        }
      },
    ),
    { numRuns: 300 },
  );
});
