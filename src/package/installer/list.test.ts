import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../lib/errors.ts';
import { lazaretFile, listText, parseList } from './list.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

test('a list of Lazaret’s packages is read as it was written', () => {
  const files = ['lazaret_0.2.0~rc1_amd64.deb', 'lazaret_0.2.0~rc1_arm64.deb'];
  const all = [A, B].map((sha256, at) => ({ file: files[at] ?? '', sha256 }));

  assert.deepEqual(parseList(listText(all)), [
    { file: files[0], version: '0.2.0~rc1', processor: 'amd64', sha256: A },
    { file: files[1], version: '0.2.0~rc1', processor: 'arm64', sha256: B },
  ]);
});

const wrong: [title: string, text: string][] = [
  ['nothing', ''],
  ['an empty line', '\n'],
  ['no end of the last line', `${A}  lazaret_0.1.0_amd64.deb`],
  ['a short digest', `${A.slice(1)}  lazaret_0.1.0_amd64.deb\n`],
  ['a path', `${A}  ../lazaret_0.1.0_amd64.deb\n`],
  ['an option in place of a name', `${A}  -o_0.1.0_amd64.deb\n`],
  ['another package', `${A}  bash_0.1.0_amd64.deb\n`],
  ['a processor twice', `${A}  lazaret_0.1.0_amd64.deb\n${B}  lazaret_0.1.0_amd64.deb\n`],
  ['two versions', `${A}  lazaret_0.1.0_amd64.deb\n${B}  lazaret_0.2.0_arm64.deb\n`],
  ['a version that ends in a line', `${A}  lazaret_0.1.0\n_amd64.deb\n`],
];
for (const [title, text] of wrong)
  test(`a list of Lazaret’s packages with ${title} is refused`, () => {
    assert.throws(() => parseList(text), { name: 'AppError', code: 'TRUST_INVALID' });
  });

test('whatever a list says, it is read or refused with a code', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        for (const { file } of parseList(text)) assert.ok(lazaretFile(file));
      } catch (error) {
        assert.ok(error instanceof AppError && error.code === 'TRUST_INVALID');
      }
    }),
  );
});
