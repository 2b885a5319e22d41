import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { wrapByTpm } from '../../src/sys/programs/systemd-creds.ts';

/** Below the ports that the kernel gives to whoever asks for none. */
const [FIRST_PORT, PORTS] = [20_000, 12_000];
const TRIES = 20;

/** A TPM of software, at two ports that nobody has; gives the name that systemd has for it once it answers. */
export async function softwareTpm(t: TestContext, folder: string): Promise<string> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const device = await startedAt(t, folder, FIRST_PORT + 2 * randomInt(PORTS / 2));
    if (device !== undefined) return device;
  }
  return assert.fail('swtpm ends');
}

/** Undefined where it ends at once, as where somebody has the ports. */
async function startedAt(t: TestContext, folder: string, port: number): Promise<string | undefined> {
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
    // Another may answer there, whose ports these are.
    if (answers && child.exitCode === null) return device;
    await sleep(50);
  }
  return undefined;
}
