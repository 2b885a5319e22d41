import { Clipboard } from '../clipboard.ts';
import type { ExitBehaviour } from '../exit.ts';
import { Files } from '../files.ts';
import type { MachinePolicy } from '../schema.ts';
import { type FolderAccess, SharedFolder } from '../shared-folder.ts';

/** What a machine’s project lets its user do with it, and how it is shown. */
export interface Rights {
  /** Resetting it and powering it off. */
  power: boolean;
  /** How many earlier states of it he may keep; 0: none. */
  snapshots: number;
  /** What of what was copied may pass, each way by itself. */
  clipboard: Clipboard;
  /** Which files he may put into it. */
  files: Files;
  /** How he may share a folder of his with it. */
  sharedFolder: FolderAccess;
  /** It is shown on the full screen alone. */
  fullScreen: boolean;
  /** Changing how it is shown. */
  preferences: boolean;
  /** What comes of it when its player is closed. */
  exit: ExitBehaviour;
}

/** What follows from a policy; where it says nothing, what the table says of absence. */
export function rightsOf({
  troubleshooting,
  snapshots,
  clipboard,
  files,
  sharedFolder,
  window,
  preferences,
  exit,
}: MachinePolicy): Rights {
  return {
    power: troubleshooting?.power ?? true,
    snapshots: snapshots?.enabled ? snapshots.most : 0,
    clipboard: clipboard ?? Clipboard.parse({}),
    files: files ?? Files.parse({}),
    sharedFolder: (sharedFolder ?? SharedFolder.parse({})).access,
    fullScreen: window?.fullScreen ?? false,
    preferences: preferences?.enabled ?? true,
    exit: exit?.behaviour ?? 'suspend',
  };
}
