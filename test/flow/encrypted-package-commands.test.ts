import assert from 'node:assert/strict';
import { cpSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { BIN } from '../../lab/programs.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { service } from '../fakes/service.ts';
import { atTerminal, ENTER } from '../fakes/terminal.ts';

const skip =
  hasProgram('qemu-img') && hasProgram('ip') && process.getuid?.() === 0 ? false : 'needs root, qemu-img and ip';
const SECRET = 'four words upon a stick';
const LOCKED = 77;

/** A project, and a file with the passphrase of its packages, which ends as an editor leaves it. */
async function site(t: TestContext) {
  const project = await madeProject(t);
  const secrets = scratch(t);
  const passphraseFile = join(secrets, 'passphrase');
  writeFileSync(passphraseFile, `${SECRET}\n`);
  const create = (name: string, ...more: string[]) => {
    const args = ['package', 'create', name, '--kind', 'full', '--force', '--mode', 'fast', '--out', project.out];
    return program('lazaret-manager', ['-C', project.folder, ...args, ...more, '--json']);
  };
  return { project, secrets, passphraseFile, create };
}

test('PACKAGE_LOCKED and PACKAGE_SECRET: what their remedies say is done, and works', { skip }, async (t) => {
  const { project, secrets, passphraseFile, create } = await site(t);
  const made = await create('one', '--encrypt-to', 'passphrase', '--package-passphrase-file', passphraseFile);
  assert.equal(made.status, 0, made.stdout);
  const folder = join(project.out, 'one');
  assert.deepEqual(readdirSync(folder), ['blobs', 'encrypted.json']);
  const { lazaret, state } = await service(t, {});
  const wrong = join(secrets, 'wrong');
  writeFileSync(wrong, 'not this one, either');
  const install = (...more: string[]) =>
    lazaret('install', folder, '--fingerprint', project.fingerprint, '--for', 'all', ...more);

  const locked = await install();
  assert.equal(locked.status, LOCKED);
  assert.match(locked.output, /PACKAGE_LOCKED: .* is encrypted: its passphrase opens it\n→ .*--passphrase-file/);
  const other = await install('--passphrase-file', wrong);
  assert.equal(other.status, LOCKED);
  assert.match(other.output, /PACKAGE_SECRET/);
  assert.equal(existsSync(join(state, 'instances')), false);
  const plan = await lazaret('plan', folder, '--fingerprint', project.fingerprint, '--passphrase-file', passphraseFile);
  assert.match(plan.output, /office would be installed/);
  const right = await install('--passphrase-file', passphraseFile);
  assert.equal(right.status, 0, right.output);
  assert.match(right.output, /office installed/);
});

test('at a terminal the passphrase is asked for, of who makes the package twice, and is not shown', {
  skip,
}, async (t) => {
  const { project } = await site(t);
  const manager = join(BIN, 'lazaret-manager');
  const words = `package create one --kind full --mode fast --out ${project.out} --encrypt-to passphrase`;
  const keys = join(scratch(t), 'keys');
  writeFileSync(keys, 'correct horse');
  const making = atTerminal(t, `${manager} -C ${project.folder} ${words} --passphrase-file ${keys}`);
  await making.answer('A passphrase for the package', SECRET, ENTER);
  await making.answer('The same once more', SECRET, ENTER);
  assert.equal(await making.status(), 0, making.text());
  const { lazaret, state } = await service(t, {});
  assert.equal((await lazaret('list')).status, 0);
  const socket = join(state, '..', 'run', 'lazaretd.sock');
  const client = join(BIN, 'lazaret');

  const installing = atTerminal(t, `${client} --socket ${socket} install ${join(project.out, 'one')} --for all`);
  await installing.answer('The passphrase of the package', SECRET, ENTER);
  await installing.answer('Is that the fingerprint', 'y');

  assert.equal(await installing.status(), 0, installing.text());
  for (const shown of [making.text(), installing.text()]) assert.ok(!shown.includes(SECRET));
});

test('for recipients, named or in a file: the identity of one of them installs it', { skip }, async (t) => {
  const { project, secrets, create } = await site(t);
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const recipients = join(secrets, 'recipients');
  writeFileSync(recipients, `# the branch in Bern\n${recipient}\n`);
  const other = await identityToRecipient(await generateX25519Identity());
  const made = await create('one', '--encrypt-to', other, recipients);
  assert.equal(made.status, 0, made.stdout);
  const identityFile = join(secrets, 'identity');
  writeFileSync(identityFile, `# public key: ${recipient}\n${identity}\n`);
  const { lazaret } = await service(t, {});

  const installed = await lazaret(
    ...['install', join(project.out, 'one'), '--fingerprint', project.fingerprint, '--for', 'all'],
    ...['--identity', identityFile],
  );

  assert.equal(installed.status, 0, installed.output);
});

/** The user's computer has the first package, which was plain; where the project says, there is a second one, which is not. */
async function behind(t: TestContext, ...encryptTo: string[]) {
  const made = await site(t);
  const { project, create } = made;
  const address = join(scratch(t), 'packages');
  await project.setProject({ packageServer: `file://${address}` });
  assert.equal((await create('one')).status, 0);
  const { lazaret, state } = await service(t, {});
  const install = ['install', join(project.out, 'one'), '--fingerprint', project.fingerprint, '--for', 'all'];
  assert.equal((await lazaret(...install)).status, 0);
  const two = await create('two', '--encrypt-to', ...encryptTo);
  assert.equal(two.status, 0, two.stdout);
  cpSync(join(project.out, 'two'), address, { recursive: true });
  const generation = async () => (await openInstance(state, 'office')).current.generation;
  return { ...made, state, lazaret, generation };
}

test('an update that is encrypted is fetched with its passphrase, which is kept nowhere', { skip }, async (t) => {
  const file = join(scratch(t), 'passphrase');
  writeFileSync(file, SECRET);
  const wrong = join(scratch(t), 'wrong');
  writeFileSync(wrong, 'not this one, either');
  const { lazaret, generation, state } = await behind(t, 'passphrase', '--package-passphrase-file', file);

  for (const [code, ...more] of [['PACKAGE_LOCKED'], ['PACKAGE_SECRET', '--passphrase-file', wrong]]) {
    const refused = await lazaret('update', '--yes', ...more);
    assert.equal(refused.status, LOCKED);
    assert.match(refused.output, new RegExp(`${code}: .* its passphrase`));
    assert.equal(await generation(), 1);
  }
  const updated = await lazaret('update', '--yes', '--passphrase-file', file);

  assert.equal(updated.status, 0, updated.output);
  assert.equal(await generation(), 2);
  const files = globSync('**', { cwd: join(state, '..'), withFileTypes: true }).filter((each) => each.isFile());
  for (const each of files) assert.ok(!readFileSync(join(each.parentPath, each.name)).includes(SECRET), each.name);
  const again = await lazaret('update');
  assert.equal(again.status, LOCKED, 'the next one asks anew');
});

test('an update that is encrypted for recipients is fetched with the identity of one of them; at a terminal a passphrase is asked for', {
  skip,
}, async (t) => {
  const identity = await generateX25519Identity();
  const identityFile = join(scratch(t), 'identity');
  writeFileSync(identityFile, `${identity}\n`);
  const forOne = await behind(t, await identityToRecipient(identity));
  const updated = await forOne.lazaret('update', 'office', '--yes', '--identity', identityFile);
  assert.equal(updated.status, 0, updated.output);
  assert.equal(await forOne.generation(), 2);
  const file = join(scratch(t), 'passphrase');
  writeFileSync(file, SECRET);
  const forWhoKnows = await behind(t, 'passphrase', '--package-passphrase-file', file);
  const socket = join(forWhoKnows.state, '..', 'run', 'lazaretd.sock');
  const client = join(BIN, 'lazaret');

  const updating = atTerminal(t, `${client} --socket ${socket} update --yes`);
  await updating.answer('The passphrase of the package', SECRET, ENTER);

  assert.equal(await updating.status(), 0, updating.text());
  assert.ok(!updating.text().includes(SECRET));
  assert.equal(await forWhoKnows.generation(), 2);
});

for (const [what, options, reason] of [
  [
    'a passphrase that is easy to guess',
    ['passphrase', '--package-passphrase-file', 'short'],
    /at least 12 characters/,
  ],
  ['a passphrase and a recipient', ['passphrase', 'age1x'], /not for both/],
  ['what is no recipient', ['age1x'], /no recipient of age/],
  ['a passphrase where nobody can be asked', ['passphrase'], /--package-passphrase-file/],
] as const) {
  test(`a package is not made for ${what}, and nothing is published`, { skip }, async (t) => {
    const { project, secrets, create } = await site(t);
    writeFileSync(join(secrets, 'short'), 'short');
    const more = options.map((each) => (each === 'short' ? join(secrets, each) : each));

    const refused = await create('one', '--encrypt-to', ...more);

    assert.equal(failureIn(refused).code, 'USAGE');
    assert.match(failureIn(refused).reason, reason);
    mkdirSync(project.out, { recursive: true });
    assert.deepEqual(readdirSync(project.out), []);
  });
}
