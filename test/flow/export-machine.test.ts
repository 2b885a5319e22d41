import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EXPORT_FORMATS } from '../../src/api/manager/jobs.ts';
import { type ExportNews, exportMachine } from '../../src/manager/machines/export-machine.ts';
import { readForeign } from '../../src/project/foreign/read-foreign.ts';
import { vmPaths } from '../../src/project/layout.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { bootableNoise } from '../fakes/disk-image.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bubblewrap is not installed';

/** A project with a machine of its own disk, and the manager’s command line. */
async function places(t: TestContext) {
  const { folder } = await madeProject(t);
  const raw = join(scratch(t), 'disk.raw');
  writeFileSync(raw, bootableNoise(4 << 20));
  const out = scratch(t);
  const vm = (...args: string[]) => program('lazaret-manager', ['--directory', folder, 'vm', ...args, '--json']);
  const added = await vm('add', 'lab', '--disk', raw, '--memory', '3G', '--cpus', '3', '--firmware', 'uefi');
  assert.equal(added.status, 0, added.stderr);
  return { folder, raw, out, vm };
}

test('a machine that is exported as OVA and added again is the same machine', { skip }, async (t) => {
  const { folder, raw, out, vm } = await places(t);
  const path = join(out, 'lab.ova');

  const exported = await vm('export', 'lab', '--out', path);
  assert.equal(exported.status, 0, exported.stdout);
  const { kind, memoryMiB, cpus, firmware, notes } = await readForeign(path);
  assert.deepEqual([kind, memoryMiB, cpus, firmware], ['ova', 3072, 3, 'uefi']);
  assert.ok(notes.every((note) => note.code !== 'manifest-missing'));
  const again = await vm('add', 'again', '--from', path);
  assert.equal(again.status, 0, again.stdout);

  await run('qemu-img', ['compare', '-q', '-f', 'raw', '-F', 'qcow2', raw, vmPaths(folder, 'again').work]);
  assert.deepEqual(readdirSync(out), ['lab.ova']);
});

for (const [os, isWindows] of [
  ['windows', true],
  ['linux', false],
] as const)
  test(`an OVA of ${os} says so, in the words of both programs`, { skip }, async (t) => {
    const { out, vm } = await places(t);
    const path = join(out, 'lab.ova');
    assert.equal((await vm('set', 'lab', '--os', os)).status, 0);

    assert.equal((await vm('export', 'lab', '--out', path)).status, 0);

    assert.equal((await readForeign(path)).os, isWindows ? 'windows' : undefined);
    const { stdout } = await run('tar', ['-xOf', path, 'lab.ovf']);
    assert.match(stdout, isWindows ? /vmw:osType="windows9_64Guest"/ : /vmw:osType="otherLinux64Guest"/);
    assert.match(stdout, isWindows ? />Windows10_64</ : />Linux_64</);
  });

test('a suspended machine is not exported: what is in its memory is not on its disk', { skip }, async (t) => {
  const { folder, out, vm } = await places(t);
  writeFileSync(vmPaths(folder, 'lab').suspended, '');

  const { code, remedy } = failureIn(await vm('export', 'lab', '--out', join(out, 'lab.ova')));

  assert.equal(code, 'VM_SUSPENDED');
  assert.match(remedy, /shut it down/);
  assert.deepEqual(readdirSync(out), []);
});

test('exported under the name of a qcow2 file it is one, that names no other', { skip }, async (t) => {
  const { raw, out, vm } = await places(t);
  const path = join(out, 'lab.qcow2');

  const exported = await vm('export', 'lab', '--out', path);

  assert.equal(exported.status, 0, exported.stdout);
  await run('qemu-img', ['compare', '-q', '-f', 'raw', '-F', 'qcow2', raw, path]);
  const { stdout } = await run('qemu-img', ['info', '--output=json', path]);
  assert.equal(JSON.parse(stdout)['backing-filename'], undefined);
});

