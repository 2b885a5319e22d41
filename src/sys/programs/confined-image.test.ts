import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { scratch } from '../../../test/fakes/made-project.ts';
import { confinedQemuImg, IMAGE, OUT } from './confined-image.ts';
import { hasProgram } from './exec.ts';

const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bwrap is not installed';

test('a tool that reads a hostile image sees that image alone, and writes to one folder alone', { skip }, async (t) => {
  const folder = scratch(t);
  const [image, secret, out] = ['image', 'secret', 'out'].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [image, secret]) writeFileSync(path, Buffer.alloc(4096, 's'));
  mkdirSync(out);
  const copy = (from: string, to: string, options = {}) =>
    confinedQemuImg(image, ['convert', '-f', 'raw', '-O', 'raw', from, to], options);

  await copy(IMAGE, `${OUT}/copy`, { out });

  assert.deepEqual(readdirSync(out), ['copy']);
  for (const from of [secret, '/etc/passwd', join(import.meta.dirname, 'confined-image.ts')])
    await assert.rejects(copy(from, `${OUT}/stolen`, { out }), { code: 'DISK_INVALID' }, from);
  for (const to of [join(folder, 'elsewhere'), '/usr/elsewhere', '/elsewhere', IMAGE])
    await assert.rejects(copy(IMAGE, to, { out }), { code: 'DISK_INVALID' }, to);
  await assert.rejects(copy(IMAGE, `${OUT}/copy`), { code: 'DISK_INVALID' }, 'no folder was given');
  assert.deepEqual([readdirSync(out), existsSync(join(folder, 'elsewhere'))], [['copy'], false]);
});

test('what the tool writes grows to what it may, and no further', { skip }, async (t) => {
  const folder = scratch(t);
  const [image, out] = [join(folder, 'image'), join(folder, 'out')] as const;
  writeFileSync(image, Buffer.alloc(8192, 's'));
  mkdirSync(out);
  const copy = (maxFileBytes: number) =>
    confinedQemuImg(image, ['convert', '-f', 'raw', '-O', 'raw', IMAGE, `${OUT}/copy`], { out, maxFileBytes });

  await copy(8192);
  await assert.rejects(copy(4096), { name: 'AppError', code: 'DISK_INVALID' });
});

test('what an image makes the tool say is shown without control characters, under the image’s own path', {
  skip,
}, async (t) => {
  const image = join(scratch(t), 'image');
  writeFileSync(image, '# Disk DescriptorFile\nversion=1\ncreateType="\u001b[2Jmine"\n');

  await assert.rejects(confinedQemuImg(image, ['info', '-f', 'vmdk', IMAGE]), (error: Error) => {
    assert.ok(error.message.startsWith(`${image} cannot be read: `), error.message);
    assert.doesNotMatch(error.message, /\p{Cc}|\/image'?: \/image/u);
    return true;
  });
});

/** Processes of a program that descend from this one, each with its group. */
function begun(program: string): { pid: number; group: number }[] {
  const all = new Map<number, { name: string; parent: number; group: number }>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const [, name = '', parent, group] = /\((.*)\) \S (\d+) (\d+)/.exec(statOf(pid)) ?? [];
    all.set(Number(pid), { name, parent: Number(parent), group: Number(group) });
  }
  const isOurs = (pid: number): boolean => pid === process.pid || (all.has(pid) && isOurs(all.get(pid)?.parent ?? 0));
  return [...all].flatMap(([pid, { name, group }]) => (name === program && isOurs(pid) ? [{ pid, group }] : []));
}

function statOf(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'stat'), 'utf8');
  } catch {
    return '';
  }
}

test('all of it stays in the group by which it is ended', { skip }, async (t) => {
  const image = join(scratch(t), 'image');
  writeFileSync(image, Buffer.alloc(1 << 20));
  const stop = new AbortController();
  const running = confinedQemuImg(image, ['bench', '-c', '1000000000', '-f', 'raw', IMAGE], { signal: stop.signal });
  const ended = assert.rejects(running, { code: 'INTERRUPTED' });
  while (begun('qemu-img').length === 0) await setTimeout(20);

  const groups = new Set(['qemu-img', 'bwrap'].flatMap((name) => begun(name).map(({ group }) => group)));

  stop.abort();
  await ended;
  assert.equal(groups.size, 1);
});

test('whenever it is not wanted any more, what was begun ends, also what bubblewrap only begins', {
  skip,
}, async (t) => {
  const image = join(scratch(t), 'image');
  writeFileSync(image, Buffer.alloc(1 << 20));

  for (let round = 0; round < 20; round += 1) {
    const stop = new AbortController();
    const copying = confinedQemuImg(image, ['bench', '-c', '1000000000', '-f', 'raw', IMAGE], { signal: stop.signal });
    const ended = assert.rejects(copying, { code: 'INTERRUPTED' });
    await setTimeout(2 * round);
    stop.abort();
    await ended;
  }
});
