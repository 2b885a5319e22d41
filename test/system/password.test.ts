import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { BIN } from '../../lab/programs.ts';

const [FIRST, SECOND] = ['correct horse 1', 'battery staple 2'];

/** The user’s command line, given lines on its standard input. */
async function given(job: MainJob, lines: readonly string[], ...words: string[]) {
  const child = spawn(join(BIN, 'lazaret'), ['--socket', job.computer.socket, ...words, '--json'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined).end(lines.map((line) => `${line}\n`).join(''));
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(said.trim().split('\n').at(-1) ?? '');
}

const FROM_INPUT = '--password-fd=0';
const codeOf = (answer: { error?: { code: string } }) => answer.error?.code ?? 'done';
/** How many machines of this computer run; other tests have theirs. */
const qemus = ({ computer }: MainJob) =>
  execFileSync('ps', ['-ww', '-eo', 'args'])
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('qemu-system') && line.includes(computer.folder)).length;

test('a machine whose policy asks for a password runs for who knows it, and nothing of it before', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  const policy = join(job.computer.project, 'vms', job.vm, 'policy.yaml');
  appendFileSync(policy, 'authentication: { type: password, minimumLength: 8, contents: [numerals] }\n');

  await t.test('fact 18: preview asks for no password', async () => {
    await job.changeOwnCopy('true');
  });

  await job.serve();
  const built = await job.build('one', 'full');
  assert.equal((await job.install(built, '--fingerprint', fingerprint)).status, 0);
  const start = (...lines: string[]) => given(job, lines, 'start', job.vm, FROM_INPUT);

  await t.test('fact 25: without one nothing runs', async () => {
    assert.equal(codeOf(await given(job, [], 'start', job.vm)), 'PASSWORD_UNSET');
    assert.equal(codeOf(await start('short')), 'PASSWORD_RULES');
    assert.equal(qemus(job), 0);
  });

  await t.test('the first opening chooses it; the guest runs', async () => {
    assert.equal((await start(FIRST)).state, 'running');
    assert.equal(qemus(job), 1);
    await job.connect();
    await job.stopMachine();
  });

  await t.test('a wrong one opens nothing, by the next service neither', async () => {
    assert.equal(codeOf(await given(job, [], 'start', job.vm)), 'PASSWORD_NEEDED');
    assert.equal(codeOf(await start('wrong')), 'PASSWORD_WRONG');
    assert.equal(codeOf(await start('wrong 2')), 'PASSWORD_WRONG');
    await job.computer.stopService('SIGKILL');
    await job.computer.startService();
    assert.equal(codeOf(await start('wrong 3')), 'PASSWORD_WRONG');
    // The first pause is short, and a slow computer may need longer to ask: the next is twice as long.
    let guess = codeOf(await start('wrong 4'));
    while (guess === 'PASSWORD_WRONG') guess = codeOf(await start('wrong 4'));
    assert.equal(guess, 'PASSWORD_PAUSE');
    assert.equal(qemus(job), 0);
  });

  await t.test('after the pause passwd changes it; the old one opens nothing more', async () => {
    const change = () => given(job, [FIRST, SECOND], 'passwd', job.vm, FROM_INPUT);
    let changed = await change();
    while (codeOf(changed) === 'PASSWORD_PAUSE') {
      await new Promise((done) => setTimeout(done, 200));
      changed = await change();
    }
    assert.equal(codeOf(changed), 'done');
    assert.equal(codeOf(await start(FIRST)), 'PASSWORD_WRONG');
    assert.equal((await start(SECOND)).state, 'running');
    await job.connect();
  });

  await t.test('no file of the computer has a password in it', () => {
    const files = globSync(join(job.computer.folder, 'state', '**'), { withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    const holding = files.filter((file) => {
      const bytes = readFileSync(join(file.parentPath, file.name));
      return [FIRST, SECOND].some((secret) => bytes.includes(secret));
    });
    assert.deepEqual(holding, []);
    assert.ok(files.length > 5);
  });
  await job.stopMachine();
});
