import { AnsweredRow } from '../../api/manager/hot-fixes.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { projectPaths } from '../../project/layout.ts';
import { appendLine, readIfThere } from '../../sys/files/files.ts';
import { RequestName } from '../../trust/hot-fix/request.ts';

const MAX_BYTES = 4 << 20;

/** What was answered to a request, in the project’s log of hot fixes. */
const AnsweredHotFix = AnsweredRow.extend({ request: RequestName });
export type AnsweredHotFix = AnsweredRow;

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
