import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Secrets } from '../../src/install/opening/password.ts';
import { Authentication } from '../../src/policy/authentication.ts';
import { projectPaths } from '../../src/project/layout.ts';
import { isRight, makeVerifier } from '../../src/trust/verifier.ts';
import { computer } from '../../test/fakes/made-computer.ts';
import { type Ends, madeProject } from '../../test/fakes/made-project.ts';
import { by, openingOf } from '../../test/fakes/opening.ts';
import { type Figure, median, milliseconds } from '../table.ts';

const ROUNDS = 5;
const KINDS = ['none', 'password', 'script'] as const;

/** What it costs to open a machine that a password or a script opens, beside one that opens for everybody. */
export async function openingFigures(): Promise<Figure[]> {
  const ends: (() => unknown)[] = [];
  try {
    return await figures({ after: (work) => ends.push(work) });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function figures(t: Ends): Promise<Figure[]> {
  const [open, password, script] = await Promise.all(KINDS.map((kind) => opened(t, kind)));
  if (!open || !password || !script) return [];
  await password.by({ newPassword: 'round 0' });
  await script.by({});
  const verifier = await makeVerifier('round 0');
  const took: Record<'guess' | 'password' | 'script' | 'change', number[]> = {
    ...{ guess: [], password: [], script: [], change: [] },
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    const [now, next] = [`round ${round}`, `round ${round + 1}`];
    const plain = await timed(() => open.by({}));
    took.guess.push(await timed(() => isRight(verifier, 'another')));
    took.password.push((await timed(() => password.by({ password: now }))) - plain);
    took.script.push((await timed(() => script.by({}))) - plain);
    took.change.push(await timed(() => password.change({ password: now, newPassword: next })));
  }
  const guessMs = median(took.guess);
  return [
    {
      what: `one guess at a password, scrypt of 2^${verifier.work}`,
      ...{ measured: `${guessMs.toFixed(0)} ms`, target: '≥ 500 ms', met: guessMs >= 500 },
    },
    milliseconds('opening by password, beyond one that opens for everybody', took.password, 1200),
    milliseconds('opening by a script that answers at once, likewise', took.script, 1200),
    milliseconds('changing a password', took.change, 2000),
  ];
}

/** A computer with a machine that is opened in this way. */
async function opened(t: Ends, type: (typeof KINDS)[number]) {
  const project = await madeProject(t);
  writeFileSync(join(projectPaths(project.folder).resources, 'who.sh'), '#!/bin/sh\necho the same each time\n');
  await project.setPolicy({
    authentication: Authentication.parse(type === 'script' ? { type, file: 'who.sh' } : { type }),
  });
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const opening = openingOf(state);
  return {
    by: (secrets: Secrets) => opening.authenticate('office', by(secrets)),
    change: (secrets: Secrets) => opening.changePassword('office', secrets),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
