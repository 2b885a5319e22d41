import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { hasChanges, normalise } from '../../src/layer/chain/normalise.ts';
import { openChain } from '../../src/layer/chain/open-chain.ts';
import { describeBlocks, describeLayer } from '../../src/layer/describe/describe.ts';
import { LayerEntry } from '../../src/layer/entry.ts';
import { makeIndex } from '../../src/layer/index/base-index.ts';
import { NO_INDEX } from '../../src/layer/index/index-file.ts';
import { MODES } from '../../src/layer/modes.ts';
import { rebuildLayer } from '../../src/layer/rebuild/rebuild.ts';
import { removeTemporary } from '../../src/sys/files/folders.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { chainName } from '../../src/sys/programs/qemu-img.ts';
import { makeFolder } from '../fakes/plain-layer.ts';

const skip = hasProgram('qemu-img') && hasProgram('qemu-io') ? false : 'qemu-img or qemu-io is not installed';

function qemu(program: 'qemu-img' | 'qemu-io', ...args: string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Makes a qcow2 disk above others, by commands of qemu-io. */
function makeDisk(path: string, size: string, writes: readonly string[], below?: string): void {
  const backing = below === undefined ? [] : ['-b', below, '-F', 'qcow2'];
  qemu('qemu-img', 'create', '-q', '-f', 'qcow2', ...backing, path, size);
  if (writes.length > 0) qemu('qemu-io', '-f', 'qcow2', ...writes.flatMap((write) => ['-c', write]), path);
}

/** Two releases of a small disk, as layers; returns their paths, bottom first. */
async function twoLayers(folder: string): Promise<[string, string]> {
  const [first, second] = [join(folder, 'l0.qcow2'), join(folder, 'l1.qcow2')];
  const noise = join(folder, 'noise');
  writeFileSync(noise, Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 2_654_435_761) >>> 13)));
  makeDisk(join(folder, 'w0'), '8M', ['write -P 1 0 100k', `write -s ${noise} 1M 1M`, 'write -P 3 7M 4k']);
  await normalise({ work: join(folder, 'w0'), below: [], out: first });
  makeDisk(join(folder, 'w1'), '8M', ['write -P 9 1500k 5k', `write -s ${noise} 4M 512k`, 'write -z 0 64k'], first);
  await normalise({ work: join(folder, 'w1'), below: [first], out: second });
  return [first, second];
}

for (const mode of MODES) {
  test(`a release is described and rebuilt byte for byte (${mode})`, { skip }, async (t) => {
    const folder = makeFolder(t);
    const layers = await twoLayers(folder);
    for (const [number, layer] of layers.entries()) {
      const below = layers.slice(0, number);
      const blob = join(folder, `${number}.blob`);
      const out = join(folder, `${number}.rebuilt`);

      const made = await describeLayer({ layer, below, mode, out: blob });
      await rebuildLayer({ blob, below, expected: { ...made.layer, blob: made.blob }, out });

      assert.ok(readFileSync(out).equals(readFileSync(layer)));
      assert.equal(statSync(out).mode & 0o777, 0o444);
      assert.ok(LayerEntry.parse({ ...made.layer, below: [], blob: { ...made.blob, mode } }));
    }
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });
}

