import { AdministratorAccess } from '../../policy/administrator-access.ts';
import { DEVICE_ROUTES } from '../devices.ts';
import { SnapshotRequest, TakeSnapshotRequest } from '../snapshots.ts';
import { DeploymentsAnswer, DifferenceAnswer, TakeBackRequest, TakenBackAnswer } from './deployments.ts';
import { HardwareAnswer, HardwareRequest } from './hardware.ts';
import {
  AnsweredHotFixAnswer,
  AnswerHotFixRequest,
  ForeseeHotFixRequest,
  ForeseenHotFixAnswer,
  HotFixesAnswer,
  OfferHotFixesRequest,
  OpenedHotFixAnswer,
  OpenHotFixRequest,
} from './hot-fixes.ts';
import { JOB_ROUTES } from './job-routes.ts';
import { NewProjectAnswer, NewProjectRequest, RoomAnswer } from './new-project.ts';
import { MANAGER_PATHS } from './paths.ts';
import {
  AdministratorAccessRequest,
  PolicyAnswer,
  ReadPolicyAnswer,
  ReadPolicyRequest,
  SavePolicyRequest,
  WritePolicyRequest,
  WrittenPolicyAnswer,
} from './policy.ts';
import { PackagesAnswer, ProjectAnswer } from './project.ts';
import { QuarantineAnswer, ResolvedAnswer, SavedAnswer, VersionsRequest, WizardRequest } from './quarantine.ts';
import { SettingsAnswer, SettingsRequest } from './settings.ts';
import { SimulateAnswer, SimulateRequest } from './simulate.ts';
import { OwnSnapshotsAnswer } from './snapshots.ts';

/** What the manager’s page can ask of its process, about the one project it was opened for. */
export const MANAGER_ROUTES = {
  project: { ...MANAGER_PATHS.project, answer: ProjectAnswer },
  /** Whether a project can be made where the page was opened. */
  room: { ...MANAGER_PATHS.room, answer: RoomAnswer },
  newProject: { ...MANAGER_PATHS.newProject, request: NewProjectRequest, answer: NewProjectAnswer },
  deployments: { ...MANAGER_PATHS.deployments, answer: DeploymentsAnswer },
  difference: { ...MANAGER_PATHS.difference, answer: DifferenceAnswer },
  takeBack: { ...MANAGER_PATHS.takeBack, request: TakeBackRequest, answer: TakenBackAnswer },
  quarantine: { ...MANAGER_PATHS.quarantine, answer: QuarantineAnswer },
  versions: { ...MANAGER_PATHS.versions, request: VersionsRequest, answer: SavedAnswer },
  wizard: { ...MANAGER_PATHS.wizard, request: WizardRequest, answer: SavedAnswer },
  resolve: { ...MANAGER_PATHS.resolve, answer: ResolvedAnswer },
  hardware: { ...MANAGER_PATHS.hardware, answer: HardwareAnswer },
  saveHardware: { ...MANAGER_PATHS.saveHardware, request: HardwareRequest, answer: HardwareAnswer },
  snapshots: { ...MANAGER_PATHS.snapshots, answer: OwnSnapshotsAnswer },
  takeSnapshot: { ...MANAGER_PATHS.takeSnapshot, request: TakeSnapshotRequest, answer: OwnSnapshotsAnswer },
  revertSnapshot: { ...MANAGER_PATHS.revertSnapshot, request: SnapshotRequest, answer: OwnSnapshotsAnswer },
  removeSnapshot: { ...MANAGER_PATHS.removeSnapshot, request: SnapshotRequest, answer: OwnSnapshotsAnswer },
  ...DEVICE_ROUTES,
  policy: { ...MANAGER_PATHS.policy, answer: PolicyAnswer },
  savePolicy: { ...MANAGER_PATHS.savePolicy, request: SavePolicyRequest, answer: SavedAnswer },
  readPolicy: { ...MANAGER_PATHS.readPolicy, request: ReadPolicyRequest, answer: ReadPolicyAnswer },
  administratorAccess: {
    ...MANAGER_PATHS.administratorAccess,
    request: AdministratorAccessRequest,
    answer: AdministratorAccess,
  },
  writePolicy: { ...MANAGER_PATHS.writePolicy, request: WritePolicyRequest, answer: WrittenPolicyAnswer },
  settings: { ...MANAGER_PATHS.settings, answer: SettingsAnswer },
  saveSettings: { ...MANAGER_PATHS.saveSettings, request: SettingsRequest, answer: SettingsAnswer },
  hotFixes: { ...MANAGER_PATHS.hotFixes, answer: HotFixesAnswer },
  offerHotFixes: { ...MANAGER_PATHS.offerHotFixes, request: OfferHotFixesRequest, answer: HotFixesAnswer },
  openHotFix: { ...MANAGER_PATHS.openHotFix, request: OpenHotFixRequest, answer: OpenedHotFixAnswer },
  /** Says what an answer does. */
  foreseeHotFix: { ...MANAGER_PATHS.foreseeHotFix, request: ForeseeHotFixRequest, answer: ForeseenHotFixAnswer },
  answerHotFix: { ...MANAGER_PATHS.answerHotFix, request: AnswerHotFixRequest, answer: AnsweredHotFixAnswer },
  simulate: { ...MANAGER_PATHS.simulate, request: SimulateRequest, answer: SimulateAnswer },
  packages: { ...MANAGER_PATHS.packages, answer: PackagesAnswer },
  ...JOB_ROUTES,
} as const;
