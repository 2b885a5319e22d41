import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { BIN } from '../../lab/programs.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { run } from '../../src/sys/programs/exec.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { madeProject } from '../fakes/made-project.ts';
import { threeVersions } from '../fakes/quarantine.ts';
import { atTerminal } from '../fakes/terminal.ts';

const LATER = threeVersions({ threshold: 'third' });
const SAID = 'office: normal access begins at third instead of second';

/** A project with two deploys, and what its commands say. */
async function deployedTwice(t: Parameters<typeof madeProject>[0]) {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  await project.deploy();
  await project.setQuarantine(LATER);
  await project.deploy();
  const deployments = (...words: string[]) =>
    program('lazaret-manager', ['-C', project.folder, 'deployments', ...words]);
  const threshold = async (vm = 'office') => {
    const { quarantine } = vmNamed(await openProject(project.folder), vm).policy.value;
    return quarantine.type === 'version-based' ? quarantine.threshold : undefined;
  };
  return { project, deployments, threshold };
}

test('the command line lists deploys, says what differs, and writes an earlier policy into the project', async (t) => {
  const { project, deployments, threshold } = await deployedTwice(t);
  const [list, diff, yaml, same] = [
    await deployments('list'),
    await deployments('diff', '1', '2'),
    await deployments('diff', '1', '--yaml'),
    await deployments('diff', '2'),
  ];
  assert.match(list.stdout, /^2 +believed until \S+\n1 +believed until/);
  assert.equal(diff.stdout.trim(), SAID);
  assert.match(
    yaml.stdout,
    /--- office, before[\s\S]*threshold: second[\s\S]*\+\+\+ office, after[\s\S]*threshold: third/,
  );
  assert.equal(same.stdout.trim(), 'they say the same');

  const unasked = await deployments('take-back', '1', '--json');
  assert.deepEqual([unasked.status, failureIn(unasked).code], [75, 'LOSS_CONFIRM']);
  assert.equal(await threshold(), 'third');
  const taken = await deployments('take-back', '1', '--yes');
  assert.match(taken.stdout, /^office: the policy of deploy 1 is in the project again; deploy to put it in force/);
  assert.equal(await threshold(), 'second');
  const again = await deployments('take-back', '1');
  assert.equal(again.stdout.trim(), 'the project says already what deploy 1 said');
  assert.equal(await project.deploy(), 3);
});

test('a deploy that never was is none for the command line, and its remedy has the numbers', async (t) => {
  const { deployments } = await deployedTwice(t);
  for (const words of [
    ['diff', '7'],
    ['diff', 'last'],
    ['take-back', '0', '--yes'],
  ]) {
    const refused = await deployments(...words, '--json');
    assert.deepEqual([refused.status, failureIn(refused).code], [66, 'DEPLOY_UNKNOWN'], words.join(' '));
  }
  const unknown = failureIn(await deployments('diff', '7', '--json'));
  assert.match(unknown.remedy, /lazaret-manager deployments list/);
  const listed = JSON.parse((await deployments('list', '--json')).stdout);
  assert.deepEqual(
    listed.map(({ serial }: { serial: number }) => serial),
    [2, 1],
  );
});

test('at a terminal, who goes back sees what is lost and types the machine’s name', async (t) => {
  const { project, threshold } = await deployedTwice(t);
  const asked = atTerminal(t, `${BIN}/lazaret-manager -C ${project.folder} deployments take-back 1`);
  await asked.answer('Type “office” to go on', 'office\r');
  assert.equal(await asked.status(), 0);
  assert.match(asked.text(), /normal access begins at third instead of second/);
  assert.equal(await threshold(), 'second');
});

test('going back writes the policies of all machines or of none', async (t) => {
  const { project, threshold } = await deployedTwice(t);
  await project.addVm('zebra');
  await project.setPolicy({ quarantine: threeVersions() }, 'zebra');
  const serial = await project.deploy();
  await project.setQuarantine(threeVersions());
  await project.setPolicy({ quarantine: LATER }, 'zebra');
  const folder = join(project.folder, 'vms', 'zebra');
  const locked = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"';
  const words = ['-C', project.folder, 'deployments', 'take-back', `${serial}`, '--yes', '--json'];
  const command = ['sh', '-c', locked, 'sh', folder, `${BIN}/lazaret-manager`, ...words];

  const { stdout } = await run('unshare', ['--mount', '--propagation', 'private', ...command], { allow: [77] });

  assert.equal(JSON.parse(stdout).error.code, 'FILE_DENIED');
  assert.deepEqual([await threshold(), await threshold('zebra')], ['second', 'third']);
});
