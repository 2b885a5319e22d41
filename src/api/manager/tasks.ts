import { z } from 'zod';
import { FailureText } from '../failure.ts';

/** How far one part of a task is. Without amounts it goes on, and nobody can say how far it is. */
export const TaskProgress = z.object({
  part: z.enum([
    'upload',
    'prepare',
    'import',
    'export',
    'compare',
    'plan',
    'pack',
    'write',
    'sign',
    'put',
    'start',
    'run',
    'stop',
  ]),
  /** Which machine, file or place it is about. */
  of: z.string().exactOptional(),
  amounts: z
    .object({
      unit: z.enum(['bytes', 'files']),
      done: z.number(),
      total: z.number(),
      perSecond: z.number().exactOptional(),
      secondsLeft: z.number().exactOptional(),
    })
    .exactOptional(),
});
export type TaskProgress = z.infer<typeof TaskProgress>;

/** A machine that was added from a disk image. */
const ImportedAnswer = z.object({
  vm: z.string(),
  firmware: z.enum(['bios', 'uefi', 'direct']),
  warnings: z.array(z.string()),
});
export type ImportedAnswer = z.infer<typeof ImportedAnswer>;

/** A machine that was written for other programs. */
const ExportedAnswer = z.object({ vm: z.string(), path: z.string(), bytes: z.number() });
export type ExportedAnswer = z.infer<typeof ExportedAnswer>;

/** A package that was built. */
export const BuiltAnswer = z.object({
  package: z.string(),
  generation: z.int(),
  /** What users get. */
  paths: z.array(z.string()),
  /** What its bytes are for: each machine, resources. */
  parts: z.array(z.object({ name: z.string(), bytes: z.number() })),
  machines: z.array(z.object({ vm: z.string(), release: z.int() })),
  policies: z.array(z.string()),
  warnings: z.array(z.string()),
});
export type BuiltAnswer = z.infer<typeof BuiltAnswer>;

/** Policies that were deployed. */
export const DeployedAnswer = z.object({
  serial: z.int(),
  folder: z.string(),
  to: z.string().exactOptional(),
  warnings: z.array(z.string()),
});
export type DeployedAnswer = z.infer<typeof DeployedAnswer>;

/** What a task of each kind comes to. */
const RESULTS = {
  import: ImportedAnswer,
  /** The project that was made. */
  'import-ace': z.object({ name: z.string() }),
  export: ExportedAnswer,
  build: BuiltAnswer,
  deploy: DeployedAnswer,
  run: z.object({ vm: z.string(), isSuspended: z.boolean() }),
} as const;
export type TaskKind = keyof typeof RESULTS;
export type TaskResult<Kind extends TaskKind> = z.infer<(typeof RESULTS)[Kind]>;

const About = {
  id: z.string(),
  /** The machine, package or place that it is about. */
  about: z.string(),
  /** `ending`: it was cancelled and puts away what it made. */
  state: z.enum(['running', 'ending', 'done', 'failed', 'cancelled']),
  startedAt: z.string(),
  endedAt: z.string().exactOptional(),
  progress: TaskProgress.exactOptional(),
  /** What happened, oldest first; of many lines the last. */
  log: z.array(z.object({ at: z.string(), text: z.string() })),
  failure: FailureText.exactOptional(),
};

/** A long job of the manager’s process: pages that come later see it too. */
export const TaskAnswer = z.discriminatedUnion('kind', [
  z.object({ ...About, kind: z.literal('import'), result: RESULTS.import.exactOptional() }),
  z.object({ ...About, kind: z.literal('import-ace'), result: RESULTS['import-ace'].exactOptional() }),
  z.object({ ...About, kind: z.literal('export'), result: RESULTS.export.exactOptional() }),
  z.object({ ...About, kind: z.literal('build'), result: RESULTS.build.exactOptional() }),
  z.object({ ...About, kind: z.literal('deploy'), result: RESULTS.deploy.exactOptional() }),
  z.object({ ...About, kind: z.literal('run'), result: RESULTS.run.exactOptional() }),
]);
export type TaskAnswer = z.infer<typeof TaskAnswer>;

/** Those that go on and the last that ended, newest first, each with the last line of its log. */
export const TasksAnswer = z.object({ tasks: z.array(TaskAnswer) });
export type TasksAnswer = z.infer<typeof TasksAnswer>;
