import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scriptOf } from '../../lab/programs.ts';
import { failureOf } from '../../src/lib/errors.ts';
import type { Quarantine } from '../../src/policy/quarantine.ts';
import { vmPaths } from '../../src/project/layout.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { madeProject } from '../fakes/made-project.ts';
import { listed, threeVersions } from '../fakes/quarantine.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const MANAGER = scriptOf('lazaret-manager');
const AGE = `age1${'q'.repeat(58)}`;
const CUSTOM = { type: 'custom', script: { file: 'who.sh' } } as unknown as Quarantine;

type Made = Awaited<ReturnType<typeof madeProject>>;

async function check({ folder }: Pick<Made, 'folder'>) {
  const { stdout, stderr } = await run(process.execPath, [MANAGER, 'policy', 'check', '-C', folder, '--json'], {
    allow: [65, 66, 75, 78],
  });
  return { ...JSON.parse(stdout), stderr };
}

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => failureOf(error).code,
  );

const all = ['policy check', 'deploy', 'package'];
const ROWS: [title: string, harm: (made: Made) => unknown, code: string, refusedBy: string[]][] = [
  ['a plug-in that is not there', (made) => made.setQuarantine(CUSTOM), 'PLUGIN_MISSING', all],
  [
    'a disk that is not there',
    ({ folder }) => rmSync(vmPaths(folder, 'office').work),
    'VM_FILE_MISSING',
    ['policy check', 'package'],
  ],
  [
    'a disk that is none',
    ({ folder }) => writeFileSync(vmPaths(folder, 'office').work, Buffer.alloc(4096)),
    'LAYER_INVALID',
    ['policy check', 'package'],
  ],
  [
    'a suspended machine',
    ({ folder }) => writeFileSync(vmPaths(folder, 'office').suspended, ''),
    'VM_SUSPENDED',
    ['policy check', 'package'],
  ],
  [
    'a resource whose name not every system can have',
    ({ folder }) => writeFileSync(join(folder, 'resources', 'a:b'), ''),
    'PROJECT_INVALID',
    ['policy check', 'package'],
  ],
  [
    'another recovery key',
    async (project) => {
      const file = join(project.folder, 'lazaret.yaml');
      appendFileSync(file, `recoveryKey: ${AGE}\n`);
      await project.build('with-key', { force: true });
      writeFileSync(file, readFileSync(file, 'utf8').replace(AGE, AGE.replace(/q$/, 'p')));
    },
    'RECOVERY_KEY_FIXED',
    ['policy check', 'package'],
  ],
];

for (const [title, harm, code, refusedBy] of ROWS) {
  test(`${title} is refused by ${refusedBy.join(', ')} alike`, { skip }, async (t) => {
    const project = await madeProject(t);
    await project.build('one');
    assert.equal((await check(project)).error, undefined);
    await harm(project);

    const found = {
      'policy check': (await check(project)).error?.code,
      deploy: await outcome(project.deploy()),
      package: await outcome(project.build('two')),
    };

    const expected = { 'policy check': code, deploy: refusedBy.includes('deploy') ? code : 'done', package: code };
    assert.deepEqual(found, expected);
  });
}

test('policy check names all that is wrong', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(CUSTOM);
  rmSync(vmPaths(project.folder, 'office').work);

  const { error } = await check(project);

  assert.deepEqual(
    error.details.problems.map(({ code }: { code: string }) => code),
    ['PLUGIN_MISSING', 'VM_FILE_MISSING'],
  );
  assert.match(error.reason, /work\.qcow2 is not there/);
});

test('a normal list without what the restricted one has is warned of by all three', { skip }, async (t) => {
  const project = await madeProject(t);
  const quarantine = {
    ...threeVersions(),
    normal: listed('10.0.0.0/8', 'intranet.example'),
    restricted: listed('updates.example tcp 80,443'),
  };
  await project.setQuarantine(quarantine);
  const warning = /office: normal access lacks what restricted access has: updates\.example tcp 80,443/;

  assert.match((await check(project)).warnings.join(), warning);
  assert.match((await project.deployed()).warnings.join(), warning);
  assert.match((await project.build('one')).warnings.join(), warning);
  await project.setQuarantine({ ...quarantine, normal: listed('10.0.0.0/8', 'updates.example tcp') });
  assert.deepEqual((await check(project)).warnings, []);
});
