import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { wrapByTpm } from '../../src/sys/programs/systemd-creds.ts';

/** A TPM of software, at two ports; gives the name that systemd has for it once it answers. */
export async function softwareTpm(t: TestContext, folder: string, port: number): Promise<string> {
  const at = (number: number) => `type=tcp,port=${number}`;
  const flags = ['--flags', 'not-need-init,startup-clear'];
  const args = ['socket', '--tpm2', '--tpmstate', `dir=${folder}`, '--server', at(port), '--ctrl', at(port + 1)];
  const child = spawn('swtpm', [...args, ...flags], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill();
    await ended;
  });
  const device = `swtpm:host=127.0.0.1,port=${port}`;
  while (child.exitCode === null) {
    const answers = await wrapByTpm('00', device).then(
      () => true,
      () => false,
    );
    if (answers) return device;
    await sleep(50);
  }
  return assert.fail('swtpm ended');
}
