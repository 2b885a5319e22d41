import type { Steps } from '../../lib/steps.ts';
import type { MachineDevices } from '../../policy/parts/machine-devices.ts';
import type { Reported } from '../../quarantine/versions/origin.ts';
import type { Watched } from '../../servers/kind.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import type { KeptFiles } from '../../sys/files/kept-files.ts';
import type { Log } from '../../sys/log.ts';
import type { QemuPlan } from '../../vm/args.ts';
import type { MachineFiles } from '../../vm/machine.ts';
import type { Computer } from '../computer/computer.ts';
import type { EventLog } from '../computer/events.ts';
import type { PluginSource } from '../plugins/plugin.ts';
import type { SavedPlace } from '../suspend/saved-state.ts';
import type { TermSource } from '../term/known-term.ts';

/** How the machine is run: installed on a user’s computer, in preview, or powered on in the manager without policies. */
export type RunMode = 'installed' | 'preview' | 'free';

/** All that starting a machine needs to know; where it comes from (an installation or a project) is not run’s business. */
export interface MachineSpec extends Pick<QemuPlan, 'hardware' | 'clock' | 'processor'> {
  /** Eight hexadecimal digits: names the network namespace and the run folder. */
  id: string;
  name: string;
  /** The number of the user whose it is; without it, it is everybody’s. */
  owner?: number;
  /** Number on this computer: addresses and users follow from it. */
  number: number;
  uuid: string;
  mac: string;
  memoryMiB: number;
  cpus: number;
  files: MachineFiles;
  /** What its user may connect while it runs, as far as policy lets him. */
  devices?: MachineDevices;
  logPath: string;
  runFolder: string;
  /** Where the last good answers for the lists’ names are kept; in the run folder where there is no better place. */
  namesPath?: string;
  /** How they are kept; in clear without it. */
  keptFiles?: KeptFiles;
  mode: RunMode;
  /** Where its state is saved when it is suspended; it cannot be where there is no such place. */
  saved?: SavedPlace;
  /** The installed generation, where there is one. */
  generation?: number;
}

/** Where the machine’s policy comes from. */
export interface PolicySource {
  /** What holds without asking anybody. */
  current(): Promise<CurrentPolicy>;
  /** Asks; throws when there is no answer that may be believed. */
  lookUp(signal?: AbortSignal): Promise<CurrentPolicy>;
  /** Waits until there may be something new to look up, where the policy server can say so. */
  watch(signal: AbortSignal): Promise<Watched>;
  /** The trusted time in milliseconds. */
  now(): Promise<number>;
}

/** Where the machine’s descriptor is kept: with the disk it describes. */
export interface DescriptorStore {
  read(): Promise<Reported | undefined>;
  write(reported: Reported | undefined): Promise<void>;
  /** The highest counter of a signed report that was taken for this machine, whatever disk it has now; 0 before the first. */
  counter(): Promise<number>;
  keepCounter(counter: number): Promise<void>;
}

/** What a machine needs beside its specification. */
export interface RunDeps {
  computer: Computer;
  policies: PolicySource;
  descriptors: DescriptorStore;
  events: EventLog;
  plugins: PluginSource;
  /** How long the machine may be used. */
  term: TermSource;
  /** The installed generation that the machine’s next start uses, where it is installed. */
  nextGeneration?: () => Promise<number>;
  /** Why the machine is not where it was installed; undefined where it is, or where it is not installed. */
  movedFrom?: () => Promise<string | undefined>;
  log: Log;
  /** Told after each step of suspending and going on. */
  steps?: Steps;
  /** Told when the guest reports itself, with the outcome of its own health command; a no lets the guest say it again. */
  onHello?: (healthy: boolean) => Promise<boolean>;
}
