import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { addForeign } from '../../src/manager/machines/machines.ts';
import { readForeign } from '../../src/project/foreign/read-foreign.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { bootableNoise } from '../fakes/disk-image.ts';
import { convert, manifestText, ova, ovfText, vmxText } from '../fakes/foreign-machine.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { type Remedy, tryRemedies } from '../fakes/remedy.ts';

const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bubblewrap is not installed';

/** A folder with a machine of VMware, and a project to add machines to. */
async function places(t: TestContext) {
  const folder = scratch(t);
  const at = (name: string) => join(folder, name);
  writeFileSync(at('disk.raw'), bootableNoise(1 << 20));
  await convert(at('disk.raw'), at('disk.vmdk'), 'vmdk');
  const project = await madeProject(t);
  let count = 0;
  const add = async (name: string, disk?: string) =>
    addForeign(project.folder, `brought-${++count}`, await readForeign(at(name), { disk }));
  return { folder, at, add };
}

/** What an administrator meets with machines of other programs. */
const REMEDIES: Remedy[] = [
  [
    'IMPORT_INVALID',
    async (t) => {
      const { at, add } = await places(t);
      writeFileSync(at('m.vmx'), 'no description at all');
      return {
        fails: () => add('m.vmx'),
        async remedy() {
          writeFileSync(at('m.vmx'), vmxText('disk.vmdk'));
          await add('m.vmx');
          await add('disk.vmdk');
        },
      };
    },
  ],
  [
    'IMPORT_ELSEWHERE',
    async (t) => {
      const { at, add } = await places(t);
      writeFileSync(at('m.vmx'), vmxText('/vms/office/disk.vmdk'));
      return {
        fails: () => add('m.vmx'),
        async remedy() {
          await add('m.vmx', at('disk.vmdk'));
          writeFileSync(at('m.vmx'), vmxText('disk.vmdk'));
          await add('m.vmx');
        },
      };
    },
  ],
  [
    'IMPORT_DIGEST',
    async (t) => {
      const { folder, at, add } = await places(t);
      await ova(folder, at('disk.raw'));
      const right = readFileSync(at('office.ovf'));
      writeFileSync(at('office.ovf'), `${right} `);
      return {
        fails: () => add('office.ovf'),
        async remedy() {
          writeFileSync(at('office.ovf'), right);
          await add('office.ovf');
        },
      };
    },
  ],
  [
    'IMPORT_UNSUPPORTED',
    async (t) => {
      const { folder, at, add } = await places(t);
      const text = ovfText({ disk: 'disk.vmdk', bytes: 1 << 20 });
      const system = /<VirtualSystem [\s\S]*<\/VirtualSystem>/.exec(text)?.[0] ?? '';
      const two = `<VirtualSystemCollection ovf:id="all">${system}${system}</VirtualSystemCollection>`;
      writeFileSync(at('m.ovf'), text.replace(system, two));
      return {
        fails: () => add('m.ovf'),
        async remedy() {
          writeFileSync(at('m.ovf'), text);
          writeFileSync(at('m.mf'), manifestText(folder, ['m.ovf', 'disk.vmdk']));
          await add('m.ovf');
        },
      };
    },
  ],
];

tryRemedies(REMEDIES, skip);
