import { z } from 'zod';
import { ClipboardAnswer, GiveClipboardRequest, GivenClipboardAnswer, TakenClipboardAnswer } from './clipboard.ts';
import { ComputerAnswer } from './computer.ts';
import { DEVICE_ROUTES } from './devices.ts';
import { EventAnswer } from './event.ts';
import { HardwareAnswer, HardwareRequest } from './hardware.ts';
import { HotFixAnswer, HotFixGivenRequest, HotFixRequestedAnswer, HotFixRequestRequest } from './hot-fix.ts';
import {
  InstalledAnswer,
  InstallRequest,
  LazaretAnswer,
  LazaretRequest,
  PlanAnswer,
  PlanRequest,
  ProvedAnswer,
  UninstalledAnswer,
  UninstallRequest,
  UpdateRequest,
} from './install.ts';
import {
  ExplainedAnswer,
  MachineAnswer,
  PasswordAnswer,
  ReadyRequest,
  ReimagedAnswer,
  ReimageRequest,
  RolledBackAnswer,
  SecretsRequest,
  StartRequest,
  StoppedAnswer,
  StopRequest,
  SuspendedAnswer,
} from './machine.ts';
import { OwnSocketAnswer, OwnSocketRequest } from './own-socket.ts';
import { ClosedPagesAnswer, OpenAnswer, OpenRequest } from './page.ts';
import { PATHS } from './paths.ts';
import { SentFileAnswer } from './sent-file.ts';
import { ServersAnswer } from './servers.ts';
import { ShareFolderRequest } from './shared-folder.ts';
import { SnapshotRequest, SnapshotsAnswer, TakeSnapshotRequest } from './snapshots.ts';
import { StatusAnswer } from './status.ts';
import { SupportAnswer } from './support.ts';

/**
 * What the service can be asked: one row a request. The answer is one line of JSON; where `lines` says so there are
 * several: an event each, or progress until the result. A path holds the version of all of it: within a version nothing is
 * taken away. Readers ignore fields that they do not know; the service refuses them.
 */
export const ROUTES = {
  ownSocket: { ...PATHS.ownSocket, request: OwnSocketRequest, answer: OwnSocketAnswer },
  status: { ...PATHS.status, answer: StatusAnswer },
  machine: { ...PATHS.machine, answer: MachineAnswer },
  start: { ...PATHS.start, request: StartRequest, answer: MachineAnswer },
  password: { ...PATHS.password, request: SecretsRequest, answer: PasswordAnswer },
  ready: { ...PATHS.ready, request: ReadyRequest, answer: MachineAnswer },
  stop: { ...PATHS.stop, request: StopRequest, answer: StoppedAnswer },
  reset: { ...PATHS.reset, answer: MachineAnswer },
  suspend: { ...PATHS.suspend, answer: SuspendedAnswer },
  rollback: { ...PATHS.rollback, answer: RolledBackAnswer },
  hardware: { ...PATHS.hardware, request: HardwareRequest, answer: HardwareAnswer },
  reimage: { ...PATHS.reimage, request: ReimageRequest, answer: ReimagedAnswer },
  requestHotFix: { ...PATHS.requestHotFix, request: HotFixRequestRequest, answer: HotFixRequestedAnswer },
  /** Says what an answer would do. */
  foreseeHotFix: { ...PATHS.foreseeHotFix, request: HotFixGivenRequest, answer: HotFixAnswer },
  applyHotFix: { ...PATHS.applyHotFix, request: HotFixGivenRequest, answer: HotFixAnswer },
  snapshots: { ...PATHS.snapshots, answer: SnapshotsAnswer },
  takeSnapshot: { ...PATHS.takeSnapshot, request: TakeSnapshotRequest, answer: SnapshotsAnswer },
  revertSnapshot: { ...PATHS.revertSnapshot, request: SnapshotRequest, answer: SnapshotsAnswer },
  removeSnapshot: { ...PATHS.removeSnapshot, request: SnapshotRequest, answer: SnapshotsAnswer },
  ...DEVICE_ROUTES,
  clipboard: { ...PATHS.clipboard, answer: ClipboardAnswer },
  /** Lets what was copied on the computer be pasted in the guest. */
  giveClipboard: { ...PATHS.giveClipboard, request: GiveClipboardRequest, answer: GivenClipboardAnswer },
  takeClipboard: { ...PATHS.takeClipboard, answer: TakenClipboardAnswer },
  shareFolder: { ...PATHS.shareFolder, request: ShareFolderRequest, answer: MachineAnswer },
  stopSharing: { ...PATHS.stopSharing, answer: MachineAnswer },
  /** Its body is the file. */
  sendFile: { ...PATHS.sendFile, answer: SentFileAnswer },
  lookUp: { ...PATHS.lookUp, answer: MachineAnswer },
  explain: { ...PATHS.explain, answer: ExplainedAnswer },
  support: { ...PATHS.support, answer: SupportAnswer },
  open: { ...PATHS.open, request: OpenRequest, answer: OpenAnswer },
  closePages: { ...PATHS.closePages, answer: ClosedPagesAnswer },
  events: { ...PATHS.events, answer: EventAnswer, lines: 'events' },
  plan: { ...PATHS.plan, request: PlanRequest, answer: PlanAnswer },
  install: { ...PATHS.install, request: InstallRequest, answer: InstalledAnswer, lines: 'progress' },
  update: {
    ...PATHS.update,
    request: UpdateRequest,
    answer: z.array(InstalledAnswer),
    lines: 'progress',
  },
  /** Which Lazaret itself a project has signed, for a package or for its own address. */
  lazaret: { ...PATHS.lazaret, request: LazaretRequest, answer: LazaretAnswer },
  computer: { ...PATHS.computer, answer: ComputerAnswer },
  servers: { ...PATHS.servers, answer: ServersAnswer },
  prove: { ...PATHS.prove, answer: ProvedAnswer, lines: 'progress' },
  uninstall: { ...PATHS.uninstall, request: UninstallRequest, answer: UninstalledAnswer },
} as const;
