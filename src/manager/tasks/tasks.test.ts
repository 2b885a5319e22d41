import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { TaskAnswer } from '../../api/manager/tasks.ts';
import { TaskAnswer as Schema } from '../../api/manager/tasks.ts';
import { AppError } from '../../lib/errors.ts';
import { Tasks } from './tasks.ts';

/** Tasks whose clock stands where `clock.now` says, with all that was told. */
function made() {
  const clock = { now: Date.parse('2026-11-28T08:00:00Z') };
  const told: TaskAnswer[] = [];
  const tasks = new Tasks({ clock: () => clock.now, onChange: (task) => told.push(task) });
  return { clock, told, tasks };
}

/** Waits until a task is over. */
async function over(tasks: Tasks, id: string): Promise<TaskAnswer> {
  for (;;) {
    const task = tasks.one(id);
    if (task.endedAt !== undefined) return Schema.parse(task);
    await new Promise((done) => setImmediate(done));
  }
}

/** A job that goes on until it is let go or cancelled. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const job = async ({ signal }: { signal: AbortSignal }) => {
    const cancelled = new Promise((_done, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
    await Promise.race([promise, cancelled]);
    return { vm: 'office', isSuspended: false };
  };
  return { job, letGo: resolve };
}

test('a task that is over has its result, and its log', async () => {
  const { tasks } = made();
  const { id } = tasks.begin('run', 'office', async (task) => {
    task.say('office is running');
    return { vm: 'office', isSuspended: false };
  });

  const task = await over(tasks, id);

  assert.deepEqual([task.state, task.result], ['done', { vm: 'office', isSuspended: false }]);
  assert.deepEqual(task.log, [{ at: '2026-11-28T08:00:00.000Z', text: 'office is running' }]);
});

test('a task that fails says code, reason and remedy; what it was given by no detail', async () => {
  const { tasks } = made();
  const { id } = tasks.begin('deploy', 'policies', async () => {
    throw new AppError('KEY_PASSPHRASE', 'the passphrase is wrong', { details: { secret: 'correct horse' } });
  });

  const task = await over(tasks, id);

  assert.equal(task.state, 'failed');
  assert.equal(task.failure?.code, 'KEY_PASSPHRASE');
  assert.doesNotMatch(JSON.stringify(task), /correct horse/);
});

test('a task that is cancelled ends, and is over only when its job has put away what it made', async () => {
  const { tasks } = made();
  const putAway = Promise.withResolvers<void>();
  const { id } = tasks.begin('run', 'office', async ({ signal }) => {
    await new Promise((done) => signal.addEventListener('abort', done));
    await putAway.promise;
    throw signal.reason;
  });
  await new Promise((done) => setImmediate(done));

  assert.equal(tasks.cancel(id).state, 'ending');
  putAway.resolve();

  const task = await over(tasks, id);
  assert.deepEqual([task.state, task.failure?.code], ['cancelled', 'INTERRUPTED']);
});

test('progress says the rate and the time left, of each part from its own beginning', async () => {
  const { clock, tasks } = made();
  const { job, letGo } = held();
  const { id } = tasks.begin('run', 'office', async (task) => {
    task.part('pack', 'office', { unit: 'bytes', done: 0, total: 100 });
    clock.now += 2000;
    task.part('pack', 'office', { unit: 'bytes', done: 50, total: 100 });
    return job(task);
  });
  await new Promise((done) => setImmediate(done));

  assert.deepEqual(tasks.one(id).progress, {
    part: 'pack',
    of: 'office',
    amounts: { unit: 'bytes', done: 50, total: 100, perSecond: 25, secondsLeft: 2 },
  });
  letGo();
  assert.equal((await over(tasks, id)).progress, undefined);
});

test('a log keeps its last lines, each of bounded length', async () => {
  const { tasks } = made();
  const { id } = tasks.begin('run', 'office', async (task) => {
    for (let line = 1; line <= 1000; line += 1) task.say(`${line} ${'x'.repeat(9000)}`);
    return { vm: 'office', isSuspended: false };
  });

  const { log } = await over(tasks, id);

  assert.equal(log.length, 200);
  assert.match(log.at(-1)?.text ?? '', /^1000 x+$/);
  assert.ok(log.every(({ text }) => text.length <= 500));
});

test('eight go on at once, a ninth is refused; of those that ended fifty are kept, the newest first', async () => {
  const { tasks } = made();
  const { job, letGo } = held();
  for (let count = 0; count < 8; count += 1) tasks.begin('run', `vm-${count}`, job);
  assert.throws(
    () => tasks.begin('run', 'office', job),
    (error) => error instanceof AppError && error.code === 'TASKS_FULL',
  );
  letGo();
  await Promise.all(tasks.all().map(({ id }) => over(tasks, id)));

  for (let count = 0; count < 60; count += 1)
    await over(tasks, tasks.begin('run', `after-${count}`, async () => ({ vm: 'office', isSuspended: false })).id);

  const names = tasks.all().map(({ about }) => about);
  assert.equal(names.length, 51);
  assert.deepEqual([names[0], names.at(-1)], ['after-59', 'after-9']);
});

test('many changes are told some times a second, the last of them always', async () => {
  const { told, tasks } = made();
  const { id } = tasks.begin('run', 'office', async (task) => {
    for (let done = 0; done <= 1000; done += 1) task.part('pack', 'office', { unit: 'bytes', done, total: 1000 });
    return { vm: 'office', isSuspended: false };
  });

  const last = await over(tasks, id);
  while (!told.some((task) => isDeepStrictEqual(Schema.parse(task), last)))
    await new Promise((done) => setTimeout(done, 10));

  assert.ok(told.length < 10, `${told.length} times`);
});

test('whoever ends the process waits until every task has put away what it made', async () => {
  const { tasks } = made();
  let isPutAway = false;
  const { id } = tasks.begin('run', 'office', async ({ signal }) => {
    await new Promise((done) => signal.addEventListener('abort', done));
    isPutAway = true;
    throw signal.reason;
  });
  await new Promise((done) => setImmediate(done));

  await tasks[Symbol.asyncDispose]();

  assert.deepEqual([isPutAway, tasks.one(id).state], [true, 'cancelled']);
});

test('a task that nobody knows is refused; begun anew it is there', async () => {
  const { tasks } = made();
  assert.throws(() => tasks.one('no-such'), { code: 'TASK_UNKNOWN' });
  assert.throws(() => tasks.cancel('no-such'), { code: 'TASK_UNKNOWN' });

  const { id } = tasks.begin('run', 'office', async () => ({ vm: 'office', isSuspended: false }));
  assert.equal((await over(tasks, id)).state, 'done');
});
