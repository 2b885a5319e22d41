import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { vmPaths } from '../../src/project/layout.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { bootableNoise } from '../fakes/disk-image.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('xorriso') && hasProgram('bwrap') ? false : 'xorriso or bubblewrap is not installed';
const TOOLS = join(import.meta.dirname, '..', '..', 'src', 'guest', 'tools');

async function places(t: TestContext) {
  const { folder } = await madeProject(t);
  const own = scratch(t);
  const [raw, file] = [join(own, 'disk.raw'), join(own, 'user-data')];
  writeFileSync(raw, bootableNoise(1 << 20));
  const add = (name: string, how: '--from' | '--disk', userData: string | Buffer) => {
    writeFileSync(file, userData);
    return program('lazaret-manager', ['-C', folder, 'vm', 'add', name, how, raw, '--cloud-init', file, '--json']);
  };
  return { folder, own, add };
}

test('a seed has the administrator’s file byte for byte, and beside it the guest tools, which take the place of nothing in it', {
  skip,
}, async (t) => {
  const { folder, own, add } = await places(t);
  const script = '#!/bin/bash\necho “grüß” \t$HOME\r\n';
  for (const how of ['--from', '--disk'] as const) {
    const name = `office${how}`.replaceAll('--', '-');
    const added = await add(name, how, script);
    assert.equal(added.status, 0, added.stdout);
    const { seed } = vmPaths(folder, name);
    assert.equal(lstatSync(seed).mode & 0o777, 0o600, 'such files hold passwords');

    const medium = join(own, name);
    execFileSync('xorriso', ['-osirrox', 'on', '-indev', seed, '-extract', '/', medium], { stdio: 'ignore' });
    const text = (file: string) => readFileSync(join(medium, file), 'utf8');
    assert.equal(text('user-data'), script);
    assert.match(text('meta-data'), new RegExp(`^instance-id: lazaret-[0-9a-f-]{36}\nlocal-hostname: ${name}\n$`));
    // Its volume’s name, in the first sector of the file system’s own.
    assert.equal(readFileSync(seed).toString('latin1', 32_808, 32_840).trimEnd(), 'cidata');

    // What a guest would do, where it is a folder: it unpacks what the script has in itself.
    const asGuest = text('vendor-data').replace('sh "$folder/install.sh"', `cp "$folder"/* ${medium}`);
    execFileSync('sh', ['-c', asGuest.replace('if [ -d /run/systemd/system ]', 'if false')]);
    for (const tool of ['install.sh', 'vmware-guestd'])
      assert.equal(text(tool), readFileSync(join(TOOLS, tool), 'utf8'), tool);
  }
  assert.match(readFileSync(join(folder, '.gitignore'), 'utf8'), /^seed\.iso$/m);
});

test('what cloud-init would pass over in silence is refused before anything is copied; a file as it reads it is taken', {
  skip,
}, async (t) => {
  const { folder, add } = await places(t);
  const rows: [what: string, userData: string | Buffer, code: string][] = [
    ['nothing', '', 'SEED_INVALID'],
    ['a first line that it does not know', 'users:\n  - anna\n', 'SEED_INVALID'],
    ['a first line that it nearly knows', '#cloud-config-archive-of-mine\na: 1\n', 'SEED_INVALID'],
    ['no settings', '#cloud-config\n', 'SEED_INVALID'],
    ['a list instead of settings', '#cloud-config\n- anna\n', 'SEED_INVALID'],
    ['no YAML', '#cloud-config\nusers: [\n', 'SEED_INVALID'],
    ['a setting twice', '#cloud-config\nusers: []\nusers: []\n', 'SEED_INVALID'],
    ['a second document', '#cloud-config\nusers: []\n---\npackages: [x]\n', 'SEED_INVALID'],
    ['no text', Buffer.from([0x23, 0x21, 0xff, 0xfe]), 'SEED_INVALID'],
    ['more than any cloud takes', `#!/bin/sh\n${'#'.repeat(300 << 10)}`, 'FILE_TOO_LARGE'],
  ];
  for (const [what, userData, code] of rows) {
    assert.equal(failureIn(await add('cloud', '--from', userData)).code, code, what);
    assert.ok(!existsSync(vmPaths(folder, 'cloud').folder), what);
  }
  // Aliases are cloud-init’s business: a nest of them costs nothing here.
  const nest = Array.from({ length: 40 }, (_, n) => `a${n}: &a${n} [${n ? `*a${n - 1}, *a${n - 1}` : '1'}]`).join('\n');
  assert.equal((await add('cloud', '--from', `#cloud-config\n${nest}\n`)).status, 0);
  assert.equal((await add('script', '--disk', '#!/bin/sh\ntrue\n')).status, 0);
});

