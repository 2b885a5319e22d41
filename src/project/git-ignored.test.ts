import assert from 'node:assert/strict';
import { basename, matchesGlob } from 'node:path';
import { test } from 'node:test';
import { temporaryBeside } from '../sys/files/temporary.ts';
import { GIT_IGNORED } from './git-ignored.ts';
import { KEY_ROLES, keyPath, projectPaths, vmPaths } from './layout.ts';

const LINES = GIT_IGNORED.trimEnd().split('\n');

/** As git reads these lines: with a slash before its end a pattern is for a path, else for a name at any depth. */
function isIgnored(path: string): boolean {
  return LINES.some((line) => {
    const pattern = line.replace(/\/$/, '');
    const isFolder = line.endsWith('/');
    const parts = path.split('/');
    const above = parts.map((_, at) => parts.slice(0, at + 1).join('/')).slice(0, isFolder ? -1 : undefined);
    return above.some((each) => matchesGlob(pattern.includes('/') ? each : basename(each), pattern));
  });
}

test('git is not given what is large, what a run leaves, or what is one person’s', () => {
  const { reports, uploads, packages, lock } = projectPaths('');
  const { folder, work, data, releases, kernel, initrd, seed, tpm, memory, suspended, ...more } = vmPaths('', 'office');
  const { toolsDisc, ownRun, exporting, variables, secureVariables, snapshots, snapshotWork, kept, standsOn } = more;
  const paths = [
    ...[work, data, `${releases}/1.qcow2`, `${releases}/1.index`, kernel, initrd, `${packages}/blobs/ab12`],
    ...[variables, secureVariables, `${tpm}/tpm2-00.permall`, seed, memory, suspended],
    ...[`${snapshots}/ab12/state.json`, snapshotWork, `${kept}/ab12-work.qcow2`, standsOn],
    ...[toolsDisc, ownRun, exporting, `${folder}/events.jsonl`, `${folder}/qemu.log`, lock, `${folder}/.lock`],
    ...[`${reports}/anna.json`, 'office-expired.hot-fix', 'requests/office-expired.hot-fix-request'],
    ...[`${uploads}/image`, temporaryBeside(`${folder}/vm.yaml`)],
  ];
  assert.deepEqual(
    paths.filter((path) => !isIgnored(path)),
    [],
  );
});

test('git is given what a project is', () => {
  const { file, hotFixes, policies, packages, resources } = projectPaths('');
  const { file: hardware, policy, state, releases } = vmPaths('', 'office');
  const paths = [
    ...[file, hotFixes, `${resources}/may-connect.sh`, hardware, policy, state, `${releases}/1.json`],
    ...[`${policies}/metadata/1.root.json`, `${packages}/targets/ab.1-office-1.json`],
    ...KEY_ROLES.map((role) => keyPath('', role)),
  ];
  assert.deepEqual(
    paths.filter((path) => isIgnored(path)),
    [],
  );
});
