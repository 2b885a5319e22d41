import { JOB_PATHS } from './job-paths.ts';
import {
  BuildRequest,
  DeployPlaceAnswer,
  DeployRequest,
  ImportRequest,
  PackagePlanAnswer,
  PackagePlanRequest,
} from './jobs.ts';
import { TaskAnswer, TasksAnswer } from './tasks.ts';

/** What takes long is begun, and answered with its task. */
export const JOB_ROUTES = {
  tasks: { ...JOB_PATHS.tasks, answer: TasksAnswer },
  task: { ...JOB_PATHS.task, answer: TaskAnswer },
  cancelTask: { ...JOB_PATHS.cancelTask, answer: TaskAnswer },
  importDisk: { ...JOB_PATHS.importDisk, request: ImportRequest, answer: TaskAnswer },
  sendDisk: { ...JOB_PATHS.sendDisk, answer: TaskAnswer },
  planPackage: { ...JOB_PATHS.planPackage, request: PackagePlanRequest, answer: PackagePlanAnswer },
  buildPackage: { ...JOB_PATHS.buildPackage, request: BuildRequest, answer: TaskAnswer },
  deployPlace: { ...JOB_PATHS.deployPlace, answer: DeployPlaceAnswer },
  deploy: { ...JOB_PATHS.deploy, request: DeployRequest, answer: TaskAnswer },
} as const;
