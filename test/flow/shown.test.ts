import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { BIN } from '../../lab/programs.ts';
import { HostPolicy } from '../../src/policy/host.ts';
import { Quarantine } from '../../src/policy/quarantine.ts';
import { quarantineText } from '../../src/quarantine/quarantine-text.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { program } from '../fakes/command-line.ts';
import { madeProject } from '../fakes/made-project.ts';
import { threeVersions } from '../fakes/quarantine.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const DAY_MS = 86_400_000;

function managerOf(folder: string) {
  return (...args: string[]) => program('lazaret-manager', ['-C', folder, ...args]);
}

test('`project show` says what a project is set to and what is published', { skip }, async (t) => {
  const project = await madeProject(t);
  const manager = managerOf(project.folder);
  const fresh = (await manager('project', 'show')).stdout;
  assert.match(fresh, /^project +Acme\n/);
  assert.match(fresh, /^machines +office \(none\)\npolicies +never deployed\npackages +none yet$/m);
  await project.setProject({
    packageServer: 'https://www.example.org/packages',
    host: HostPolicy.parse({ default: { mode: 'whitelist' } }),
  });
  await project.setQuarantine(threeVersions());
  await project.deploy();
  await project.deploy();
  await project.build('one');

  const shown = (await manager('project', 'show')).stdout;
  const state = JSON.parse((await manager('project', 'show', '--json')).stdout);

  assert.match(shown, new RegExp(`^fingerprint +${project.fingerprint}$`, 'm'));
  assert.match(shown, /^package server +https:\/\/www\.example\.org\/packages$/m);
  assert.match(shown, /^host policy +rules for users’ computers themselves/m);
  assert.match(shown, /^machines +office \(version-based\)\npolicies +number 2, valid until \d{4}-\d\d-\d\d$/m);
  assert.match(shown, /^packages +1, the newest one \(generation 1\), installable until/m);
  assert.match(shown, /^release key +[0-9a-f]{16}$/m);
  assert.deepEqual([state.policies.serial, state.packages.length, state.keys.length], [2, 1, 4]);
});

test('`package list` says what each package is, how large, and how long it may be installed', { skip }, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now() - 2 * DAY_MS);
  const manager = managerOf(project.folder);
  assert.equal((await manager('package', 'list')).stdout, 'no package is published yet\n');
  await project.build('one', { validForMs: DAY_MS });
  await project.changeDisk(0);
  await project.build('two', { kind: 'update', minGeneration: 2, notes: 'November' });
  await project.build('three', { kind: 'policy' });

  const rows = (await manager('package', 'list')).stdout.trim().split('\n');
  const listed = JSON.parse((await manager('package', 'list', '--json')).stdout);

  assert.match(rows[0] ?? '', /^package +generation +kind +made +installable until +size +brings$/);
  assert.match(rows[1] ?? '', /^one +1 +full .* \(over\) +1\.0 MiB +office release 1 of 1 layer$/);
  assert.match(rows[2] ?? '', /^two +2 +update .* B +office release 2 of 2 layers, nothing older than 2 from then on$/);
  assert.match(rows[3] ?? '', /^three +3 +policy .* 0 B +policy of office$/);
  assert.deepEqual(
    listed.map(({ generation, notes }: Record<string, unknown>) => [generation, notes]),
    [
      [1, undefined],
      [2, 'November'],
      [3, undefined],
    ],
  );
  assert.ok(listed[1].blobBytes < listed[0].blobBytes);
});

test('`nq show` says all that a quarantine holds', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(
    threeVersions({ grace: '3d', zones: [{ name: 'site', when: { gateways: ['10.0.0.1'] } }] }),
  );
  const manager = managerOf(project.folder);

  const shown = (await manager('nq', 'show', 'office')).stdout;
  const value = JSON.parse((await manager('nq', 'show', 'office', '--json')).stdout);

  assert.deepEqual(shown.trimEnd().split('\n'), [
    'quarantine    version-based, whitelist',
    'normal        10.0.0.0/8',
    'restricted    10.0.0.5 tcp 80',
    'zone site     other lists on a network with the gateway 10.0.0.1',
    'threshold     second; older versions keep it for 3d more',
    'version       first  0x00000001',
    'version       second  0x7B4C2902',
    'version       third  0xFA542D3F',
    'version from  guest',
    'message       while restricted: please update',
    'message       while a newer version exists: there is an update',
    'looked up     every 5m',
    'server away   the last policy holds for 7d; after that access is restricted',
  ]);
  assert.equal(value.threshold, 'second');
});

const OTHERS: [title: string, quarantine: object, wanted: RegExp[]][] = [
  ['none', { type: 'none' }, [/^quarantine +none: the machine reaches everything$/]],
  [
    'a static blacklist',
    { type: 'static', mode: 'blacklist', normal: { entries: ['10.0.0.1'], exceptions: ['dns'] }, enforcement: 'host' },
    [
      /^normal +all but 10\.0\.0\.1; outside the list dns$/m,
      /^looked up +no: changes come with packages$/m,
      /^enforced /m,
    ],
  ],
  [
    'versions that are all restricted',
    { ...threeVersions(), threshold: null },
    [/^threshold +above all versions: every version is restricted$/m],
  ],
  [
    'a plug-in',
    { type: 'custom', script: { file: 'ask.sh', arguments: ['a b'], network: true }, messages: { restricted: 'no' } },
    [
      /^plug-in +ask\.sh "a b"; within 10s, with the computer’s network$/m,
      /^normal +nothing$/m,
      /while restricted: no$/m,
    ],
  ],
];
for (const [title, quarantine, wanted] of OTHERS) {
  test(`the text of ${title}`, () => {
    const text = quarantineText(Quarantine.parse(quarantine));

    for (const pattern of wanted) assert.match(text, pattern);
  });
}

test('the help names them', () => {
  const help = (group: string) => execFileSync(join(BIN, 'lazaret-manager'), [group, '--help'], { encoding: 'utf8' });

  for (const [group, command] of [
    ['project', 'show'],
    ['nq', 'show'],
    ['package', 'list'],
  ] as const)
    assert.match(help(group), new RegExp(`^ +${command} `, 'm'));
});
