import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { deploy } from '../../src/package/build/publish-policies.ts';
import { keyPath } from '../../src/project/layout.ts';
import { openProject } from '../../src/project/open.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { openKeyFile } from '../../src/trust/sign/keys.ts';
import { madeProject, PASSPHRASE } from '../fakes/made-project.ts';
import { threeVersions } from '../fakes/quarantine.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const Document = z.looseObject({ serial: z.int() });

for (const stopAt of ['targets', 'snapshot', 'published']) {
  test(`no two deploys that anybody has seen share a serial, where one was killed after “${stopAt}”`, {
    skip,
  }, async (t) => {
    const project = await madeProject(t);
    const key = await openKeyFile(keyPath(project.folder, 'policy'), PASSPHRASE);
    const targets = join(project.folder, 'published', 'policies', 'targets');
    await project.deploy();
    await project.setQuarantine(threeVersions({ threshold: 'first' }));
    const kill = (step: string) => {
      if (step === stopAt) throw new Error('killed');
    };
    const killed = deploy(await openProject(project.folder), { key, now: Date.now(), validForMs: 1e9, steps: kill });
    await assert.rejects(killed, /killed/);
    const serials: number[] = [];
    for (const threshold of ['second', 'third']) {
      await project.setQuarantine(threeVersions({ threshold }));
      serials.push(await project.deploy());
    }

    // What the first deploy that ended overwrote, nobody has seen.
    assert.equal(serials[1], (serials[0] ?? 0) + 1);
    const documents = readdirSync(targets).map((name) => readFileSync(join(targets, name), 'utf8'));
    const last = documents.filter((text) => text.includes('"threshold":"third"'));
    const before = documents.filter((text) => text.includes('"threshold":"second"'));
    const serialOf = ([text = '{}']: string[]) => Document.parse(JSON.parse(text)).serial;
    assert.deepEqual([serialOf(before), serialOf(last)], serials);
  });
}