test('disks of any size with clusters anywhere come back byte for byte', { skip }, async (t) => {
  const sizes = fc.constantFrom(512, 4096 + 512, 65_536 + 512, 3 << 20, 100 * 2 ** 30 + 512);
  const place = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), bytes: fc.integer({ min: 1, max: 200 }) });
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.array(place, { maxLength: 6 }),
      fc.array(place, { maxLength: 6 }),
      async (size, a, b) => {
        const folder = makeFolder(t);
        const writes = (places: typeof a, pattern: number) =>
          places.map(({ at, bytes }) => {
            const start = Math.min(Math.floor((at * size) / 512) * 512, size - 512);
            return `write -P ${pattern} ${start} ${Math.min(bytes * 512, size - start)}`;
          });
        const [first, second, blob] = [join(folder, 'l0'), join(folder, 'l1'), join(folder, 'blob')];
        makeDisk(join(folder, 'w0'), `${size}`, writes(a, 1));
        await normalise({ work: join(folder, 'w0'), below: [], out: first });
        makeDisk(join(folder, 'w1'), `${size}`, writes(b, 2), first);

        const layer = await normalise({ work: join(folder, 'w1'), below: [first], out: second });
        assert.equal(layer === undefined, b.length === 0);
        if (!layer) return;
        const made = await describeLayer({ layer: second, below: [first], mode: 'small', out: blob });
        await rebuildLayer({
          blob,
          below: [first],
          expected: { ...made.layer, blob: made.blob },
          out: join(folder, 'again'),
        });

        assert.ok(readFileSync(join(folder, 'again')).equals(readFileSync(second)));
      },
    ),
    { numRuns: 5 },
  );
});

test('the order of writing leaves no trace, and normalising again changes nothing', { skip }, async (t) => {
  const folder = makeFolder(t);
  const path = (name: string) => join(folder, name);
  const writes = ['write -P 1 0 64k', 'write -P 2 2M 64k', 'write -P 3 1M 4k', 'write -z 3M 64k'];
  makeDisk(path('base'), '4M', ['write -P 8 0 4M']);
  await normalise({ work: path('base'), below: [], out: path('l0') });
  makeDisk(path('forth'), '4M', writes, path('l0'));
  makeDisk(path('back'), '4M', writes.toReversed(), path('l0'));

  for (const [work, out] of [
    ['forth', 'l1'],
    ['back', 'l1b'],
    ['l1', 'l1c'],
  ] as const) {
    await normalise({ work: path(work), below: [path('l0')], out: path(out) });
  }

  assert.ok(readFileSync(path('l1')).equals(readFileSync(path('l1b'))));
  assert.ok(readFileSync(path('l1')).equals(readFileSync(path('l1c'))));
});

test('rewriting what was there is no change', { skip }, async (t) => {
  const folder = makeFolder(t);
  const [base, work, out] = [join(folder, 'l0'), join(folder, 'work'), join(folder, 'l1')];
  makeDisk(join(folder, 'w0'), '4M', ['write -P 8 0 1M']);
  await normalise({ work: join(folder, 'w0'), below: [], out: base });
  makeDisk(work, '4M', ['write -P 8 64k 128k'], base);

  assert.equal(await hasChanges({ work, below: [base] }), false);
  assert.equal(await normalise({ work, below: [base], out }), undefined);
  assert.ok(!readdirSync(folder).includes('l1'));
});

test('no name inside a file is followed', { skip }, async (t) => {
  const folder = makeFolder(t);
  const [first, second] = await twoLayers(folder);
  const work = join(folder, 'w2');
  makeDisk(work, '8M', ['write -P 7 2M 64k'], second);
  qemu('qemu-img', 'rebase', '-u', '-f', 'qcow2', '-b', '/nowhere/at/all.qcow2', '-F', 'qcow2', work);
  const split = join(folder, 'split');
  qemu('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', `data_file=${join(folder, 'elsewhere')}`, split, '1M');

  const layer = await normalise({ work, below: [first, second], out: join(folder, 'l2') });

  assert.deepEqual(layer, { virtualBytes: 8 << 20 });
  assert.ok(
    !readFileSync(join(folder, 'l2')).includes('qcow2'.concat('\0')) &&
      !readFileSync(join(folder, 'l2')).includes('nowhere'),
  );
  await assert.rejects(normalise({ work: split, below: [], out: join(folder, 'l3') }), { code: 'DISK_INVALID' });
  await assert.rejects(describeLayer({ layer: work, below: [], mode: 'fast', out: join(folder, 'b') }), {
    code: 'LAYER_INVALID',
  });
});

