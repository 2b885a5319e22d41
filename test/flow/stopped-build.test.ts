import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { vmPaths } from '../../src/project/layout.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { change, copyOf, filesIn, requireBootable } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

/** What a build makes in a project; a manifest, which says when it was made, under the name alone. */
function made(project: string): string[] {
  const patterns = ['vms/*/disks/**', 'vms/*/disks/**/.*', 'published/packages/**/*', 'published/packages/**/.*'];
  return filesIn(project, patterns).map((path) => path.replace(/targets\/[0-9a-f]{64}/, 'targets/…'));
}

const isRelease = (path: string) => /releases\/1\.(qcow2|json|index)$|packages\/blobs\//.test(path);

test('a build that is killed anywhere leaves nothing, a whole release, or a package that the next build completes', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const before = project.folder;
  const whole = copyOf(t, before);
  const out = scratch(t);
  const steps = await change(whole, '-', ['build', 'one', out]);
  const disk = join(scratch(t), 'disk.raw');
  await run('qemu-img', ['convert', '-O', 'raw', vmPaths(before, 'office').work, disk]);

  for (const step of steps) {
    await t.test(`killed after “${step}”`, async (sub) => {
      const [folder, beside] = [copyOf(sub, before), scratch(sub)];
      await change(folder, step, ['build', 'one', beside]);

      // Any next build begins with this; one that is refused shows what that alone leaves.
      const again = project.in(folder, beside);
      await assert.rejects(again.build('two', { vms: ['nobody'] }), code('VM_UNKNOWN'));

      const isPublished = ['published', 'exported'].includes(step);
      const hasRelease = isPublished || ['entry', 'standing', 'work', 'noted', 'targets', 'snapshot'].includes(step);
      const left = made(folder).filter((path) => !/metadata\/1\.(targets|snapshot)\.json$/.test(path));
      const wanted = (path: string) => isPublished || made(before).includes(path) || (hasRelease && isRelease(path));
      assert.deepEqual(
        left,
        made(whole).filter((path) => wanted(path) && !/metadata\/1\.(targets|snapshot)\.json$/.test(path)),
      );
      assert.equal(existsSync(join(beside, 'one')), isPublished);
      assert.deepEqual(filesIn(beside, ['.*']), []);

      if (!isPublished) await again.build('one');
      const { install, state } = computer(sub);
      await install(join(beside, 'one'), { fingerprint: project.fingerprint });
      assert.equal(await requireBootable(state), 1);
      assert.deepEqual(made(folder), made(whole));
    });
  }
});

test('a build that is cancelled leaves nothing, however far it was', { skip }, async (t) => {
  const project = await madeProject(t);
  const whole = copyOf(t, project.folder);
  const steps = await change(whole, '-', ['build', 'one', scratch(t)]);
  for (const step of steps.slice(0, steps.indexOf('entry'))) {
    const [folder, beside] = [copyOf(t, project.folder), scratch(t)];
    const cancel = new AbortController();
    const one = project.in(folder, beside);
    const stop = (now: string) => {
      if (now === step) cancel.abort();
    };

    const built = one.build('one', { signal: cancel.signal, steps: stop });

    await assert.rejects(built, code('INTERRUPTED'));
    assert.deepEqual(made(folder), made(project.folder), step);
    assert.deepEqual(filesIn(beside, ['**', '**/.*']), []);
  }
});

test('a build that is cancelled once its release stands says so by its code, and the next build takes that release', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const cancel = new AbortController();
  const stop = (now: string) => {
    if (now === 'work') cancel.abort();
  };
  const again = project.in(project.folder, scratch(t));

  await assert.rejects(again.build('one', { signal: cancel.signal, steps: stop }), code('INTERRUPTED'));

  assert.deepEqual((await again.build('one')).released, []);
});
