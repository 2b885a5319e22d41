import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { type ProcessId, processOf } from '../../../sys/programs/processes.ts';
import { watchTpm } from './tpm-end.ts';

async function program(t: TestContext): Promise<{ child: ChildProcess; id: ProcessId }> {
  const child = spawn('sleep', ['60']);
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  return { child, id: processOf(child.pid ?? 0) ?? assert.fail('it ended') };
}

for (const [title, endsToo, times] of [
  ['a TPM that ends under its machine is told of', false, 1],
  ['one that ends with it is not', true, 0],
] as const)
  test(title, async (t) => {
    const [qemu, tpm] = [await program(t), await program(t)];
    let told = 0;
    const tell = async () => {
      told += 1;
    };
    const watched = watchTpm({ qemu: qemu.id, tpm: tpm.id }, tell, {
      signal: new AbortController().signal,
      lookMs: 10,
      togetherMs: 100,
    });
    tpm.child.kill();
    if (endsToo) qemu.child.kill();
    await watched;
    assert.equal(told, times);
  });

test('nobody is told of one whose machine is let go of, or that it never had', async (t) => {
  const [qemu, tpm] = [await program(t), await program(t)];
  const tell = async () => assert.fail('told');
  const over = new AbortController();
  const watched = watchTpm({ qemu: qemu.id, tpm: tpm.id }, tell, { signal: over.signal, lookMs: 10 });
  over.abort();
  await watched;
  await watchTpm({ qemu: qemu.id }, tell, { signal: over.signal });
});
