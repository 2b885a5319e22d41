import assert from 'node:assert/strict';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { readMark } from '../../src/install/seals/mark.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths, instancePaths } from '../../src/install/state/layout.ts';
import { difference, movedFrom } from '../../src/install/state/machine/place.ts';
import { readTerm, subjectOf, writeRenewal } from '../../src/install/state/machine/term.ts';
import { readPolicy, writePolicy } from '../../src/install/state/policies.ts';
import { Expiration } from '../../src/policy/expiration.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const DAY_MS = 86_400_000;
/** Later than anything that the project signs meanwhile. */
const NOW = Date.now() + 60_000;
const TWO_DAYS = Expiration.parse({ type: 'days', days: 2 });

/** `office`, installed on a computer. */
async function installed(t: TestContext) {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  const { state, install } = computer(t, NOW);
  await install(folder, { fingerprint: project.fingerprint });
  const instance = await openInstance(state, 'office');
  return {
    project,
    folder,
    state,
    install,
    instance,
    subject: subjectOf(instance),
    paths: instancePaths(state, 'office'),
  };
}

test('fact 29: the count begins with the installation, and anew with a replacement (D36)', { skip }, async (t) => {
  const { project, subject, install, paths, state } = await installed(t);
  assert.equal((await readTerm(subject, 1)).startedAt, NOW);

  await install((await project.build('two')).folder, { replace: true, keepOld: true, now: NOW + DAY_MS });

  assert.equal((await readTerm(subject, 2)).startedAt, NOW + DAY_MS);
  assert.equal((await readTerm(subject, 1)).startedAt, NOW, 'a roll back counts as it did');
  assert.equal(await readMark(state, subject.vmId), NOW + DAY_MS);
  assert.match(readFileSync(paths.term, 'utf8'), /"seal":"[0-9a-f]{64}"/);
});

test('a term that was changed, is missing or is another’s is damaged, and mended never so that it is longer', {
  skip,
}, async (t) => {
  const { folder, subject, install, paths, instance, state } = await installed(t);
  const written = readFileSync(paths.term, 'utf8');
  const changed = written.replace(`${NOW}`, `${NOW + DAY_MS}`);
  assert.notEqual(changed, written);
  const { format: _, ...brought } = await readPolicy(state, 'office');
  const policy = { ...brought.document.policy, expiration: TWO_DAYS };
  await writePolicy(state, 'office', { ...brought, document: { ...brought.document, policy } });
  for (const spoil of [
    () => writeFileSync(paths.term, changed),
    () => writeFileSync(paths.term, written.slice(0, 20)),
    () => cpSync(paths.renewed, paths.term),
    () => rmSync(`${computerPaths(state).seal}/key`),
  ]) {
    await writeRenewal(subject, { of: 'days 2', at: NOW, endsAt: null });
    spoil();
    await assert.rejects(readTerm(subject, 1), code('STATE_DAMAGED'));
    const { machines } = await install(folder, { now: NOW + DAY_MS });

    assert.deepEqual(
      machines.map(({ action }) => action),
      ['mend'],
    );
    const mended = await readTerm(subject, 1);
    assert.ok((mended.startedAt ?? Number.NaN) <= NOW, 'it counts from when the package was made');
    assert.equal(mended.renewal, undefined);
    assert.equal(instance.current.generation, 1);
  }
});

test('fact 32: a machine that was moved or copied is known, moved back it is at home', { skip }, async (t) => {
  const { subject, state } = await installed(t);
  assert.equal(await movedFrom(subject), undefined);
  const away = { ...subject, state: `${state}-away` };

  renameSync(state, away.state);
  assert.match((await movedFrom(away)) ?? '', /cannot be told/, 'without what lies beside the state folder');
  cpSync(computerPaths(state).seal, computerPaths(away.state).seal, { recursive: true });
  assert.match((await movedFrom(away)) ?? '', /it is at .* and was installed at/);
  renameSync(away.state, state);
  assert.equal(await movedFrom(subject), undefined);

  cpSync(state, away.state, { recursive: true });
  assert.match((await movedFrom(away)) ?? '', /and was installed at/, 'a copy');
  rmSync(away.state, { recursive: true });
  renameSync(state, away.state);
  renameSync(away.state, state);
  assert.equal(await movedFrom(subject), undefined, 'moved back');
});

test('fact 32: an update does not bless the place of a copy', { skip }, async (t) => {
  const { project, state, install, subject } = await installed(t);
  const away = { ...subject, state: `${state}-away` };
  cpSync(state, away.state, { recursive: true });
  cpSync(computerPaths(state).seal, computerPaths(away.state).seal, { recursive: true });
  const { folder } = await project.build('two');

  const there = computer(t, NOW, away.state);
  await there.install(folder, { replace: true });
  await install(folder, { replace: true });

  assert.match((await movedFrom(away)) ?? '', /and was installed at/);
  assert.equal(await movedFrom(subject), undefined);
});

const HOME = { path: '/var/lib/lazaret/instances/office', fileSystem: { uuid: 'aa', kernel: 'ext4 1' }, computer: 'c' };
const PLACES: [
  title: string,
  now: typeof HOME | (Omit<typeof HOME, 'fileSystem'> & { fileSystem: { kernel: string } }),
  isHome: boolean,
][] = [
  ['the same', HOME, true],
  [
    'another number of the kernel’s for the same file system',
    { ...HOME, fileSystem: { uuid: 'aa', kernel: 'ext4 2' } },
    true,
  ],
  ['a file system that does not say which it is', { ...HOME, fileSystem: { kernel: 'ext4 1' } }, true],
  ['another that does not', { ...HOME, fileSystem: { kernel: 'ext4 2' } }, false],
  ['another file system', { ...HOME, fileSystem: { uuid: 'bb', kernel: 'ext4 1' } }, false],
  ['another computer', { ...HOME, computer: 'd' }, false],
  ['another path', { ...HOME, path: '/home/eve/office' }, false],
];

for (const [title, now, isHome] of PLACES) {
  test(`D14: ${title} is ${isHome ? 'its' : 'another'} place`, () => {
    assert.equal(difference(HOME, now) === undefined, isHome);
  });
}