test('what is there already is not written over, and what does not fit leaves nothing', { skip }, async (t) => {
  const { out, vm } = await places(t);
  const path = join(out, 'lab.ova');
  writeFileSync(path, 'mine');
  assert.equal(failureIn(await vm('export', 'lab', '--out', path)).code, 'FILE_EXISTS');
  assert.equal(readFileSync(path, 'utf8'), 'mine');
  assert.equal(failureIn(await vm('export', 'other', '--out', join(out, 'x.ova'))).code, 'VM_UNKNOWN');

  const small = join(out, 'small');
  mkdirSync(small);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
  try {
    const full = await vm('export', 'lab', '--out', join(small, 'lab.ova'));
    assert.equal(failureIn(full).code, 'DISK_FULL');
    assert.deepEqual(readdirSync(small), []);
  } finally {
    await run('umount', [small]);
  }
  assert.ok(!existsSync(join(out, 'x.ova')));
});

for (const format of EXPORT_FORMATS)
  test(`an export as ${format} says how far it is, and one that is called off meanwhile leaves nothing`, {
    skip,
  }, async (t) => {
    const { folder, out } = await places(t);
    const to = join(out, `lab.${format}`);
    const seen: ExportNews[] = [];
    const stop = new AbortController();
    const called = exportMachine(folder, 'lab', { to, format, signal: stop.signal, tell: () => stop.abort() });
    await assert.rejects(called, { code: 'INTERRUPTED' });
    assert.deepEqual(readdirSync(out), []);

    const { bytes } = await exportMachine(folder, 'lab', { to, format, tell: (news) => seen.push(news) });

    assert.equal(bytes, statSync(to).size);
    const kinds = [...new Set(seen.map(({ kind }) => kind))];
    assert.deepEqual(kinds, format === 'ova' ? ['copying', 'packing'] : ['copying', 'comparing']);
    for (const kind of kinds) {
      const of = seen.filter((news) => news.kind === kind);
      const done = of.map(({ doneBytes }) => doneBytes);
      assert.deepEqual(
        done,
        done.toSorted((one, other) => one - other),
      );
      assert.ok(of.length > 1 && done.at(-1) === of.at(-1)?.totalBytes, `${kind}: ${done}`);
    }
    const last = seen.findLast((news) => news.kind === 'copying');
    assert.deepEqual(last, { kind: 'copying', doneBytes: 4 << 20, totalBytes: 4 << 20 });
  });

test('what took the name meanwhile is not written over, and a name that no file can have is refused', {
  skip,
}, async (t) => {
  const { folder, out, vm } = await places(t);
  for (const format of EXPORT_FORMATS) {
    const to = join(out, `lab.${format}`);
    const tell = () => writeFileSync(to, 'mine');
    await assert.rejects(exportMachine(folder, 'lab', { to, format, tell }), { code: 'FILE_EXISTS' });
    assert.equal(readFileSync(to, 'utf8'), 'mine');
    const long = failureIn(await vm('export', 'lab', '--format', format, '--out', join(out, 'x'.repeat(256))));
    assert.equal(long.code, 'FILE_MISSING');
    assert.match(long.reason, /name is too long/);
    const behind = await vm('export', 'lab', '--format', format, '--out', join(to, 'lab'));
    assert.equal(failureIn(behind).code, 'FILE_IN_WAY');
    const longest = join(out, format.padEnd(255, 'x'));
    await exportMachine(folder, 'lab', { to: longest, format });
    assert.ok(existsSync(longest));
  }
});

test('an archive that does not fit beside its disk is a full disk, and leaves nothing', { skip }, async (t) => {
  const { folder, out } = await places(t);
  const small = join(out, 'small');
  mkdirSync(small);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=70m', 'tmpfs', small]);
  try {
    const to = join(small, 'lab.ova');
    // What fills the disk comes when the first half is done.
    const other = join(small, 'other');
    const tell = ({ kind }: ExportNews) => {
      if (kind === 'packing' && !existsSync(other)) writeFileSync(other, noiseFor(small));
    };
    await assert.rejects(exportMachine(folder, 'lab', { to, format: 'ova', tell }), { code: 'DISK_FULL' });
    assert.deepEqual(readdirSync(small), ['other']);
  } finally {
    await run('umount', [small]);
  }
});

/** So much that one MiB is left. */
function noiseFor(folder: string): Buffer {
  const { bavail, bsize } = statfsSync(folder);
  return Buffer.alloc(bavail * bsize - (1 << 20), 1);
}
