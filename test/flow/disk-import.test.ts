import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DISK_FORMATS, importDisk } from '../../src/project/disk-import.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { code } from '../fakes/made-computer.ts';
import { scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

/** A folder with a file of the administrator’s that is nobody else’s business, and disks that name it. */
async function withSecret(t: TestContext) {
  const folder = scratch(t);
  const at = (name: string) => join(folder, name);
  writeFileSync(at('secret'), Buffer.alloc(1 << 20, 's'));
  const create = (...args: string[]) => run('qemu-img', ['create', '-q', ...args]);
  await create('-f', 'qcow2', '-b', at('secret'), '-F', 'raw', at('backed.qcow2'));
  await create('-f', 'qcow2', '-o', `data_file=${at('secret')},data_file_raw=on`, at('data.qcow2'), '1M');
  await create('-f', 'vmdk', '-o', 'subformat=monolithicFlat', at('flat.vmdk'), '1M');
  return { folder, at };
}

for (const [name, format] of [
  ['backed.qcow2', 'qcow2'],
  ['data.qcow2', 'qcow2'],
  ['flat.vmdk', 'vmdk'],
] as const) {
  for (const told of [undefined, format]) {
    test(`${name}, which names another file, is refused, its format ${told ? 'told' : 'found'}`, {
      skip,
    }, async (t) => {
      const { at } = await withSecret(t);

      await assert.rejects(importDisk(at(name), at('work.qcow2'), told), code('DISK_INVALID'));
    });
  }
}

for (const format of DISK_FORMATS) {
  test(`a whole ${format} disk is taken, its format told or found`, { skip }, async (t) => {
    const at = (name: string) => join(folder, name);
    const folder = scratch(t);
    await run('qemu-img', ['create', '-q', '-f', format, at('disk'), '8M']);

    await importDisk(at('disk'), at('told.qcow2'), format);
    await importDisk(at('disk'), at('found.qcow2'));

    await run('qemu-img', ['compare', '-q', at('told.qcow2'), at('found.qcow2')]);
  });
}
