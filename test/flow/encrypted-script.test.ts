import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Decrypter } from 'age-encryption';
import { asksForPassword, changePassword } from '../../src/install/opening/password.ts';
import { writeDisks } from '../../src/install/opening/write-disks.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths, instancePaths } from '../../src/install/state/layout.ts';
import type { MachinePolicy } from '../../src/policy/schema.ts';
import { projectPaths } from '../../src/project/layout.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { isLocked } from '../../src/sys/secrets/locked-blocks.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { by, openingOf } from '../fakes/opening.ts';

const skip = ['qemu-img', 'bwrap'].find((program) => !hasProgram(program)) ?? false;
const none = { disks: false, configuration: false, recovery: false };
const ENCRYPTED = { encryption: { ...none, disks: true } };
const PLAIN = { encryption: none };
const SCRIPT = { type: 'script' as const, file: 'who.sh', arguments: [], timeout: '10s', network: false };
const BY_SCRIPT = { authentication: SCRIPT };
const BY_ANOTHER = { authentication: { ...SCRIPT, arguments: ['2'] } };
const BY_PASSWORD = { authentication: { type: 'password' as const, contents: [] } };
const PASSWORD = 'correct horse';
const SAYS = 'what is on the card';

/** A computer with a machine that a script opens, whose disks that encrypts. */
async function installed(t: TestContext, policy: Partial<MachinePolicy> = { ...BY_SCRIPT, ...ENCRYPTED }) {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 8 });
  const { install, state } = computer(t);
  let packages = 0;
  const brings = async (change: Partial<MachinePolicy>, says = SAYS) => {
    const script = `#!/bin/sh\nprintf ${JSON.stringify(says)}\n`;
    writeFileSync(join(projectPaths(project.folder).resources, 'who.sh'), script);
    await project.setPolicy(change);
    packages += 1;
    const { folder } = await project.build(`package-${packages}`);
    await install(folder, { fingerprint: project.fingerprint, replace: true });
  };
  await brings(policy);
  /** As the service does it at each start; gives the key. */
  const open = async (password?: string) => {
    const secrets = password === undefined ? {} : { password, newPassword: password };
    const opened = await openingOf(state).authenticate('office', by(secrets));
    await writeDisks(await openInstance(state, 'office'), opened);
    return opened.diskKey;
  };
  const paths = instancePaths(state, 'office');
  const isEncrypted = () => isLocked(paths.data);
  return { state, brings, open, paths, isEncrypted };
}

test('facts 22, 23, 70: what a script wrote first opens the disks that it encrypted; another output opens nothing', {
  skip,
}, async (t) => {
  const one = await installed(t);
  const { state, open, brings, paths } = one;
  const key = await open();
  assert.ok(key);
  assert.ok(one.isEncrypted());
  assert.equal(await open(), key);
  assert.equal(await asksForPassword(state, 'office'), false);
  const age = new Decrypter();
  age.addPassphrase(createHash('sha256').update(SAYS).digest('hex'));
  assert.equal(await age.decrypt(readFileSync(paths.scriptKey), 'text'), key);
  assert.doesNotMatch(readFileSync(paths.scriptOutput, 'utf8'), /verifier/, 'the key alone tells');
  const { files } = computerPaths(state);
  const all = globSync(join(state, '**'), { withFileTypes: true }).filter((file) => file.isFile());
  for (const { parentPath, name } of all)
    if (parentPath !== files) assert.ok(!readFileSync(join(parentPath, name)).includes(SAYS), name);

  await brings({ ...BY_SCRIPT, ...ENCRYPTED }, 'another card');
  await assert.rejects(open(), { code: 'SCRIPT_OTHER', message: /nothing else opens its disks/ });
  await brings({ ...BY_SCRIPT, ...ENCRYPTED });
  assert.equal(await open(), key);

  const other = await installed(t);
  assert.notEqual(await other.open(), key);
});

test('disks that a password opened are the script’s from one opening on that has both', { skip }, async (t) => {
  const { state, open, brings, paths } = await installed(t, { ...BY_PASSWORD, ...ENCRYPTED });
  const key = await open(PASSWORD);
  await brings({ ...BY_SCRIPT, ...ENCRYPTED });
  await assert.rejects(open(), code('PASSWORD_NEEDED'));
  const kept = `${paths.folder}.user.age`;
  cpSync(paths.userKey, kept);
  assert.equal(await open(PASSWORD), key);
  assert.equal(existsSync(paths.userKey), false);
  assert.equal(await open(), key);
  assert.equal(existsSync(paths.password), false);
  await assert.rejects(changePassword(state, 'office', {}, Date.now()), code('PASSWORD_NONE'));

  // Killed between the two.
  cpSync(kept, paths.userKey);
  assert.equal(await open(PASSWORD), key);
  assert.equal(await open(), key);
});

test('a package that encrypts no more brings them back in clear, by the same script', { skip }, async (t) => {
  const { open, brings, paths, isEncrypted } = await installed(t, { ...BY_SCRIPT, ...PLAIN });
  assert.equal(await open(), undefined);
  assert.equal(isEncrypted(), false);
  await brings({ ...BY_SCRIPT, ...ENCRYPTED }, 'another card');
  await assert.rejects(open(), code('SCRIPT_OTHER'), 'encryption makes no other output right');
  await brings({ ...BY_SCRIPT, ...ENCRYPTED });
  await open();
  assert.equal(isEncrypted(), true);
  await brings({ ...BY_SCRIPT, ...PLAIN });
  await open();
  assert.deepEqual([isEncrypted(), existsSync(paths.keys)], [false, false]);
  assert.equal(await open(), undefined);
  await brings({ ...BY_SCRIPT, ...PLAIN }, 'another card');
  await assert.rejects(open(), code('SCRIPT_OTHER'), 'the same output as before opens it');
});

test('a package with another script, or none, is refused while its disks need this one; what it says helps', {
  skip,
}, async (t) => {
  const { open, brings, isEncrypted } = await installed(t);
  const key = await open();
  for (const change of [
    { ...BY_ANOTHER, ...ENCRYPTED },
    { ...BY_PASSWORD, ...ENCRYPTED },
    { authentication: { type: 'none' as const }, ...PLAIN },
  ])
    await assert.rejects(brings(change), { code: 'VM_UNSUPPORTED', message: /by what its script writes/ });
  assert.equal(await open(), key);

  await brings({ ...BY_SCRIPT, ...PLAIN });
  await open();
  await brings({ ...BY_PASSWORD, ...ENCRYPTED });
  assert.notEqual(await open(PASSWORD), key);
  assert.equal(isEncrypted(), true);
});

test('KEY_DAMAGED: a key that is damaged or gone opens nothing; brought back it does', { skip }, async (t) => {
  const { open, paths } = await installed(t);
  const key = await open();
  const kept = readFileSync(paths.scriptKey);
  for (const damaged of [
    kept.subarray(0, 20),
    Buffer.concat([kept.subarray(0, -1), Buffer.from([(kept.at(-1) ?? 0) ^ 1])]),
    undefined,
  ]) {
    if (damaged) writeFileSync(paths.scriptKey, damaged);
    else rmSync(paths.scriptKey);
    await assert.rejects(open(), code('KEY_DAMAGED'));
  }
  writeFileSync(paths.scriptKey, kept);
  rmSync(paths.scriptOutput);
  assert.equal(await open(), key, 'the key alone tells');
});
