import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { BIN } from '../fakes/command-line.ts';

const PASSWORD = 'correct horse';
/** The guest puts it together itself: no command has it whole. */
const WRITTEN = 'nobody-else-is-to-read-this';
const WRITE = `for each in /seen /mnt/seen; do echo nobody-else-is-to-read'-this' | tee -a $each >/dev/null; done`;
const MIB = 1 << 20;

/** The user’s command line, given his password on its standard input. */
async function given(job: MainJob, lines: readonly string[], ...words: string[]) {
  const child = spawn(join(BIN, 'lazaret'), ['--socket', job.computer.socket, ...words, '--json'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined).end(lines.map((line) => `${line}\n`).join(''));
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(said.trim().split('\n').at(-1) ?? '');
}

/** The files of a computer, what it keeps and what it forgets with a restart, in which a text stands. */
function holding(job: MainJob, wanted: string): string[] {
  const files = globSync(join(job.computer.folder, '{state,run}', '**'), { withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => statSync(path).size > 0 && isIn(path, wanted));
}

function isIn(path: string, wanted: string): boolean {
  const bytes = readFileSync(path);
  return bytes.includes(wanted) || bytes.includes(Buffer.from(wanted, 'utf16le'));
}

/** The QEMU of this computer’s machine. */
function qemu(job: MainJob): string {
  const lines = execFileSync('ps', ['-ww', '-eo', 'pid,args']).toString().split('\n');
  const line = lines.find((each) => / qemu-system/.test(each) && each.includes(job.computer.folder));
  return line?.trim().split(' ')[0] ?? assert.fail('no QEMU runs');
}

const options = { skip: whyNoNetwork() };

test(
  'what the guest of an encrypted machine wrote is on its computer for nobody, once it is closed',
  options,
  async (t) => {
    await using job = await MainJob.start();
    const fingerprint = await job.makeProject('--data-disk', '64M');
    const policy = join(job.computer.project, 'vms', job.vm, 'policy.yaml');
    appendFileSync(policy, 'authentication: { type: password }\nencryption: { disks: true }\n');
    await job.changeOwnCopy('true');
    await job.serve();
    assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
    const open = (...lines: string[]) => given(job, lines, 'start', job.vm, '--password-fd=0');

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
      assert.equal((await open('wrong')).error.code, 'PASSWORD_WRONG');
      assert.equal((await open(PASSWORD)).state, 'running');
      await job.connect();
      const read = await job.guest('mkdir -p /mnt && mount /dev/vdb /mnt && cat /seen /mnt/seen');
      assert.equal(read.output.split(WRITTEN).length, 3, read.output);
    });

    await t.test('killed, the service finds the machine running; it needs no key for it', async () => {
      await job.computer.stopService('SIGKILL');
      await job.computer.startService();
      assert.equal((await job.status()).state, 'running');
      assert.match((await job.guest('cat /mnt/seen')).output, new RegExp(WRITTEN));
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
        await job.stopMachine();
        assert.match(holding(job, WRITTEN).join(), /data\.qcow2/);
        assert.ok(statSync(join(job.computer.folder, 'state', 'instances', job.vm, 'data.qcow2')).size > MIB);
      },
    );
  },
);
