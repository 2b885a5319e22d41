import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { encrypt, given, holding, open as openIt, PASSWORD } from '../fakes/encrypted-machine.ts';

/** The guest puts it together itself: no command has it whole. */
const WRITTEN = 'nobody-else-is-to-read-this';
/** On its system disk, its data disk, and in its memory alone. */
const WRITE = `for each in /seen /mnt/seen /tmp/seen; do echo nobody-else-is-to-read'-this' | tee -a $each >/dev/null; done`;
const MIB = 1 << 20;

/** The QEMU of this computer’s machine. */
function qemu(job: MainJob): string {
  const lines = execFileSync('ps', ['-ww', '-eo', 'pid,args']).toString().split('\n');
  const line = lines.find((each) => / qemu-system/.test(each) && each.includes(job.computer.folder));
  return line?.trim().split(' ')[0] ?? assert.fail('no QEMU runs');
}

async function suspend(job: MainJob): Promise<void> {
  assert.equal((await job.computer.lazaret('suspend', job.vm)).status, 0);
}

function memory(job: MainJob): string {
  const [path = assert.fail('no memory')] = globSync(
    join(job.computer.folder, 'state/instances/*/generations/*/memory.zst'),
  );
  return path;
}

/** The files beside its disks that lie there in clear. */
function inClear(job: MainJob): string[] {
  const files = globSync(join(job.computer.folder, 'state/{instances,policies}/**/*.json'));
  assert.ok(files.length > 5, files.join());
  return files.filter((path) => !/^{"format":1,"key":"[0-9a-f]{16}","sealed":/.test(readFileSync(path, 'utf8')));
}

const options = { skip: whyNoNetwork() };

test(
  'what the guest of an encrypted machine wrote is on its computer for nobody, once it is closed',
  options,
  async (t) => {
    await using job = await MainJob.start();
    const fingerprint = await job.makeProject('--data-disk', '64M');
    const policy = join(job.computer.project, 'vms', job.vm, 'policy.yaml');
    encrypt(job);
    await job.changeOwnCopy('true');
    await job.serve();
    assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
    const open = (...lines: string[]) => openIt(job, ...lines);

    await t.test('the first opening encrypts its disks, and the guest runs', async () => {
      assert.equal((await given(job, [], 'start', job.vm)).error.code, 'PASSWORD_UNSET');
      assert.equal((await open(PASSWORD)).state, 'running');
      await job.connect();
      const made = await job.guest(
        `mke2fs -q /dev/vdb && mkdir -p /mnt && mount /dev/vdb /mnt && ${WRITE} && sync && cat /mnt/seen`,
      );
      assert.equal(made.output.includes(WRITTEN), true, made.output);
    });

    await t.test('no argument, no variable and no core dump of its QEMU or of the service has what opens them', () => {
      const pid = qemu(job);
      const seen = ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'latin1')).join('');
      assert.match(seen, /driver":"luks"/);
      assert.doesNotMatch(seen, /\b[0-9a-f]{64}\b(?!\.)/);
      for (const each of [pid, `${job.computer.servicePid}`])
        assert.match(readFileSync(`/proc/${each}/limits`, 'latin1'), /Max core file size +0 +0/);
    });

    await t.test('closed, nothing of it is found; opened, it is there', async () => {
      await job.stopMachine();
      assert.deepEqual(holding(job, WRITTEN), []);
      assert.deepEqual(inClear(job), [], 'fact 24: its configuration is sealed too');
      assert.equal((await open('wrong')).error.code, 'PASSWORD_WRONG');
      assert.equal((await open(PASSWORD)).state, 'running');
      await job.connect();
      const read = await job.guest('mkdir -p /mnt && mount /dev/vdb /mnt && cat /seen /mnt/seen');
      assert.equal(read.output.split(WRITTEN).length, 3, read.output);
    });

    await t.test('suspended, nothing of it is found; its memory goes on for who has the password alone', async () => {
      assert.equal((await job.guest(WRITE)).status, 0);
      await suspend(job);
      assert.deepEqual(inClear(job), []);
      assert.match(readFileSync(memory(job), 'latin1').slice(0, 40), /^age-encryption\.org\/v1\n-> X25519/);
      assert.deepEqual(holding(job, WRITTEN), []);
      assert.equal((await given(job, [], 'start', job.vm)).error.code, 'PASSWORD_NEEDED');
      assert.equal((await open('wrong')).error.code, 'PASSWORD_WRONG');
      assert.equal((await open(PASSWORD)).state, 'running');
      await job.connect();
      const read = await job.guest('cat /seen /mnt/seen /tmp/seen');
      assert.equal(read.output.split(WRITTEN).length, 6, read.output);
    });

    await t.test('killed, the service finds the machine running; it needs no key for it', async () => {
      await job.computer.stopService('SIGKILL');
      await job.computer.startService();
      assert.equal((await job.status()).state, 'running');
      assert.match((await job.guest('cat /mnt/seen')).output, new RegExp(WRITTEN));
      await suspend(job);
      assert.deepEqual(holding(job, WRITTEN), []);
      assert.equal((await open(PASSWORD)).state, 'running');
      await job.connect();
      assert.match((await job.guest('cat /tmp/seen')).output, new RegExp(WRITTEN));
      await job.stopMachine();
      assert.deepEqual(holding(job, WRITTEN), []);
    });

    await t.test('an update that came while it was locked is there at the next opening', async () => {
      await job.changeOwnCopy('echo new >/news && sync');
      const updated = await job.install(await job.build('two', 'update'));
      assert.match(updated.stdout, /it takes effect at its next start/);
      assert.equal((await open(PASSWORD)).state, 'running');
      await job.connect();
      const read = await job.guest('mkdir -p /mnt && mount /dev/vdb /mnt && cat /news /mnt/seen');
      assert.match(read.output, new RegExp(`new[^]*${WRITTEN}`));
      await job.stopMachine();
      assert.deepEqual(holding(job, WRITTEN), []);
    });

    await t.test(
      'a package that wants no encryption brings its disks back in clear: there the same search finds it',
      async () => {
        const text = readFileSync(policy, 'utf8').replace('encryption: { disks: true }\n', '');
        execFileSync('tee', [policy], { input: text, stdio: ['pipe', 'ignore', 'inherit'] });
        await job.changeOwnCopy('echo newer >/news && sync');
        assert.equal((await job.install(await job.build('three', 'update'))).status, 0);
        assert.equal((await open(PASSWORD)).state, 'running');
        await job.connect();
        const read = await job.guest('mkdir -p /mnt && mount /dev/vdb /mnt && cat /news /mnt/seen');
        assert.match(read.output, new RegExp(`newer[^]*${WRITTEN}`));
        assert.equal((await job.guest(`${WRITE} && sync`)).status, 0);
        await suspend(job);
        assert.ok(inClear(job).length > 5);
        const found = holding(job, WRITTEN).join();
        for (const name of [/data\.qcow2/, /overlay\.qcow2/, /memory\.zst/]) assert.match(found, name);
        assert.ok(statSync(join(job.computer.folder, 'state', 'instances', job.vm, 'data.qcow2')).size > MIB);
      },
    );
  },
);
