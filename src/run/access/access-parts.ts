import type { Enforcement, Quarantine } from '../../policy/quarantine.ts';
import type { PluginEvent } from '../../quarantine/plugin.ts';
import type { Reported } from '../../quarantine/versions/origin.ts';
import type { HostFacts } from '../../quarantine/zones.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import type { EventLog } from '../computer/events.ts';
import type { DescriptorStore, MachineSpec, PolicySource } from '../machine/spec.ts';
import type { Asked, PluginParts } from '../plugins/asked-plugin.ts';
import type { Filter } from './following-filter.ts';

/** What one machine’s access is kept with. */
export interface AccessParts extends PluginParts {
  spec: MachineSpec;
  network: Filter;
  policies: PolicySource;
  descriptors: DescriptorStore;
  events: EventLog;
  enforcement: Enforcement;
  /** What the computer knows of its networks, as far as a quarantine asks. */
  host: (quarantine: Quarantine) => Promise<HostFacts | undefined>;
  /** How long a report may be judged. */
  answerMs?: number;
}

/** What a machine’s access begins with, and why its plug-in is asked first, or what it is known to have said: then nobody waits for it. */
export interface Start {
  policy: CurrentPolicy;
  reported: Reported | undefined;
  plugin: PluginEvent | { said: Asked | undefined };
}
