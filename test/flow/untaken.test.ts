import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { machineId } from '../../src/daemon/machines/spec.ts';
import { Supervisor } from '../../src/daemon/supervise.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { generationPaths, instancePaths } from '../../src/install/state/layout.ts';
import { ROOT } from '../../src/install/state/machine/owner.ts';
import { openLog } from '../../src/sys/log.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { processOf } from '../../src/sys/programs/processes.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip =
  hasProgram('qemu-img') && hasProgram('ip') && process.getuid?.() === 0 ? false : 'needs root, qemu-img and ip';

test('a machine that could not be taken over keeps what it runs on, says so, and may start again once it has ended', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  // It runs generation 1 when generation 2 comes: nothing but the running machine needs the first.
  const running: [string, number][] = [['office', 1]];
  await install((await project.build('two')).folder, { replace: true, running });
  const runRoot = scratch(t);
  const runFolder = join(runRoot, machineId(await openInstance(state, 'office')));
  mkdirSync(runFolder);
  const qemu = spawn('sleep', ['600'], { stdio: 'ignore' });
  const ended = once(qemu, 'exit');
  t.after(() => qemu.kill());
  const record = { format: 1, vm: 'office', generation: 1, qemu: processOf(qemu.pid ?? 0), accel: 'tcg' };
  writeFileSync(join(runFolder, 'machine.json'), JSON.stringify({ ...record, startedAt: new Date().toISOString() }));

  const log = openLog('test');
  await using service = await Supervisor.open({ state, runRoot, accel: 'tcg', clock: Date.now, log });

  assert.deepEqual([...service.running()], running);
  assert.ok(existsSync(generationPaths(state, 'office', 1).folder), 'its files are still there');
  const [report] = await service.reports.all(ROOT);
  assert.equal(report?.state, 'damaged');
  await assert.rejects(service.starts.start('office', { asker: 0 }), code('VM_RUNNING'));
  qemu.kill();
  await ended;
  assert.deepEqual([...service.running()], []);
  await service.housekeeping.tidy();
  assert.equal(existsSync(generationPaths(state, 'office', 1).folder), false);
  const [after] = await service.reports.all(ROOT);
  assert.equal(after?.state, 'stopped');
});

test('whatever removes looks at what really runs, whoever started it', { skip }, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const runRoot = scratch(t);
  await using service = await Supervisor.open({ state, runRoot, accel: 'tcg', clock: Date.now, log: openLog('test') });
  const runFolder = join(runRoot, machineId(await openInstance(state, 'office')));
  mkdirSync(runFolder);
  const qemu = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.after(() => qemu.kill());
  const record = { format: 1, vm: 'office', generation: 1, qemu: processOf(qemu.pid ?? 0), accel: 'tcg' };
  writeFileSync(join(runFolder, 'machine.json'), JSON.stringify({ ...record, startedAt: new Date().toISOString() }));
  const { folder } = await project.build('two');
  const { signal } = new AbortController();

  await service.installs.install(ROOT, { source: folder, replace: true, keepOld: false }, signal, () => undefined);

  assert.ok(existsSync(generationPaths(state, 'office', 1).folder), 'the disk that it runs on is still there');
  await assert.rejects(service.starts.start('office', { asker: 0 }), code('VM_RUNNING'));
  assert.ok(existsSync(join(runFolder, 'machine.json')), 'a start that is refused leaves it findable');
});

test('a machine that runs and whose files are damaged is known to run: nothing of it is touched, and it is mended once it has ended', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  const { folder } = await project.build('one');
  await install(folder, { fingerprint: project.fingerprint });
  const runRoot = scratch(t);
  const runFolder = join(runRoot, machineId(await openInstance(state, 'office')));
  mkdirSync(runFolder);
  const qemu = spawn('sleep', ['600'], { stdio: 'ignore' });
  const ended = once(qemu, 'exit');
  t.after(() => qemu.kill());
  const record = { format: 1, vm: 'office', generation: 1, qemu: processOf(qemu.pid ?? 0), accel: 'tcg' };
  writeFileSync(join(runFolder, 'machine.json'), JSON.stringify({ ...record, startedAt: new Date().toISOString() }));
  writeFileSync(instancePaths(state, 'office').file, '{');

  const log = openLog('test');
  await using service = await Supervisor.open({ state, runRoot, accel: 'tcg', clock: Date.now, log });
  const mend = () =>
    service.installs.install(
      ROOT,
      { source: folder, replace: true, keepOld: false },
      new AbortController().signal,
      () => undefined,
    );

  assert.deepEqual([...service.running()], [['office', 1]]);
  assert.equal((await service.reports.of('office', ROOT)).state, 'damaged');
  await assert.rejects(mend(), code('VM_RUNNING'));
  assert.ok(existsSync(generationPaths(state, 'office', 1).overlay));
  qemu.kill();
  await ended;
  await mend();
  assert.equal((await service.reports.of('office', ROOT)).state, 'stopped');
});
