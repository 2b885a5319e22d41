import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectPaths } from '../../src/project/layout.ts';
import { type Ends, madeProject, PASSPHRASE } from '../fakes/made-project.ts';
import { managerProcess } from '../fakes/manager-process.ts';

const FULL = { kind: 'full', name: 'office-1', passphrase: PASSPHRASE, format: 'folder' } as const;
const SLOW = { ...FULL, mode: 'smallest' } as const;

/** A project, and the process of its page. */
async function opened(t: Ends, more: { diskBytes?: number } = {}) {
  const project = await madeProject(t, 'Acme', Date.now(), more);
  return { project, manager: await managerProcess(t, project.folder) };
}

test('a package is planned with every rule, then built as a task that says its parts and its sizes', async (t) => {
  const { project, manager } = await opened(t);
  const plan = await manager.ask('planPackage', { body: { kind: 'full' } });
  assert.deepEqual([plan.generation, plan.problems, plan.machines[0]?.vm], [1, [], 'office']);

  const { id } = await manager.ask('buildPackage', { body: { ...FULL, out: project.out } });
  const task = await manager.over(id);

  assert.equal(task.kind === 'build' && task.state, 'done');
  const result = task.kind === 'build' ? task.result : undefined;
  assert.deepEqual(result?.paths, [join(project.out, 'office-1')]);
  assert.deepEqual(result?.machines, [{ vm: 'office', release: 1 }]);
  const blobs = join(project.out, 'office-1', 'blobs');
  const bytes = readdirSync(blobs).reduce((sum, name) => sum + readFileSync(join(blobs, name)).length, 0);
  assert.deepEqual(result?.parts, [{ name: 'office', bytes }]);
  assert.doesNotMatch(JSON.stringify(await manager.ask('tasks')), new RegExp(PASSPHRASE));
});

test('a page that comes later sees the task that another has begun, and is told how it goes on', async (t) => {
  const { project, manager } = await opened(t);
  const told: unknown[] = [];
  const { id } = await manager.ask('buildPackage', { body: { ...FULL, out: project.out } });

  const { tasks } = await manager.ask('tasks');
  assert.deepEqual([tasks.length, tasks[0]?.id], [1, id]);
  for await (const { kind, event } of manager.live()) {
    if (kind === 'task') told.push(event?.details?.['state']);
    if ((await manager.ask('task', { id })).endedAt !== undefined && kind === 'task') break;
  }
  assert.ok(told.length > 0);
});

test('a build that is cancelled leaves no package, and its name is free', async (t) => {
  const { project, manager } = await opened(t, { diskBytes: 32 << 20 });
  const { id } = await manager.ask('buildPackage', { body: { ...SLOW, out: project.out } });
  await manager.until(id, ({ progress }) => progress?.part === 'pack');
  const other = await manager.ask('deploy', { body: { passphrase: PASSPHRASE } });
  assert.equal((await manager.over(other.id)).failure?.code, 'PROJECT_BUSY');

  await manager.ask('cancelTask', { id });
  const task = await manager.over(id);

  assert.deepEqual([task.state, task.failure?.code], ['cancelled', 'INTERRUPTED']);
  assert.equal(existsSync(join(project.out, 'office-1')), false);
  assert.deepEqual((await manager.ask('packages')).packages, []);
  const again = await manager.ask('buildPackage', { body: { ...FULL, mode: 'fast', out: project.out } });
  assert.equal((await manager.over(again.id)).state, 'done');
});

test('a wrong passphrase is a task that failed with its code, and nothing was signed', async (t) => {
  const { project, manager } = await opened(t);
  const passphrase = 'wrong horse';
  const built = await manager.ask('buildPackage', { body: { ...FULL, out: project.out, passphrase } });
  const build = await manager.over(built.id);
  const deploy = await manager.over((await manager.ask('deploy', { body: { passphrase } })).id);
  for (const { state, failure } of [build, deploy])
    assert.deepEqual([state, failure?.code], ['failed', 'KEY_PASSPHRASE']);
  assert.deepEqual(await manager.ask('deployments'), { past: [] });
});

test('a deploy says of each file that it was put where it is wanted, and its serial', async (t) => {
  const { project, manager } = await opened(t);
  const to = join(project.folder, '..', 'web');
  const place = await manager.ask('deployPlace');
  assert.deepEqual([place.to, place.needsAccount], [undefined, false]);
  assert.ok(place.forms.length >= 3);

  const { id } = await manager.ask('deploy', { body: { passphrase: PASSPHRASE, to } });
  const task = await manager.over(id);

  assert.deepEqual(task.kind === 'deploy' && task.result, {
    ...{ serial: 1, folder: projectPaths(project.folder).policies, warnings: [], to },
  });
  assert.ok(existsSync(join(to, 'metadata', 'timestamp.json')));
  assert.equal((await manager.ask('deployments')).last?.serial, 1);
});

test('what no field is named for, and what is no place, is refused before anything begins', async (t) => {
  const { manager } = await opened(t);
  const wrong: [name: 'buildPackage' | 'deploy', body: object][] = [
    ['buildPackage', { ...FULL, out: 'relative' }],
    ['buildPackage', { ...FULL, out: '/tmp', colour: 'red' }],
    ['buildPackage', { ...FULL, out: '/tmp', passphrase: undefined }],
    ['deploy', { passphrase: 'x'.repeat(5000) }],
  ];
  for (const [name, body] of wrong) await assert.rejects(manager.ask(name, { body }), { code: 'USAGE' });
  assert.deepEqual((await manager.ask('tasks')).tasks, []);
  const { id } = await manager.ask('deploy', { body: { passphrase: PASSPHRASE, to: 'https://policies.example/' } });
  assert.equal((await manager.over(id)).failure?.code, 'USAGE');
});

test('the process ends only when its tasks have put away what they made', async (t) => {
  const { project, manager } = await opened(t, { diskBytes: 32 << 20 });
  const { id } = await manager.ask('buildPackage', { body: { ...SLOW, out: project.out } });
  await manager.until(id, ({ progress }) => progress?.part === 'pack');

  manager.child.kill('SIGINT');

  assert.deepEqual(await manager.ended, [0, null]);
  assert.deepEqual(readdirSync(join(projectPaths(project.folder).packages, 'targets')), []);
  await project.build('office-1');
});

test('who is not root is told so before a machine is begun', async (t) => {
  const project = await madeProject(t);
  const manager = await managerProcess(t, project.folder, { isNobody: true });
  await assert.rejects(manager.ask('runMachine', { vm: 'office', body: { mode: 'preview' } }), { code: 'ROOT_NEEDED' });
  assert.deepEqual((await manager.ask('tasks')).tasks, []);
});
