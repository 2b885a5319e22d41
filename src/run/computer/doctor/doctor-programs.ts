import { AppError } from '../../../lib/errors.ts';
import { hasProgram, run } from '../../../sys/programs/exec.ts';
import type { Check } from './doctor.ts';
import { installing } from './doctor-mend.ts';
import { type NeededProgram, PROGRAMS, versionProblem } from './program-versions.ts';

const VERSION_MS = 10_000;

/** Whether the programs are there that machines need, in releases that will do. */
export function checkPrograms(): Promise<Check[]> {
  return Promise.all(PROGRAMS.map(checkProgram));
}

async function checkProgram(program: NeededProgram): Promise<Check> {
  const { name, from, least, tried, needs } = program;
  const what = `program ${name}`;
  if (!hasProgram(name)) return { what, ok: false, remedy: `install the package ${from}`, mend: installing(from) };
  if (!(least || tried || needs)) return { what, ok: true, remedy: '' };
  const problem = versionProblem(program, await saidBy(name));
  if (!problem) return { what, ok: true, remedy: '' };
  const text = `${problem.text}: install a newer ${from}`;
  if (problem.isNote) return { what, ok: true, remedy: text, note: text };
  return { what, ok: false, remedy: text, mend: installing(from) };
}

/** @throws nothing of the program’s own: one that cannot say its release says nothing */
async function saidBy(name: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(name, ['--version'], { timeoutMs: VERSION_MS });
    return `${stdout}\n${stderr}`;
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('PROGRAM_')) return '';
    throw error;
  }
}
