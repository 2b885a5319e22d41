import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BIN } from '../../lab/programs.ts';
import { HostPolicy } from '../../src/policy/host.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { atTerminal, ENTER } from '../fakes/terminal.ts';

const skip =
  hasProgram('qemu-img') && hasProgram('script') && process.getuid?.() === 0
    ? false
    : 'needs root, qemu-img and script';
/** Of a network that no computer is on: the rules are consented to here and bind nothing. */
const RULES = HostPolicy.parse({
  zones: [
    { name: 'guarded', when: { gateways: ['192.0.2.254'] }, mode: 'whitelist', entries: ['intranet.example  tcp 443'] },
  ],
});

async function serviceIn(folder: string): Promise<ChildProcess> {
  const socket = join(folder, 'd.sock');
  const args = ['--state', join(folder, 'state'), '--run', join(folder, 'run'), '--socket', socket, '--accel', 'tcg'];
  const service = spawn(join(BIN, 'lazaretd'), args, { stdio: 'ignore' });
  while (!existsSync(socket) && service.exitCode === null) await sleep(20);
  return service;
}

test('at a terminal the rules are shown in words and asked for; the answer is no unless it is given', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.setProject({ host: RULES });
  const { folder: built } = await project.build('one');
  const folder = scratch(t);
  const service = await serviceIn(folder);
  t.after(async () => {
    const gone = once(service, 'exit');
    service.kill();
    await gone;
  });
  const lazaret = `${join(BIN, 'lazaret')} --socket ${join(folder, 'd.sock')}`;
  const install = () => atTerminal(t, `${lazaret} install ${built} --fingerprint ${project.fingerprint}`);
  const list = () => JSON.parse(execFileSync('sh', ['-c', `${lazaret} list --json`], { encoding: 'utf8' })).length;

  const refused = install();
  await refused.answer('Do you consent to these rules for this computer?', ENTER);
  assert.notEqual(await refused.status(), 0);
  assert.match(
    refused.text(),
    /In zone guarded this computer itself could reach nothing but[\s\S]*intranet\.example tcp 443/,
  );
  assert.match(refused.text(), /On any other network this computer stays free/);
  assert.equal(list(), 0);

  const accepted = install();
  await accepted.answer('Do you consent to these rules for this computer?', 'y');
  assert.equal(await accepted.status(), 0, accepted.text());
  assert.equal(list(), 1);
  const again = install();
  assert.equal(await again.status(), 0, 'the same rules are not asked for again');

  const removing = atTerminal(t, `${lazaret} uninstall office`);
  await removing.answer('office and all that was changed in it would be gone for good', ENTER);
  assert.notEqual(await removing.status(), 0);
  assert.equal(list(), 1);
  const removed = atTerminal(t, `${lazaret} uninstall office`);
  await removed.answer('Type “office” to go on', 'office', ENTER);
  assert.equal(await removed.status(), 0);
  assert.equal(list(), 0);
});
