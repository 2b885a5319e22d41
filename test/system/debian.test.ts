import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { debianGuest } from '../../lab/debian.ts';
import { type LabPackage, writeRepository } from '../../lab/debian-packages.ts';
import { MainJob } from '../../lab/main-job.ts';
import { SERVERS, whyNoNetwork } from '../../lab/network.ts';

const REPOSITORY = 'http://update.lab.test:8080';
/** The guest cannot find what it starts with, once this is installed. */
const BREAKS = 'rm -f /sbin/init';

test('a Debian machine: installed, brought up by its updater, replaced from a folder and over https, and back from a broken release', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start(undefined, debianGuest(REPOSITORY));
  const { computer, network } = job;
  const repository = join(computer.folder, 'repository');
  const packages: LabPackage[] = [];
  const release = (version: string, afterwards?: string) => {
    packages.push({ name: 'release', version, content: version, ...(afterwards === undefined ? {} : { afterwards }) });
    writeRepository(repository, packages);
  };
  const upgrade = 'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install release';
  const installed = async () => (await job.guest('cat /usr/share/release')).output;

  release('1.0');
  const httpd = network.spawn('update', 'busybox', ['httpd', '-f', '-p', '8080', '-h', repository], 'ignore');
  await once(httpd, 'spawn');
  const fingerprint = await job.makeProject();
  appendFileSync(join(computer.project, 'vms', job.vm, 'policy.yaml'), 'updates: { healthTimeout: 10m }\n');
  await job.setQuarantine({ interval: '5m' });
  const oldest = await job.addVersion('1.0');

  await t.test(
    'the administrator sets the machine up in preview, by the update server that its policy lets it reach',
    async () => {
      await job.changeOwnCopy(`${upgrade} && nq-set ${oldest}`);
    },
  );

  await t.test('the user installs a full package; his files are on the data disk, which is his home', async () => {
    await job.addVersion('1.1');
    await job.addVersion('1.2');
    await job.require('1.2');
    await job.serve();
    const { status, stderr } = await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint);
    assert.equal(status, 0, stderr);
    await job.startMachine();
    assert.equal(await installed(), '1.0');
    assert.equal((await job.status()).access, 'restricted');
    assert.deepEqual(await job.reached(), ['update']);
    const { output } = await job.guest('findmnt -no SOURCE /home && echo precious >/home/mine && sync');
    assert.equal(output, '/dev/vdb');
  });

  await t.test('two versions behind, its updater brings it up in order, by apt from the update server', async () => {
    release('1.1');
    release('1.2');
    const steps = ['1.1', '1.2'].map((version) => `${upgrade}=${version} && echo ${version} >>/var/log/steps`);
    const { status, output } = await job.guest(await job.updater('1.2', '--command', `1.1=${steps[0]}`, `${steps[1]}`));
    assert.equal(status, 0, output);
    assert.equal(await installed(), '1.2');
    assert.equal((await job.guest('cat /var/log/steps')).output, '1.1\n1.2');
    assert.equal((await job.status()).version, '1.2');
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
    await job.stopMachine();
  });

  await t.test(
    'upgraded in preview and packed, the new release comes from a folder: normal access, the files are there',
    async () => {
      await bringOwnCopyTo('2.0');
      const { status, stderr } = await job.install(await job.build('two', 'update'));
      assert.equal(status, 0, stderr);
      await expectRelease('2.0');
      await until(async () => (await job.status()).former === undefined);
      await job.stopMachine();
    },
  );

  await t.test('the next one comes from an https: address', async () => {
    await bringOwnCopyTo('2.1');
    const { folder } = await job.build('three', 'update');
    cpSync(folder, join(computer.project, 'published', 'three'), { recursive: true });
    const certificate = await network.startTls(computer.folder);
    const from = { folder: `https://${SERVERS.web}/three` };

    const unknown = await job.install(from);
    assert.notEqual(
      unknown.status,
      0,
      'a server whose certificate nobody vouches for is not believed to be that server',
    );

    await computer.stopService();
    await computer.startService({ SSL_CERT_FILE: certificate });
    const { status, stderr } = await job.install(from);
    assert.equal(status, 0, stderr);
    await expectRelease('2.1');
    await until(async () => (await job.status()).former === undefined);
    await job.stopMachine();
  });

  await t.test('a release that does not come up takes itself back', async () => {
    const policy = join(computer.project, 'vms', job.vm, 'policy.yaml');
    release('2.2', BREAKS);
    await job.changeOwnCopy(upgrade);
    writeFileSync(policy, readFileSync(policy, 'utf8').replace('10m', '5s'));
    const { status, stderr } = await job.install(await job.build('four', 'update'));
    assert.equal(status, 0, stderr);
    const started = await computer.lazaret('start', job.vm);
    assert.equal(started.status, 0, started.stderr);
    await until(async () => (await job.eventKinds()).includes('unhealthy'));
    const stopped = await computer.lazaret('stop', job.vm, '--force');
    assert.equal(stopped.status, 0, stopped.stderr);

    await expectRelease('2.1');
    assert.ok((await job.eventKinds()).includes('rolled-back'));
    await job.stopMachine();
  });

  async function bringOwnCopyTo(version: string): Promise<void> {
    release(version);
    const descriptor = await job.addVersion(version, '--cumulative');
    await job.changeOwnCopy(`${upgrade} && nq-set ${descriptor}`);
    await job.require(version);
  }

  async function expectRelease(version: string): Promise<void> {
    await job.startMachine();
    assert.equal(await installed(), version);
    assert.equal((await job.guest('cat /home/mine')).output, 'precious');
    assert.equal((await job.status()).access, 'normal');
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
  }
});

/** Each question starts a program of its own, which the guest must make room for. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(1000);
}
