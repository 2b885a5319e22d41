import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POLICIES } from '../../src/policy/table.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { madeProject } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

test('any policy is set by its settings on the command line, and taken away', { skip }, async (t) => {
  const project = await madeProject(t);
  const set = (...words: string[]) =>
    program('lazaret-manager', ['-C', project.folder, 'policy', 'set', 'office', ...words, '--json']);
  const policy = async () => vmNamed(await openProject(project.folder), 'office').policy.value;

  assert.equal((await set('snapshots', 'enabled=true', 'most=4')).status, 0);
  assert.equal((await set('snapshots', 'most=2')).status, 0);
  assert.deepEqual((await policy()).snapshots, { enabled: true, most: 2 });
  for (const [name, word] of [
    ['reimage', 'enabled=true'],
    ['troubleshooting', 'power=false'],
    ['window', 'fullScreen=true'],
    ['preferences', 'enabled=false'],
    ['clipboard', 'hostToGuest=true'],
    ['ipv6', 'true'],
  ] as const) {
    assert.equal((await set(name, word)).status, 0, name);
    assert.notDeepEqual((await policy())[name], POLICIES[name].absent, name);
  }
  assert.equal((await set('snapshots', '--unset')).status, 0);
  assert.equal((await policy()).snapshots, undefined);

  const before = await policy();
  for (const [words, code] of [
    [['snapshots', 'most=0'], 'POLICY_INVALID'],
    [['snapshots', 'least=1'], 'POLICY_INVALID'],
    [['weather', 'sunny=true'], 'USAGE'],
    [['snapshots'], 'USAGE'],
    [['snapshots', 'enabled'], 'POLICY_INVALID'],
    [['snapshots', '--unset', 'most=1'], 'USAGE'],
  ] as const)
    assert.equal(failureIn(await set(...words)).code, code, words.join(' '));
  assert.deepEqual(await policy(), before, 'what is refused changes nothing');
});
