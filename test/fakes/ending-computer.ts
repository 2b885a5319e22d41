import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MainJob } from '../../lab/main-job.ts';

/** The environment of a service whose computer says that it ends. */
export function endingComputer(job: MainJob): { PATH: string } {
  const programs = join(job.computer.folder, 'programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'systemctl'), '#!/bin/sh\necho stopping; exit 1\n', { mode: 0o755 });
  return { PATH: `${programs}:${process.env['PATH']}` };
}
