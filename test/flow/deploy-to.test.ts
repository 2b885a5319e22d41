import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { scriptOf } from '../../lab/programs.ts';
import { publicationIn } from '../../src/servers/publication.ts';
import { deployTarget, putOnServer } from '../../src/servers/put.ts';
import { putByRsync, sshShell } from '../../src/servers/rsync.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code } from '../fakes/made-computer.ts';
import { PASSPHRASE, scratch } from '../fakes/made-project.ts';
import { policyComputer } from '../fakes/policy-computer.ts';
import { noSlapd, slapd } from '../fakes/slapd.ts';

const noQemuImg = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const skip = noQemuImg || (hasProgram('rsync') ? false : 'rsync is not installed');

test('a deploy reaches a folder, and another computer by rsync', { skip }, async (t) => {
  const { computer, policies, far } = await site(t);
  await computer.project.deploy();
  await putByRsync(await publicationIn(computer.published), `server:${far.folder}`, { shell: far.shell });
  const owner = computer.owner(String(pathToFileURL(far.folder)));
  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 1);

  await computer.project.deploy();
  await putOnServer(computer.published, deployTarget(far.folder), {});

  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 2);
  await computer.project.deploy();
  await putOnServer(computer.published, deployTarget(String(pathToFileURL(far.folder))), {});
  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 3, 'a folder may be named by its address');
});

test('a copy into a folder that fails at any file leaves the former policy, and the next one goes through', {
  skip,
}, async (t) => {
  const { computer, policies, far } = await site(t);
  const owner = computer.owner(String(pathToFileURL(far.folder)));
  const put = () => putOnServer(computer.published, deployTarget(far.folder), {});
  await computer.project.deploy();
  await put();
  await policies.lookUp(owner, Date.now());
  await computer.project.deploy();
  const { content } = await publicationIn(computer.published);

  for (const path of content.filter((name) => !existsSync(join(far.folder, name)))) {
    // Where a folder stands no file can be put.
    mkdirSync(join(far.folder, path));
    await assert.rejects(put(), { name: 'AppError' }, path);
    assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 1, path);
    rmdirSync(join(far.folder, path));
  }
  await put();
  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 2);
});

test('the other computer gets the timestamp in a run of its own, after all else', { skip }, async (t) => {
  const { computer, policies, far } = await site(t);
  const owner = computer.owner(String(pathToFileURL(far.folder)));
  await computer.project.deploy();
  await putByRsync(await publicationIn(computer.published), `server:${far.folder}`, { shell: far.shell });
  await policies.lookUp(owner, Date.now());
  await computer.project.deploy();
  const publication = await publicationIn(computer.published);

  for (const runs of [0, 1]) {
    far.failAfter(runs);
    await assert.rejects(putByRsync(publication, `server:${far.folder}`, { shell: far.shell }), code('DEPLOY_FAILED'));
    assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 1, `after ${runs} runs`);
  }
  assert.ok(existsSync(join(far.folder, 'metadata', '2.targets.json')), 'all but the timestamp is there');
  far.failAfter(2);
  await putByRsync(publication, `server:${far.folder}`, { shell: far.shell });
  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 2);
});

test('a server that takes the connection and says nothing holds no deploy: ssh gives up, and computers keep what they have', {
  skip: skip || (hasProgram('ssh') ? false : 'ssh is not installed'),
}, async (t) => {
  const { computer, far } = await site(t);
  await computer.project.deploy();
  const publication = await publicationIn(computer.published);
  await using silent = await listenSilently();
  const shell = `${sshShell(1)} -p ${silent.port} -F none`;

  await assert.rejects(putByRsync(publication, `127.0.0.1:${far.folder}`, { shell }), {
    ...code('DEPLOY_FAILED'),
    message: /Connection timed out/,
  });

  assert.ok(silent.taken.length > 0, 'it was asked');
  assert.match(sshShell(), /^ssh .*ConnectTimeout=\d+ .*ServerAliveInterval=\d+$/);
  assert.equal(existsSync(join(far.folder, 'metadata')), false);
  await putByRsync(publication, `server:${far.folder}`, { shell: far.shell });
});

test('lazaret-manager deploy --to, with a directory that needs a name and a password', {
  skip: noQemuImg || noSlapd,
}, async (t) => {
  const [computer, server] = [await policyComputer(t), await slapd(t)];
  const folder = scratch(t);
  const password = join(folder, 'password');
  writeFileSync(password, `${server.admin.password}\n`, { mode: 0o644 });
  const into = join(folder, 'www');
  const deploy = (...args: string[]) => manager('deploy', '-C', computer.project.folder, ...args);
  const directory = ['--to', server.ldaps, '--ca', server.caFile];

  const first = await deploy('--to', into);
  assert.equal(first.status, 0, first.output);
  assert.ok(existsSync(join(into, 'metadata', 'timestamp.json')));
  assert.equal((await deploy(...directory)).status, 64, 'nobody was named');
  const withName = [...directory, '--user', server.admin.user, '--password-file', password];
  assert.equal((await deploy(...withName)).status, 77, 'others may read the password');
  chmodSync(password, 0o600);
  const done = await deploy(...withName);
  assert.equal(done.status, 0, done.output);
  computer.setAccount(server.alice, server.caFile);
  const found = await computer.open().lookUp(computer.owner(server.ldaps), Date.now());
  assert.equal(found.document.serial, 2, 'what was refused beforehand cost no release');
});

/** A port of loopback that takes connections and never says a word. */
async function listenSilently() {
  const taken: Socket[] = [];
  const server = createServer((socket) => void taken.push(socket.on('error', () => undefined).resume()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' ? address?.port : undefined,
    taken,
    async [Symbol.asyncDispose]() {
      for (const socket of taken) socket.destroy();
      server.close();
    },
  };
}

/** A computer, and another one that rsync reaches by a shell of its own here. */
async function site(t: TestContext) {
  const computer = await policyComputer(t);
  const folder = scratch(t);
  const [shell, left] = [join(folder, 'shell'), join(folder, 'left')];
  mkdirSync(join(folder, 'www'));
  // In ssh’s place: it leaves out the name of the computer, and says no once it was called so often.
  const script = `#!/bin/sh\nn=$(cat ${left})\n[ "$n" -gt 0 ] || exit 255\necho $((n - 1)) > ${left}\nshift\nexec sh -c "$*"\n`;
  writeFileSync(shell, script, { mode: 0o755 });
  const far = {
    shell,
    folder: join(folder, 'www'),
    failAfter: (runs: number) => writeFileSync(left, `${runs}\n`),
  };
  far.failAfter(100);
  return { computer, policies: computer.open(), far };
}

/** Runs the manager’s command line as its user does. */
function manager(...args: string[]): Promise<{ status: number; output: string }> {
  const program = scriptOf('lazaret-manager');
  const env = { ...process.env, LAZARET_PASSPHRASE: PASSPHRASE };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { env }, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
    });
  });
}
