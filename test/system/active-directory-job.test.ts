import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DomainController, whyNoDomainController } from '../../lab/domain-controller.ts';
import { MainJob } from '../../lab/main-job.ts';

test('with Active Directory: a guest two versions behind is brought up in order, and a lock-out closes it while it runs', {
  skip: whyNoDomainController(),
}, async (t) => {
  await using controller = await DomainController.start();
  await using job = await MainJob.start();
  const administrator = await joined(job, controller);
  const fingerprint = await job.makeProject();
  await manager(job, 'project', 'set', '--policy-server', `ldaps://127.0.0.1/${controller.place}`);
  // Nothing of this test comes of the interval.
  await job.setLists({
    normal: ['intranet.lab.test', 'update.lab.test'],
    restricted: ['update.lab.test'],
    interval: '1h',
  });
  const versions = [];
  for (const name of ['1.0', '1.1', '1.2']) versions.push(await job.addVersion(name));
  const [first = '', second = '', third = ''] = versions;
  const demand = async (version: string) => {
    await manager(job, 'nq', 'threshold', job.vm, version);
    await manager(job, 'deploy', ...administrator);
  };
  await demand('1.0');
  const { status } = await job.install(await job.build('office-1', 'full'), '--fingerprint', fingerprint);
  assert.equal(status, 0);
  await job.startMachine();
  assert.equal((await job.nqSet(first)).status, 0);
  assert.deepEqual(await job.reached(), ['update', 'intranet']);

  await t.test('a lock-out that the administrator deploys reaches the running machine', async () => {
    await demand('1.2');
    await job.until('restricted');
    assert.deepEqual(await job.reached(), ['update']);
  });

  await t.test(
    'versions are reported one after the other, and access is normal when the last nq-set returns',
    async () => {
      const early = await job.nqSet(third);
      assert.equal(early.status, 1);
      assert.match(early.output, /next is 1\.1/);
      assert.equal((await job.nqSet(second)).status, 0);
      assert.deepEqual(await job.reached(), ['update']);
      assert.equal((await job.nqSet(third)).status, 0);
      assert.deepEqual(await job.reached(), ['update', 'intranet']);
    },
  );
  await job.stopMachine();
});

/** Lets the user’s computer reach the domain, gives it an account there, and gives the administrator’s options for a deploy. */
async function joined({ computer, network }: MainJob, controller: DomainController): Promise<string[]> {
  const relay = join(import.meta.dirname, '..', '..', 'lab', 'relay.ts');
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  await once(network.spawn('host', process.execPath, [relay, '636', controller.socket], [...stdio]), 'message');
  const { user, password } = controller.alice;
  const account = { format: 1, user, password, ca: controller.caFile };
  writeFileSync(join(computer.folder, 'state', 'directory.json'), JSON.stringify(account), { mode: 0o600 });
  const passwordFile = join(computer.folder, 'password');
  writeFileSync(passwordFile, controller.admin.password, { mode: 0o600 });
  return ['--user', controller.admin.user, '--password-file', passwordFile, '--ca', controller.caFile];
}

async function manager({ computer }: MainJob, ...args: string[]): Promise<void> {
  const { status, stdout, stderr } = await computer.manager(...args);
  assert.equal(status, 0, stdout + stderr);
}
