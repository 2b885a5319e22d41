import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_CHAIN } from '../../src/install/change/generation/flatten.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { layerPath } from '../../src/install/state/layout.ts';
import { ROOT } from '../../src/install/state/machine/owner.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { serviceParts } from '../fakes/service-parts.ts';

const skip = hasProgram('qemu-io') ? false : 'qemu-io is not installed';

test('a plan, a roll back and a start do not wait for flattening, which is begun again afterwards', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  await install((await project.build('p0')).folder, { fingerprint: project.fingerprint });
  for (let number = 1; number <= MAX_CHAIN; number += 1) {
    await project.changeDisk(number << 16);
    const { folder } = await project.build(`p${number}`, { kind: 'update' });
    await install(folder, { replace: true, keepOld: number === MAX_CHAIN });
  }
  const source = join(project.out, `p${MAX_CHAIN}`);
  const { changes, housekeeping, installs } = serviceParts(state);
  t.after(() => housekeeping.end());
  // A file that QEMU’s tool reads without end, as a disk of a hundred gigabytes.
  const { layers } = (await openInstance(state, 'office')).current.machine;
  const slow = layerPath(state, layers[3]?.sha256 ?? '');
  rmSync(slow);
  execFileSync('mkfifo', [slow]);
  let last = 0;
  const untilBegun = async () => {
    for (;;) {
      const found = pidsReading(slow).find((pid) => pid > last);
      if (found !== undefined) {
        last = found;
        return;
      }
      await sleep(5);
    }
  };
  housekeeping.flattenSoon();
  await untilBegun();

  const foreseen = await installs.foresee(ROOT, { source }, new AbortController().signal);
  assert.equal(foreseen.machines[0]?.action, 'keep');
  await untilBegun();
  assert.equal(await housekeeping.inTurn(async () => 'a start'), 'a start');
  await untilBegun();
  assert.equal((await changes.rollBack(ROOT, 'office')).to, MAX_CHAIN);
});

/** The processes that QEMU’s tool runs as on this file. */
function pidsReading(path: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const words = commandOf(pid);
      return words[0] === 'qemu-img' && words.some((word) => word.includes(path));
    })
    .map(Number);
}

function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    // It has ended meanwhile.
    return [];
  }
}
