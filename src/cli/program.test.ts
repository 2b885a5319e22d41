import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scratch } from '../../test/fakes/made-project.ts';

const PROGRAM = `
import { existsSync } from 'node:fs';
import { newProgram, runProgram, setAction } from '${join(import.meta.dirname, 'program.ts')}';
import { run } from '${join(import.meta.dirname, '..', 'sys', 'programs', 'exec.ts')}';
const program = newProgram('tried', 'a program that runs another one');
setAction(program, async ({ signal }) => {
  const running = run('sh', ['-c', 'touch FILE; exec sleep 1000'], { signal });
  while (!existsSync('FILE')) await new Promise((done) => setTimeout(done, 10));
  console.log('runs');
  await running.catch(() => undefined);
  await new Promise((done) => setTimeout(done, ORDER_MS));
  console.log('ended in order');
});
await runProgram(program);
`;

/** A program of ours that runs another one, and takes so long to end in order. */
async function started(t: TestContext, orderMs: number) {
  const text = PROGRAM.replace('ORDER_MS', `${orderMs}`).replaceAll('FILE', join(scratch(t), 'runs'));
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const ended = once(child, 'exit');
  while (!said.includes('runs')) await once(child.stdout, 'data');
  return { child, ended, said: () => said };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} while another program runs for it ends ours in order`, async (t) => {
    const { child, ended, said } = await started(t, 10);

    child.kill(signal);

    assert.deepEqual(await ended, [0, null]);
    assert.match(said(), /ended in order/);
  });
}

test('a second signal ends one that does not come to its end', async (t) => {
  const { child, ended } = await started(t, 3_600_000);
  t.after(() => child.kill('SIGKILL'));

  child.kill('SIGINT');
  // Whichever of them finds that it is the second one.
  const again = setInterval(() => child.kill('SIGINT'), 100);
  t.after(() => clearInterval(again));

  assert.deepEqual(await ended, [null, 'SIGINT']);
});
