import assert from 'node:assert/strict';
import { appendFileSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { computerPaths, filePath, instancePaths } from '../../src/install/state/layout.ts';
import type { Asker } from '../../src/install/state/machine/owner.ts';
import { readResources } from '../../src/install/state/resources.ts';
import { Authentication } from '../../src/policy/authentication.ts';
import { projectPaths } from '../../src/project/layout.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { by, openingOf } from '../fakes/opening.ts';

const skip = ['qemu-img', 'bwrap'].find((program) => !hasProgram(program)) ?? false;
const byScript = (more: object = {}) => ({
  authentication: Authentication.parse({ type: 'script', file: 'who.sh', message: 'Insert your card.', ...more }),
});
const sh = (text: string) => `#!/bin/sh\n${text}\n`;

/** A computer with a machine that a script opens, which later packages bring with other words. */
async function installed(t: TestContext, text: string, policy: object = {}) {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  let packages = 0;
  const resource = join(projectPaths(project.folder).resources, 'who.sh');
  const brings = async (script: string, change = byScript(policy)) => {
    writeFileSync(resource, sh(script));
    await project.setPolicy(change);
    packages += 1;
    const { folder } = await project.build(`package-${packages}`);
    await install(folder, { fingerprint: project.fingerprint, replace: true });
    return folder;
  };
  const folder = await brings(text);
  const open = (asker: Asker = 0) => openingOf(state).authenticate('office', by({}, asker));
  const events = () => {
    const { events: path } = computerPaths(state);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  return { project, install, state, brings, folder, open, events, path: instancePaths(state, 'office').scriptOutput };
}

test('fact 70: the first run sets what opens it, equal output opens it, another is refused with the message; SCRIPT_OTHER: what its remedy says is done, and works', {
  skip,
}, async (t) => {
  const { open, brings } = await installed(t, 'echo "secret of $LAZARET_USER"');
  await open(1000);
  await open(1000);

  await assert.rejects(open(1001), (error: Error) => {
    assert.ok('code' in error && error.code === 'SCRIPT_OTHER');
    assert.match(error.message, /opens office wrote something else than the first time: Insert your card\.$/);
    return true;
  });
  await open(1000);

  await brings('echo new');
  await assert.rejects(open(1000), code('SCRIPT_OTHER'), 'a package alone makes no other output right');
  await brings('echo new', byScript({ arguments: ['2'] }));
  await open(1001);
  await open(1000);
});

test('fact 71: another status than 0 opens nothing, whatever was written; SCRIPT_DENIED has the message, and the events what it said', {
  skip,
}, async (t) => {
  const { open, brings, events, path } = await installed(t, 'echo same; echo "no card" >&2; exit 3');
  await assert.rejects(open(), {
    code: 'SCRIPT_DENIED',
    message: 'office is not opened, because the script ended with status 3: Insert your card.',
  });
  assert.ok(!existsSync(path), 'nothing is set by it');
  assert.match(events(), /"kind":"plugin","text":"the script ended with status 3\\nno card"/);

  await brings('echo same');
  await open();
  await brings('echo same; exit 1');
  await assert.rejects(open(), code('SCRIPT_DENIED'));
  await brings('echo same; kill -9 $$');
  await assert.rejects(open(), code('SCRIPT_DENIED'));
  await brings('echo same');
  await open();
});

const VOID: [what: string, script: string, code: string, words: RegExp, policy?: object][] = [
  ['prints nothing', ':', 'PLUGIN_OUTPUT', /the script wrote nothing/],
  ['prints 4097 bytes', 'head -c 4097 /dev/zero', 'PLUGIN_OUTPUT', /more than 4096 bytes/],
  ['is late', 'echo in time; exec sleep 60', 'PLUGIN_LATE', /did not answer in 1 s/, { timeout: '1s' }],
];
for (const [what, script, wanted, words, policy = {}] of VOID) {
  test(`a script that ${what} opens nothing and sets nothing: ${wanted}, and what its remedy says`, {
    skip,
  }, async (t) => {
    const { open, brings, path } = await installed(t, script, policy);
    await assert.rejects(open(), (error: Error) => {
      assert.ok('code' in error && error.code === wanted);
      assert.match(error.message, words);
      return true;
    });
    assert.ok(!existsSync(path));

    await brings('head -c 4096 /dev/zero');
    await open();
    await brings(script, byScript(policy));
    await assert.rejects(open(), code(wanted));
    await brings('head -c 4096 /dev/zero');
    await open();
  });
}

test('every byte counts: its line end, bytes that are no text; none of them is kept', { skip }, async (t) => {
  const { open, brings, state } = await installed(t, "printf 'a plain secret\\377\\000b\\n'");
  await open();
  for (const other of [
    "'a plain secret\\377\\000b'",
    "'a plain secret\\376\\000b\\n'",
    "'a plain secret\\377\\000c\\n'",
  ]) {
    await brings(`printf ${other}`);
    await assert.rejects(open(), code('SCRIPT_OTHER'));
  }
  await brings("printf 'a plain secret\\377\\000b\\n'");
  await open();

  const { plugins, files } = computerPaths(state);
  const all = globSync(join(state, '**'), { withFileTypes: true }).filter((file) => file.isFile());
  const holding = all.filter(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes('a plain secret'));
  assert.ok(
    holding.every(({ parentPath }) => parentPath.startsWith(files)),
    'in the scripts themselves alone',
  );
  assert.deepEqual(globSync(join(plugins, '*')), []);
});

test('it finds who opens the machine, why it is asked, the machine’s end, and no network', { skip }, async (t) => {
  const { open, events } = await installed(
    t,
    'echo "$LAZARET_EVENT $LAZARET_USER. $VMWARE_EXPIRE_TIME $(ls /sys/class/net 2>&1 | wc -w)" >&2; echo x',
  );
  await open(1000);
  await open('anybody');
  assert.match(events(), /"opening 1000\. 1234567890/);
  assert.match(events(), /"opening \. 1234567890/);
});

test('PLUGIN_CHANGED: a script that was changed on the computer is not run; installed again it opens', {
  skip,
}, async (t) => {
  const { open, state, install, folder } = await installed(t, 'echo x');
  const [{ sha256 } = { sha256: '' }] = await readResources(state);
  appendFileSync(filePath(state, sha256), 'echo y\n');
  await assert.rejects(open(), code('PLUGIN_CHANGED'));
  rmSync(filePath(state, sha256));
  await assert.rejects(open(), code('PLUGIN_MISSING'));
  await install(folder);
  await open();
});

test('a package whose script is not in resources/ is not made: PLUGIN_MISSING', { skip }, async (t) => {
  const { project } = await installed(t, 'echo x');
  await project.setPolicy(byScript({ file: 'other.sh' }));
  await assert.rejects(project.build('broken'), code('PLUGIN_MISSING'));
});

test('the command line sets the script step by step', { skip }, async (t) => {
  const project = await madeProject(t);
  const set = (...words: string[]) =>
    program('lazaret-manager', ['-C', project.folder, 'policy', 'authentication', 'office', ...words, '--json']);
  const policy = async () => vmNamed(await openProject(project.folder), 'office').policy.value.authentication;
  assert.equal((await set('--script', 'who.sh', '--argument', 'a', 'b', '--message', 'Insert your card.')).status, 0);
  assert.equal((await set('--timeout', '3s', '--network')).status, 0);
  const script = { type: 'script', file: 'who.sh', arguments: ['a', 'b'], timeout: '3s' };
  assert.deepEqual(await policy(), { ...script, network: true, message: 'Insert your card.' });
  assert.equal((await set('--no-network', '--no-message')).status, 0);
  assert.deepEqual(await policy(), { ...script, network: false });

  assert.equal(failureIn(await set('--script', '../who.sh')).code, 'POLICY_INVALID');
  assert.equal(failureIn(await set('--script', 'who.sh', '--none')).code, 'USAGE');
  assert.equal(failureIn(await set('--password', '--timeout', '3s')).code, 'POLICY_INVALID');
  assert.equal((await set('--none')).status, 0);
  assert.deepEqual(await policy(), { type: 'none' });
});

test('SCRIPT_DAMAGED: a damaged file opens nothing; a backup of it does', { skip }, async (t) => {
  const { open, path } = await installed(t, 'echo x');
  await open();
  const backup = readFileSync(path);
  for (const damage of ['', '{}', backup.toString().replace(/"hash":"..../, '"hash":"')]) {
    writeFileSync(path, damage);
    await assert.rejects(open(), code('SCRIPT_DAMAGED'));
  }
  writeFileSync(path, backup);
  await open();
});

test('an output that is asked for no more is forgotten, also where a password takes its place', { skip }, async (t) => {
  const { open, brings, path, project, install, state } = await installed(t, 'echo x');
  await open();
  await project.setPolicy({ authentication: { type: 'password', contents: [] } });
  await install((await project.build('password')).folder, { replace: true });
  const { password } = instancePaths(state, 'office');
  await openingOf(state).authenticate('office', by({ newPassword: 'right' }));
  assert.deepEqual([existsSync(path), existsSync(password)], [false, true]);

  await brings('echo y');
  await open();
  assert.deepEqual([existsSync(path), existsSync(password)], [true, false]);
});

test('a script that thinks holds up no other machine', { skip }, async (t) => {
  const { project, install, state } = await installed(t, 'sleep 5; echo x');
  await project.addVm('lab');
  await install((await project.build('both')).folder, { replace: true });
  const opening = openingOf(state);
  let isOpen = false;
  const office = opening.authenticate('office', by()).then(() => {
    isOpen = true;
  });
  await opening.authenticate('lab', by());
  assert.equal(isOpen, false);
  await office;
});
