import { MachineAnswer, StoppedAnswer } from '../machine.ts';
import { AcePlanAnswer, AcePlanRequest, ImportAceRequest } from './import-ace.ts';
import { JOB_PATHS } from './job-paths.ts';
import {
  BuildRequest,
  DeployPlaceAnswer,
  DeployRequest,
  ExportRequest,
  ForeignPlanAnswer,
  ForeignPlanRequest,
  ImportRequest,
  LeftAnswer,
  PackagePlanAnswer,
  PackagePlanRequest,
  RunRequest,
} from './jobs.ts';
import { TaskAnswer, TasksAnswer } from './tasks.ts';

/** What takes long is begun, and answered with its task. */
export const JOB_ROUTES = {
  tasks: { ...JOB_PATHS.tasks, answer: TasksAnswer },
  task: { ...JOB_PATHS.task, answer: TaskAnswer },
  cancelTask: { ...JOB_PATHS.cancelTask, answer: TaskAnswer },
  planForeign: { ...JOB_PATHS.planForeign, request: ForeignPlanRequest, answer: ForeignPlanAnswer },
  planAce: { ...JOB_PATHS.planAce, request: AcePlanRequest, answer: AcePlanAnswer },
  importAce: { ...JOB_PATHS.importAce, request: ImportAceRequest, answer: TaskAnswer },
  importDisk: { ...JOB_PATHS.importDisk, request: ImportRequest, answer: TaskAnswer },
  sendDisk: { ...JOB_PATHS.sendDisk, answer: TaskAnswer },
  exportMachine: { ...JOB_PATHS.exportMachine, request: ExportRequest, answer: TaskAnswer },
  runMachine: { ...JOB_PATHS.runMachine, request: RunRequest, answer: TaskAnswer },
  /** A machine that this process runs; its screen is where `consolePath` says. */
  runningMachine: { ...JOB_PATHS.runningMachine, answer: MachineAnswer },
  suspendRun: { ...JOB_PATHS.suspendRun, answer: LeftAnswer },
  shutDown: { ...JOB_PATHS.shutDown, answer: StoppedAnswer },
  powerOff: { ...JOB_PATHS.powerOff, answer: StoppedAnswer },
  planPackage: { ...JOB_PATHS.planPackage, request: PackagePlanRequest, answer: PackagePlanAnswer },
  buildPackage: { ...JOB_PATHS.buildPackage, request: BuildRequest, answer: TaskAnswer },
  deployPlace: { ...JOB_PATHS.deployPlace, answer: DeployPlaceAnswer },
  deploy: { ...JOB_PATHS.deploy, request: DeployRequest, answer: TaskAnswer },
} as const;
