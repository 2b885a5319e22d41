import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { DomainController, whyNoDomainController } from '../../lab/domain-controller.ts';
import { addGroup, addUser, disable, removeMember } from '../../lab/domain-objects.ts';
import { MainJob } from '../../lab/main-job.ts';
import { BIN } from '../../lab/programs.ts';

/** Lets the user’s computer reach the domain, until what this gives is ended. */
async function reachable({ network }: MainJob, controller: DomainController): Promise<ChildProcess> {
  const relay = join(import.meta.dirname, '..', '..', 'lab', 'relay.ts');
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  const child = network.spawn('host', process.execPath, [relay, '636', controller.socket], [...stdio]);
  await once(child, 'message');
  return child;
}

test('accounts of Active Directory open a machine: who is on the list, and nobody else, with and without the network', {
  skip: whyNoDomainController(),
}, async (t) => {
  await using controller = await DomainController.start();
  await addUser(controller, 'sam', 'Passw0rd.S4m');
  await addGroup(controller, 'team', ['sam']);
  await addGroup(controller, 'house', ['team']);
  await using job = await MainJob.start();
  let relay = await reachable(job, controller);
  const fingerprint = await job.makeProject();
  const manager = async (...args: string[]) => {
    const { status, stdout, stderr } = await job.computer.manager(...args);
    assert.equal(status, 0, stdout + stderr);
  };
  const authentication = (...change: string[]) => manager('policy', 'authentication', job.vm, ...change);
  const { address } = controller.domain();
  await manager('project', 'set', '--domain', address.replace(/:\d+\//, '/'), '--domain-ca', controller.caFile);
  await authentication('--users-and-groups', '--add-user', 'alice', '--add-group', 'house', '--offline', '14d');

  await t.test('fact 18: preview asks for no account', async () => {
    await job.changeOwnCopy('true');
  });

  await job.serve();
  await job.deploy();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);

  /** Starts it as somebody; gives its state, or why it does not start. */
  const start = async (user: string | undefined, password = '') => {
    const named = user === undefined ? [] : ['--user', user, '--password-fd=0'];
    const words = ['--socket', job.computer.socket, 'start', job.vm, ...named, '--json'];
    const child = spawn(join(BIN, 'lazaret'), words, { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => undefined).end(`${password}\n`);
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    const answer = JSON.parse(said.trim().split('\n').at(-1) ?? '');
    return answer.error?.code ?? answer.state;
  };
  const { alice } = controller;

  await t.test('who is on the list opens it, by himself or by a group in a group; the guest runs', async () => {
    assert.equal(await start(undefined), 'ACCOUNT_NEEDED');
    assert.equal(await start('alice', 'guess'), 'PASSWORD_WRONG');
    assert.equal(await start('administrator', controller.admin.password), 'ACCOUNT_UNLISTED');
    assert.equal(await start('alice', alice.password), 'running');
    await job.connect();
    await job.stopMachine();
    assert.equal(await start('sam@lazaret.test', 'Passw0rd.S4m'), 'running');
  });

  await t.test(
    'fact 27: a user who is taken off the list is refused at the next opening, and runs on until then',
    async () => {
      await authentication('--remove-group', 'house');
      await job.deploy();
      await job.connect();
      assert.equal((await job.guest('true')).status, 0);
      await job.stopMachine();
      assert.equal(await start('sam', 'Passw0rd.S4m'), 'ACCOUNT_UNLISTED');
      await authentication('--add-group', 'team');
      await job.deploy();
      await removeMember(controller, 'team', 'sam');
      assert.equal(await start('sam', 'Passw0rd.S4m'), 'ACCOUNT_UNLISTED', 'he is in the group no more');
    },
  );

  await t.test('without the domain it opens for who was there, also by the next service', async () => {
    relay.kill('SIGKILL');
    await once(relay, 'exit');
    await job.computer.stopService('SIGKILL');
    await job.computer.startService();
    assert.equal(await start('sam', 'Passw0rd.S4m'), 'DOMAIN_UNREACHABLE');
    assert.equal(await start('alice', 'guess'), 'PASSWORD_WRONG');
    assert.equal(await start('alice', alice.password), 'running');
    await job.stopMachine();
    relay = await reachable(job, controller);
  });

  await t.test('an account that is disabled opens nothing, without the domain neither', async () => {
    await disable(controller, 'alice');
    assert.equal(await start('alice', alice.password), 'ACCOUNT_DISABLED');
    relay.kill('SIGKILL');
    await once(relay, 'exit');
    assert.equal(await start('alice', alice.password), 'DOMAIN_UNREACHABLE');
  });

  await t.test('no file of the computer has a password in it', () => {
    const files = globSync(join(job.computer.folder, 'state', '**'), { withFileTypes: true });
    const holding = files
      .filter((file) => file.isFile())
      .filter((file) => readFileSync(join(file.parentPath, file.name)).includes('Passw0rd'));
    assert.deepEqual(holding, []);
    assert.ok(files.length > 5);
  });
});
