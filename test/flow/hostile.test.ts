import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { readInstances } from '../../src/install/state/instances.ts';
import { AppError } from '../../src/lib/errors.ts';
import { unpackFile } from '../../src/package/blob-file.ts';
import { writeMedia } from '../../src/package/media/write.ts';
import { digestFile } from '../../src/sys/files/files.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const skipIso = skip || (hasProgram('xorriso') ? false : 'xorriso is not installed');
const MIB = 1 << 20;
/** A refused package is read, and its computer made anew, some thirty times a second. */
const RUNS = 40;

/** Installs what was changed on a new computer: whole, or refused with a code and nothing left outside staging. */
async function tryOut(t: TestContext, source: string, fingerprint: string): Promise<string> {
  const around = scratch(t);
  const { install, state } = computer(t, Date.now(), join(around, 'lib', 'state'));
  try {
    await install(source, { fingerprint });
    assert.equal((await readInstances(state)).length, 1);
    return 'installed';
  } catch (error) {
    assert.ok(error instanceof AppError && error.code !== 'INTERNAL', String(error));
    assert.deepEqual(await readInstances(state), []);
    const layers = join(state, 'layers');
    assert.deepEqual(existsSync(layers) ? readdirSync(layers) : [], []);
    return error.code;
  } finally {
    const outside = readdirSync(around, { recursive: true, encoding: 'utf8' });
    const store = join('lib', 'state');
    assert.deepEqual(
      outside.filter((path) => path !== 'lib' && !path.startsWith(store)),
      [],
      'nothing was written outside the store',
    );
  }
}

/** How a file’s bytes are changed: some of them, its length, or the numbers and names in it. */
function changes(length: number) {
  return fc.oneof(
    fc.record({
      kind: fc.constant('bytes' as const),
      at: fc.array(fc.nat(length - 1), { minLength: 1, maxLength: 5 }),
      byte: fc.nat(255),
    }),
    fc.record({ kind: fc.constant('length' as const), length: fc.nat(length) }),
    fc.record({ kind: fc.constant('longer' as const), by: fc.integer({ min: 1, max: 5000 }) }),
    fc.record({
      kind: fc.constant('number' as const),
      which: fc.nat(50),
      text: fc.constantFrom('0', '-1', '9007199254740993', '1e309', '"1"', 'null'),
    }),
    fc.record({
      kind: fc.constant('text' as const),
      which: fc.nat(50),
      text: fc.constantFrom('"../../x"', '"/etc/passwd"', '"a\\u0000b"', '[]', '{}', '{"__proto__":1}'),
    }),
  );
}

type Change = ReturnType<typeof changes> extends fc.Arbitrary<infer T> ? T : never;

function changed(bytes: Buffer, change: Change): Buffer {
  switch (change.kind) {
    case 'bytes': {
      const copy = Buffer.from(bytes);
      for (const at of change.at) copy[at] = change.byte;
      return copy;
    }
    case 'length':
      return bytes.subarray(0, change.length);
    case 'longer':
      return Buffer.concat([bytes, Buffer.alloc(change.by, 0x7b)]);
    case 'number':
    case 'text': {
      let index = -1;
      const pattern = change.kind === 'number' ? /(?<=[:,[])\d+/g : /(?<=[:,[])"[^"]*"/g;
      const text = bytes.toString('latin1');
      const count = [...text.matchAll(pattern)].length;
      const put = (found: string) => {
        index += 1;
        return index === change.which % Math.max(1, count) ? change.text : found;
      };
      return Buffer.from(text.replace(pattern, put), 'latin1');
    }
  }
}

const PARTS: [title: string, folder: string, pattern: RegExp][] = [
  ['the pointer', '.', /^package\.json$/],
  ['the manifest', 'targets', /./],
  ['the metadata', 'metadata', /^1\.root|timestamp|targets/],
  ['a blob', 'blobs', /./],
];

for (const [title, folder, pattern] of PARTS) {
  test(`a package of which ${title} was changed is installed as it was meant or refused with a code`, {
    skip,
  }, async (t) => {
    const project = await madeProject(t);
    const whole = (await project.build('one')).folder;
    const names = readdirSync(join(whole, folder)).filter((name) => pattern.test(name));
    const files = names.map((name) => ({ name, bytes: readFileSync(join(whole, folder, name)) }));
    const cases = fc.constantFrom(...files).chain((file) => fc.tuple(fc.constant(file), changes(file.bytes.length)));
    await fc.assert(
      fc.asyncProperty(cases, async ([{ name, bytes }, change]) => {
        const copy = join(scratch(t), 'package');
        cpSync(whole, copy, { recursive: true });
        writeFileSync(join(copy, folder, name), changed(bytes, change));

        await tryOut(t, copy, project.fingerprint);
      }),
      { numRuns: RUNS },
    );
  });
}

for (const format of ['tar', 'iso'] as const) {
  test(`a package in a changed ${format} is installed as it was meant or refused with a code`, {
    skip: format === 'iso' ? skipIso : skip,
  }, async (t) => {
    const project = await madeProject(t);
    const [made = ''] = await writeMedia((await project.build('one')).folder, { format });
    const bytes = readFileSync(made);
    await fc.assert(
      fc.asyncProperty(
        changes(format === 'iso' ? Math.min(bytes.length, 100 * 2048) : bytes.length),
        async (change) => {
          const path = join(scratch(t), `one.${format}`);
          writeFileSync(path, changed(bytes, change));

          await tryOut(t, path, project.fingerprint);
        },
      ),
      { numRuns: RUNS },
    );
  });
}

test('volumes whose list was changed are installed as they were meant or refused with a code', { skip }, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { diskBytes: 3 * MIB });
  const { folder } = await project.build('one');
  const [one = ''] = await writeMedia(folder, { format: 'folder', volumeBytes: 2.5 * MIB });
  const list = readFileSync(join(one, 'volume.json'));
  await fc.assert(
    fc.asyncProperty(changes(list.length), async (change) => {
      writeFileSync(join(one, 'volume.json'), changed(list, change));

      await tryOut(t, one, project.fingerprint);
    }),
    { numRuns: RUNS },
  );
});

test('a link or a folder where a package has a file is refused', { skip }, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  const [blob = ''] = readdirSync(join(folder, 'blobs'));
  const link = join(scratch(t), 'package');
  cpSync(folder, link, { recursive: true });
  writeFileSync(join(link, 'aside'), readFileSync(join(folder, 'blobs', blob)));
  for (const put of [(at: string) => symlinkSync('../aside', at), (at: string) => mkdirSync(at)]) {
    cpSync(folder, link, { recursive: true, force: true });
    const copy = join(scratch(t), 'package');
    cpSync(link, copy, { recursive: true, filter: (from) => !from.endsWith(blob) });
    put(join(copy, 'blobs', blob));

    assert.equal(await tryOut(t, copy, project.fingerprint), 'MEDIA_INVALID');
  }
});

test('a file that unpacks to more than was signed stops at that length', async (t) => {
  const folder = scratch(t);
  const bomb = zstdCompressSync(Buffer.alloc(256 * MIB));
  writeFileSync(join(folder, 'bomb'), bomb);
  const { sha256 } = await digestFile(join(folder, 'bomb'));
  const packed = { bytes: 1000, sha256: '0'.repeat(64), blob: { bytes: bomb.length, sha256 } };

  const unpacked = unpackFile(join(folder, 'bomb'), packed, join(folder, 'out'));

  await assert.rejects(unpacked, { name: 'AppError', code: 'FILE_TOO_LARGE' });
  assert.deepEqual(readdirSync(folder), ['bomb']);
});
