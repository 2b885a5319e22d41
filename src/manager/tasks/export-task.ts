import type { z } from 'zod';
import type { ExportRequest } from '../../api/manager/jobs.ts';
import type { ExportedAnswer } from '../../api/manager/tasks.ts';
import { exportMachine } from '../machines/export-machine.ts';
import type { TaskControl } from './task.ts';

const PARTS = { copying: 'export', comparing: 'compare', packing: 'pack' } as const;

/** Writes a machine for other programs as a task; whatever ends it before leaves nothing. @throws as exportMachine */
export async function exportTask(
  folder: string,
  vm: string,
  { format, path }: z.infer<typeof ExportRequest>,
  task: TaskControl,
): Promise<ExportedAnswer> {
  task.part('export', vm);
  const { bytes } = await exportMachine(folder, vm, {
    ...{ to: path, format, signal: task.signal },
    tell: (news) => {
      const amounts = { unit: 'bytes' as const, done: news.doneBytes, total: news.totalBytes };
      task.part(PARTS[news.kind], news.kind === 'packing' ? news.file : vm, amounts);
    },
  });
  return { vm, path, bytes };
}
