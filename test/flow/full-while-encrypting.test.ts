import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openByPassword } from '../../src/install/opening/password.ts';
import { writeDisks } from '../../src/install/opening/write-disks.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { instancePaths } from '../../src/install/state/layout.ts';
import { examine } from '../../src/install/state/machine/damage.ts';
import { AppError } from '../../src/lib/errors.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { withSecretPipe } from '../../src/sys/programs/secret-pipe.ts';
import { isLocked } from '../../src/sys/secrets/locked-blocks.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { fill, makeRoom, smallDisk } from '../fakes/small-disk.ts';

const skip =
  hasProgram('qemu-img') && process.getuid?.() === 0 ? false : 'qemu-img is not installed, or only root may mount';
const NOW = Date.parse('2026-01-10T12:00:00Z');
const PASSWORD = 'correct horse';
const KEPT = 'what the user wrote to his data disk';
const MIB = 1 << 20;

/** A machine in clear, with 4 MiB on its data disk, which an update will encrypt at its next opening. */
async function updated(t: TestContext) {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 16 });
  const { install, state } = computer(t, Date.now(), await smallDisk(t, 96 * MIB));
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const { data, userKey } = instancePaths(state, 'office');
  const text = join(project.folder, 'text');
  writeFileSync(text, KEPT.padEnd(512, '.'));
  await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 1M 4M', '-c', `write -s ${text} 4096 512`, data]);
  await project.setPolicy({
    authentication: { type: 'password', contents: [] },
    encryption: { disks: true, configuration: false, recovery: false },
  });
  await project.changeDisk(0);
  await install((await project.build('two', { kind: 'update' })).folder, { replace: true });
  /** As the service does it at each start. */
  const open = async (steps?: (step: string) => Promise<void>) => {
    const secrets = existsSync(userKey) ? { password: PASSWORD } : { newPassword: PASSWORD };
    const given = await openByPassword(state, 'office', secrets, NOW);
    await writeDisks(await openInstance(state, 'office'), given, steps ? { steps } : {});
    return given;
  };
  return { state, data, open };
}

/** Every file of the machine’s, with its length. */
function filesOf(state: string): string[] {
  const files = globSync('{instances,layers,packed}/**', { cwd: state }).filter((path) => !path.includes('/keys'));
  const sized = files.map((path) => ({ path, found: statSync(join(state, path)) }));
  return sized.flatMap(({ path, found }) => (found.isFile() ? [`${path} ${found.size}`] : [])).sort();
}

async function requireKept(data: string, diskKey: string): Promise<void> {
  assert.ok(isLocked(data));
  const image = `json:${JSON.stringify({ driver: 'qcow2', file: { driver: 'luks', 'key-secret': 'k', file: { driver: 'file', filename: data } } })}`;
  const words = [
    'qemu-io',
    '--object',
    'secret,id=k,file=/dev/stdin',
    '-c',
    'read -v 4096 512',
    '-c',
    'read -P 7 1M 4M',
    image,
  ];
  const [program = '', ...args] = withSecretPipe(words);
  const { stdout } = await run(program, args, { input: diskKey });
  assert.ok(stdout.includes(Buffer.from(KEPT.slice(0, 16)).toString('hex').replace(/(..)/g, '$1 ').trim()));
}

test('where there is no room to encrypt its disks, that is said before one is touched; with room it opens', {
  skip,
}, async (t) => {
  const { state, data, open } = await updated(t);
  const [before, disk] = [filesOf(state), readFileSync(data)];
  fill(state);

  await assert.rejects(open(), code('DISK_FULL'));
  makeRoom(state);
  const left = 3 * MIB;
  const given = await openByPassword(state, 'office', { newPassword: PASSWORD }, NOW);
  fill(state);
  writeFileSync(join(state, 'filler'), Buffer.alloc(statSync(join(state, 'filler')).size - left));
  await assert.rejects(writeDisks(await openInstance(state, 'office'), given), (error: unknown) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'DISK_FULL');
    assert.match(error.message, /^encrypting the disks of office needs .* MiB, .* are free$/);
    assert.ok(Number(error.details['needBytes']) > left);
    return true;
  });

  assert.deepEqual(
    filesOf(state).filter((path) => !path.startsWith('instances/office/password.json')),
    before,
  );
  assert.ok(readFileSync(data).equals(disk));
  assert.equal((await examine(state, 'office'))?.damage, undefined);
  makeRoom(state);
  const { diskKey = '' } = await open();
  await requireKept(data, diskKey);
});

test('a disk that others fill while disks are encrypted: each is as it was or done, nothing is beside it, and the next opening goes on', {
  skip,
}, async (t) => {
  const { state, data, open } = await updated(t);
  const steps: string[] = [];
  await assert.rejects(
    open(async (step) => {
      steps.push(step);
      if (step.startsWith('moved') && step.includes('overlay')) fill(state);
    }),
    code('DISK_FULL'),
  );

  assert.ok(
    steps.some((step) => step.startsWith('layer')),
    `${steps}`,
  );
  assert.equal(isLocked(data), false, 'the data disk is as it was');
  assert.deepEqual(globSync('**/.*.tmp', { cwd: state }), []);
  assert.equal((await examine(state, 'office'))?.damage, undefined);
  makeRoom(state);
  const { diskKey = '' } = await open();
  await requireKept(data, diskKey);
});