test('a layer that names a file below it is refused, though it is the signed one', { skip }, async (t) => {
  const folder = makeFolder(t);
  const [first, second] = await twoLayers(folder);
  const [blob, out, layer] = [join(folder, 'blob'), join(folder, 'out'), join(folder, 'named')];
  const bytes = readFileSync(second);
  bytes.write('/etc/passwd', 1024);
  bytes.writeBigUInt64BE(1024n, 8);
  bytes.writeUInt32BE(11, 16);
  writeFileSync(layer, bytes);

  await assert.rejects(describeLayer({ layer, below: [first], mode: 'fast', out: blob }), { code: 'LAYER_INVALID' });
  const [base, own] = [await openChain([first]), await openChain([layer])];
  const virtualBytes = base.virtualBytes;
  const made = await describeBlocks({ layer, base, own, index: NO_INDEX, mode: 'fast', virtualBytes, out: blob });
  const expected = { ...made.layer, blob: made.blob };

  await assert.rejects(rebuildLayer({ blob, below: [first], expected, out }), {
    code: 'LAYER_INVALID',
    message: 'the layer names a file below it',
  });
  assert.deepEqual(
    readdirSync(folder).filter((name) => name === 'out' || name.endsWith('.tmp')),
    [],
  );
});

test('each thing that is missing or in the way has its code, and nothing is left', { skip }, async (t) => {
  const folder = makeFolder(t);
  const [first, second] = await twoLayers(folder);
  const blob = join(folder, 'blob');
  const made = await describeLayer({ layer: second, below: [first], mode: 'small', out: blob });
  const expected = { ...made.layer, blob: made.blob };
  const out = join(folder, 'out');
  const before = readdirSync(folder).sort();
  const wrong = { ...expected, blob: { ...expected.blob, sha256: '0'.repeat(64) } };

  await assert.rejects(rebuildLayer({ blob, below: [join(folder, 'gone')], expected, out }), {
    code: 'LAYER_BASE_MISSING',
  });
  await assert.rejects(rebuildLayer({ blob: join(folder, 'gone'), below: [first], expected, out }), {
    code: 'FILE_MISSING',
  });
  await assert.rejects(rebuildLayer({ blob, below: [], expected, out }), { code: 'LAYER_INVALID' });
  await assert.rejects(rebuildLayer({ blob, below: [first], expected: wrong, out }), { code: 'LAYER_HASH' });
  await assert.rejects(rebuildLayer({ blob, below: [first], expected, out: second }), { code: 'FILE_EXISTS' });
  await assert.rejects(rebuildLayer({ blob, below: [first], expected, out, signal: AbortSignal.abort() }), {
    code: 'INTERRUPTED',
  });

  assert.deepEqual(readdirSync(folder).sort(), before);
});

test('an index derived from the one before equals the one made anew, and changes no blob', { skip }, async (t) => {
  const folder = makeFolder(t);
  const layers = await twoLayers(folder);
  const [first, second] = layers;
  const path = (name: string) => join(folder, name);
  makeDisk(path('w2'), '8M', ['write -P 9 4200k 5k', 'write -P 4 6M 300k'], second);
  await normalise({ work: path('w2'), below: layers, out: path('l2') });

  await makeIndex({ below: [first], out: path('i0') });
  await makeIndex({ below: layers, out: path('i1') });
  await makeIndex({ below: layers, out: path('i1d'), previous: path('i0') });
  const describe = (index: string | undefined, out: string) =>
    describeLayer({ layer: path('l2'), below: layers, index, mode: 'small', out: path(out) });
  const plain = await describe(undefined, 'b0');
  const indexed = await describe(path('i1'), 'b1');
  // An index of another base, and one that is damaged, are made anew.
  const foreign = await describe(path('i0'), 'b2');
  truncateSync(path('i1'), 100);
  const damaged = await describe(path('i1'), 'b3');
  const entries = readFileSync(path('i1d'));
  const flipped = async (at: number, out: string) => {
    const bytes = Buffer.from(entries);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path('i2'), bytes);
    return describe(path('i2'), out);
  };
  const withDamagedKey = await flipped(104, 'b4');
  const withDamagedAnchor = await flipped(entries.length - 1, 'b5');

  for (const { blob } of [indexed, foreign, damaged, withDamagedKey, withDamagedAnchor])
    assert.equal(blob.sha256, plain.blob.sha256);
  await makeIndex({ below: layers, out: path('i1') });
  assert.ok(readFileSync(path('i1')).equals(readFileSync(path('i1d'))));
  for (const at of [104, readFileSync(path('i0')).length - 1]) {
    const bytes = readFileSync(path('i0'));
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path('i0x'), bytes);
    await makeIndex({ below: layers, out: path('i1x'), previous: path('i0x') });
    assert.ok(readFileSync(path('i1x')).equals(readFileSync(path('i1'))), `derived from one that is damaged at ${at}`);
  }
});

