import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../../test/fakes/plain-layer.ts';
import { hasProgram, run } from '../../sys/programs/exec.ts';
import { chainName, KEY_OBJECT } from '../../sys/programs/qemu-img.ts';
import { withSecretPipe } from '../../sys/programs/secret-pipe.ts';
import { LockedFile } from '../../sys/secrets/locked-blocks.ts';
import { LUKS_BYTES } from '../../sys/secrets/luks.ts';
import { copyBlocks } from './copy.ts';

const skip = hasProgram('qemu-io') ? false : 'qemu-io is not installed';
const KEY = 'a1'.repeat(32);
const MIB = 1 << 20;

test('a copy that is encrypted and one of it in clear are the same byte for byte, also with threads', async (t) => {
  const folder = makeFolder(t);
  const [clear, locked, back] = ['clear', 'locked', 'back'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const bytes of [512, 3 * MIB + 512, 20 * MIB]) {
    const whole = randomBytes(bytes);
    if (bytes > MIB) whole.fill(0, bytes >> 1, (bytes >> 1) + 100_000);
    writeFileSync(clear, whole);
    await copyBlocks({ from: clear, to: `${locked}${bytes}`, toKey: KEY });
    const encrypted = readFileSync(`${locked}${bytes}`);
    assert.equal(encrypted.length, LUKS_BYTES + bytes);
    assert.equal(encrypted.includes(whole.subarray(0, 64)), false);
    assert.equal(encrypted.subarray(LUKS_BYTES).includes(Buffer.alloc(64)), false, 'zeros are encrypted too');
    await copyBlocks({ from: `${locked}${bytes}`, to: `${back}${bytes}`, fromKey: KEY });
    assert.ok(readFileSync(`${back}${bytes}`).equals(whole));
  }
});

test('parts that are no whole sectors are read from where they stand; holes read as zeros', (t) => {
  const folder = makeFolder(t);
  using file = new LockedFile(join(folder, 'file'), 'create', KEY);
  const bytes = randomBytes(4096);
  file.resize(8192);
  file.write(bytes, 4096);
  const part = Buffer.alloc(1000);
  file.read(part, 3700);
  assert.ok(part.equals(Buffer.concat([Buffer.alloc(396), bytes.subarray(0, 604)])));
  file.fillHoles(0, 8192);
  file.read(part, 3700);
  assert.ok(part.equals(Buffer.concat([Buffer.alloc(396), bytes.subarray(0, 604)])));
});

test('what QEMU writes to an encrypted disk, in any order and length, is what it writes to one in clear', {
  skip,
}, async (t) => {
  const folder = makeFolder(t);
  const [clear, locked, back] = ['clear', 'locked', 'back'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', clear, '64M']);
  await copyBlocks({ from: clear, to: locked, toKey: KEY });
  const at = () => 512 * Math.floor(Math.random() * 100_000);
  const commands = Array.from({ length: 200 }, (_, n) => {
    const verb = ['write -P', 'write -P', 'write -z', 'discard'][n % 4] ?? '';
    const pattern = verb === 'write -P' ? ` ${1 + (n % 250)}` : '';
    return `${verb}${pattern} ${at()} ${512 * (1 + Math.floor(Math.random() * 300))}`;
  });
  const asked = commands.flatMap((command) => ['-c', command]);
  await run('qemu-io', [...asked, chainName([clear])], { maxBytes: MIB });
  const [program = '', ...args] = withSecretPipe([
    'qemu-io',
    '--object',
    KEY_OBJECT,
    ...asked,
    chainName([locked], true),
  ]);
  await run(program, args, { input: KEY, maxBytes: MIB });
  await copyBlocks({ from: locked, to: back, fromKey: KEY });

  await run('qemu-img', ['check', '-q', back]);
  await run('qemu-img', ['compare', '-q', '-f', 'qcow2', '-F', 'qcow2', clear, back]);
});
