import assert from 'node:assert/strict';
import type { MainJob } from '../../lab/main-job.ts';

/** What an administrator and a user type about the devices of a job’s machine: the administrator’s commands have to succeed. */
export function deviceCommands(job: MainJob) {
  const { computer, vm } = job;
  const manager = async (...args: string[]) => {
    const { status, stdout, stderr } = await computer.manager(...args);
    assert.equal(status, 0, stdout + stderr);
  };
  const lazaret = async (...args: string[]) => {
    const { stdout, stderr } = await computer.lazaret(...args);
    return stdout + stderr;
  };
  /** Who may connect a device, from now on. */
  const rule = async (device: string, who: string) => {
    await manager('policy', 'device', vm, device, who);
    await job.deploy();
    await job.lookUp();
  };
  return { manager, lazaret, rule };
}
