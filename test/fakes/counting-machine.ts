import assert from 'node:assert/strict';
import { appendFileSync, globSync } from 'node:fs';
import { join } from 'node:path';
import type { LabGuest } from '../../lab/guest.ts';
import { MainJob } from '../../lab/main-job.ts';
import { encrypt, open } from './encrypted-machine.ts';

/**
 * A command that counts from then on, slowly: each step starts programs in a guest whose processor is made by ours. Whoever reads it
 * while it is written, which is when a suspended guest goes on, finds a number.
 */
const STEP = 'i=$((i+1)); echo $i >/tmp/counted; mv /tmp/counted /tmp/count; sleep 1';
export const COUNT = `(i=0; while :; do ${STEP}; done) >/dev/null 2>&1 &`;

/**
 * A machine of the main job that counts in its memory, and has a data disk; encrypted where it is started by a password. Its policy
 * is looked up when it starts and goes on, and when it is told to.
 */
export async function counting(
  password?: string,
  policy = '',
  interval = '1h',
  { hardware = [], guest }: { hardware?: readonly string[]; guest?: LabGuest } = {},
): Promise<MainJob> {
  const job = await MainJob.start(undefined, guest);
  try {
    const fingerprint = await job.makeProject('--data-disk', '64M', ...hardware);
    if (password !== undefined) encrypt(job);
    appendFileSync(join(job.computer.project, 'vms', job.vm, 'policy.yaml'), policy);
    await job.setQuarantine({ interval });
    await job.addVersion('1.0');
    await job.require('1.0');
    await job.serve();
    assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
    if (password !== undefined) await open(job, password);
    else assert.equal((await lazaret(job, 'start', job.vm)).status, 0);
    await job.connect();
    await job.guest(COUNT);
    return job;
  } catch (error) {
    await job[Symbol.asyncDispose]();
    throw error;
  }
}

/** How far it has counted. */
export const count = async (job: MainJob) => Number((await job.guest('cat /tmp/count')).output);

/** Files of its installation, by a pattern below the machine’s folder. */
export const filesOf = (job: MainJob, pattern: string) =>
  globSync(join(job.computer.folder, 'state/instances', job.vm, pattern));

export const fileOf = (job: MainJob, pattern: string) => filesOf(job, pattern)[0] ?? assert.fail(`no ${pattern}`);

/** A command of its user, and what it answers. */
export async function lazaret(job: MainJob, ...words: string[]) {
  const { status, stdout } = await job.computer.lazaret(...words, '--json');
  const said = JSON.parse(stdout);
  return { status, said, error: said.error };
}

export async function stateOf(job: MainJob): Promise<string> {
  return (await job.status()).state;
}

/** Suspends it; gives how far it had counted before. */
export async function suspend(job: MainJob): Promise<number> {
  const before = await count(job);
  const { status, error } = await lazaret(job, 'suspend', job.vm);
  assert.equal(status, 0, error?.reason);
  return before;
}

/** Starts it and requires that it goes on with what it had in its memory. */
export async function goesOn(job: MainJob, before: number, password?: string): Promise<void> {
  const { error } = password === undefined ? await lazaret(job, 'start', job.vm) : await open(job, password);
  assert.equal(error, undefined, error?.reason);
  await countsOn(job, before);
}

/** Requires of a machine that runs that it never began anew. */
export async function countsOn(job: MainJob, before: number): Promise<void> {
  await job.connect();
  const now = await count(job);
  assert.ok(now >= before, `it counts on from ${before}, not anew: ${now}`);
}

/** Starts it and gives why it is refused. */
export async function refusal(job: MainJob): Promise<{ code: string; reason: string; remedy: string }> {
  const { status, error } = await lazaret(job, 'start', job.vm);
  assert.notEqual(status, 0);
  return error;
}