test('a machine that is there gets a seed, another one, or none; where it cannot, nothing of it changes', {
  skip,
}, async (t) => {
  const { folder, own } = await places(t);
  const [file, other] = [join(own, 'user-data'), join(own, 'other')];
  writeFileSync(file, '#!/bin/sh\ntrue\n');
  writeFileSync(other, 'users:\n  - anna\n');
  const { seed, suspended, file: vmFile } = vmPaths(folder, 'office');
  const set = (...words: string[]) =>
    program('lazaret-manager', ['-C', folder, 'vm', 'set', 'office', ...words, '--json']);
  const userData = () => {
    const to = join(own, `medium-${Math.random()}`);
    execFileSync('xorriso', ['-osirrox', 'on', '-indev', seed, '-extract', '/', to], { stdio: 'ignore' });
    return readFileSync(join(to, 'user-data'), 'utf8');
  };

  await t.test('it gets one, with its hardware in one command', async () => {
    const { stdout } = await set('--cloud-init', file, '--cpus', '3');
    const { cpus, hasSeed } = JSON.parse(stdout);
    assert.deepEqual([cpus, hasSeed], [3, true]);
    assert.equal(lstatSync(seed).mode & 0o777, 0o600, 'such files hold passwords');
    assert.equal(userData(), '#!/bin/sh\ntrue\n');
  });

  await t.test('another one takes its place, and is said to be for the next power-on', async () => {
    writeFileSync(file, '#!/bin/sh\nfalse\n');
    const { stdout } = await program('lazaret-manager', ['-C', folder, 'vm', 'set', 'office', '--cloud-init', file]);
    assert.match(stdout, /`lazaret-manager power-on office` sets it up, as a new machine/);
    assert.equal(userData(), '#!/bin/sh\nfalse\n');
  });

  await t.test('what is refused changes neither its seed nor its hardware', async () => {
    const before = readFileSync(vmFile, 'utf8');
    const refused = async (words: string[], code: string) => {
      assert.equal(failureIn(await set(...words)).code, code);
      assert.equal(readFileSync(vmFile, 'utf8'), before);
      assert.equal(userData(), '#!/bin/sh\nfalse\n');
    };
    await refused(['--cloud-init', other, '--cpus', '2'], 'SEED_INVALID');
    writeFileSync(other, '#!/bin/sh\n:\n');
    await refused(['--cloud-init', other, '--firmware', 'bios', '--secure-boot'], 'VM_UNSUPPORTED');
    writeFileSync(suspended, '{}');
    await refused(['--cloud-init', other, '--cpus', '2'], 'VM_SUSPENDED');
    await refused(['--no-cloud-init'], 'VM_SUSPENDED');
    rmSync(suspended);
    assert.deepEqual(
      readdirSync(dirname(seed)).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  await t.test('it is taken away, also where none is there', async () => {
    for (const _ of [1, 2]) assert.equal(JSON.parse((await set('--no-cloud-init')).stdout).hasSeed, false);
    assert.ok(!existsSync(seed));
  });
});
