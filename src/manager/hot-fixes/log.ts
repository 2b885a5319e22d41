import { z } from 'zod';
import { jsonOrNothing } from '../../lib/json.ts';
import { projectPaths } from '../../project/layout.ts';
import { appendLine, readIfThere } from '../../sys/files/files.ts';
import { Problem, RequestName } from '../../trust/hot-fix/request.ts';

const MAX_BYTES = 4 << 20;

/** What was answered to a request, in the project’s log of hot fixes. Times are ISO. */
const AnsweredHotFix = z.object({
  at: z.string(),
  request: RequestName,
  way: z.enum(['file', 'telephone']),
  vm: z.string(),
  problem: Problem,
  kind: z.enum(['denied', 'days', 'date', 'place', 'password', 'new-password']),
  days: z.int().exactOptional(),
  date: z.string().exactOptional(),
  message: z.string().exactOptional(),
  name: z.string().exactOptional(),
  address: z.string().exactOptional(),
  computer: z.string().exactOptional(),
});
export type AnsweredHotFix = z.infer<typeof AnsweredHotFix>;

/** The answers that were given, oldest first; a line that cannot be read is left out. */
export async function readHotFixLog(folder: string): Promise<AnsweredHotFix[]> {
  const { hotFixes: path } = projectPaths(folder);
  const files = await Promise.all([readIfThere(`${path}.1`, 2 * MAX_BYTES), readIfThere(path, 2 * MAX_BYTES)]);
  const lines = files.flatMap((bytes) => bytes?.toString('utf8').split('\n') ?? []);
  return lines.flatMap((line) => AnsweredHotFix.safeParse(jsonOrNothing(line)).data ?? []);
}

export async function logHotFix(folder: string, answered: AnsweredHotFix): Promise<void> {
  await appendLine(projectPaths(folder).hotFixes, JSON.stringify(answered), MAX_BYTES);
}