/** A program that describes and rebuilds one layer again and again, until it is killed. */
const FOREVER = `
  import { rmSync } from 'node:fs';
  const [root, folder, expected] = process.argv.slice(2);
  const { describeLayer } = await import(root + '/src/layer/describe/describe.ts');
  const { rebuildLayer } = await import(root + '/src/layer/rebuild/rebuild.ts');
  const below = [folder + '/l0.qcow2'];
  console.log('ready');
  for (;;) {
    for (const name of ['new.blob', 'new.qcow2']) rmSync(folder + '/out/' + name, { force: true });
    const layer = folder + '/l1.qcow2';
    await describeLayer({ layer, below, mode: 'small', out: folder + '/out/new.blob', workers: 1 });
    const blob = folder + '/out/new.blob';
    await rebuildLayer({ blob, below, expected: JSON.parse(expected), out: folder + '/out/new.qcow2', workers: 1 });
  }`;

test('a kill at any moment leaves whole files and temporary names alone', { skip }, async (t) => {
  const folder = makeFolder(t);
  const [first, second] = await twoLayers(folder);
  const made = await describeLayer({ layer: second, below: [first], mode: 'small', out: join(folder, 'blob') });
  const expected = JSON.stringify({ ...made.layer, blob: made.blob });
  const out = join(folder, 'out');
  mkdirSync(out);
  const program = join(folder, 'forever.mjs');
  writeFileSync(program, FOREVER);
  const root = join(import.meta.dirname, '../..');

  for (let round = 0; round < 6; round += 1) {
    const child = spawn(process.execPath, [program, root, folder, expected], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), ended]);
    await sleep(60 + round * 37);
    child.kill('SIGKILL');
    assert.deepEqual(await ended, [null, 'SIGKILL']);

    for (const name of readdirSync(out).filter((name) => !/^\..*\.tmp$/.test(name))) {
      const whole = readFileSync(join(folder, name === 'new.blob' ? 'blob' : 'l1.qcow2'));
      assert.ok(readFileSync(join(out, name)).equals(whole), `${name} is half done`);
    }
    await removeTemporary(out);
    assert.deepEqual(
      readdirSync(out).filter((name) => name.startsWith('.')),
      [],
    );
  }
});

test('a chain is told apart from what its names could mean', { skip }, async (t) => {
  const folder = makeFolder(t);
  const [first] = await twoLayers(folder);
  // Names that QEMU would take for a protocol or an option, were they not given as what they are.
  const odd = join(folder, 'nbd:x,"y"=1 {z}');
  cpSync(first, odd);
  const made = await describeLayer({ layer: odd, below: [], mode: 'fast', out: join(folder, 'blob') });
  renameSync(odd, join(folder, 'gone'));

  assert.equal(made.layer.bytes, statSync(first).size);
  assert.ok(chainName([odd]).startsWith('json:{'));
});
