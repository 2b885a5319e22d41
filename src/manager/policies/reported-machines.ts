import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { VersionOrigin } from '../../policy/quarantine.ts';
import type { ReportedMachine } from '../../quarantine/simulate.ts';
import { readCapped } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';

const MAX_REPORT_BYTES = 8 << 20;

const Machine = z.looseObject({
  vm: z.string(),
  descriptor: z.string().optional(),
  origin: VersionOrigin.optional(),
  enforcement: z.enum(['host', 'guest-only']).optional(),
  access: z.string().optional(),
});
const Report = z.union([z.looseObject({ machines: z.array(Machine) }), Machine]);

/** The machines in a folder of what `lazaret status --json` printed. @throws FILE_INVALID when a file is no report */
export async function reportedMachines(folder: string): Promise<ReportedMachine[]> {
  const reported: ReportedMachine[] = [];
  for (const name of (await namesIn(folder)).filter((file) => file.endsWith('.json'))) {
    const report = Report.safeParse(
      jsonOrNothing((await readCapped(join(folder, name), MAX_REPORT_BYTES)).toString('utf8')),
    );
    if (!report.success) throw new AppError('FILE_INVALID', `${name} is not a report of \`lazaret status --json\``);
    reported.push(
      ...('machines' in report.data ? z.array(Machine).parse(report.data.machines) : [Machine.parse(report.data)]),
    );
  }
  return reported;
}
