import { join } from 'node:path';
import { z } from 'zod';
import { HostNetwork } from '../../firewall/machine/host/forwarding.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import type { Enforcement, Quarantine } from '../../policy/quarantine.ts';
import type { ZoneDescription } from '../../policy/zones.ts';
import { type HostFacts, zonesOf } from '../../quarantine/zones.ts';
import { readIfThere, writeFileAtomic } from '../../sys/files/files.ts';
import { readKernelFile } from '../../sys/files/kernel.ts';
import { OWN_RESOLVERS, type Resolvers } from '../../sys/names/resolver.ts';
import { isOwnUserNamespace } from '../../sys/programs/users.ts';
import { probeAccel } from '../../vm/accel.ts';
import type { Accel } from '../../vm/args.ts';
import { HostObserver } from './host-facts.ts';

const MAX_BYTES = 4096;
const Probed = z.strictObject({ format: z.literal(1), bootId: z.string(), accel: z.enum(['kvm', 'tcg']) });

/** What all machines of this computer share. */
export interface Computer {
  /** Whether what holds a machine is out of the user’s hands: not so where he is root of a namespace of his own. */
  enforcement: Enforcement;
  accel: Accel;
  host: HostNetwork;
  /** Who is asked for names, on behalf of machines too. */
  resolvers: Resolvers;
  /** Whom those stand for, to be shown in their stead. */
  shownResolvers: Resolvers;
  /** What it knows of the networks that it is on, as far as a quarantine asks. */
  facts: (quarantine: Quarantine) => Promise<HostFacts | undefined>;
  /** The same as far as some zones ask. */
  zoneFacts: (zones: readonly { when: ZoneDescription }[]) => Promise<HostFacts | undefined>;
}

export interface ComputerOptions {
  accel: Accel | 'auto';
  /** Sockets, and the host’s changed network settings until they are put back; a restart of the computer forgets both. */
  runRoot: string;
  /** Where the outcome of the probe is kept until the computer is started anew. */
  accelFile: string;
  /** Instead of those this computer is set up with. */
  resolvers?: readonly string[];
  /** Those that stand behind them outside, where the service runs in namespaces of its own. */
  shownResolvers?: Resolvers;
  /** The addresses that this computer has outside the namespaces that the service runs in, where it runs in some of its own. */
  ownOutside?: () => Promise<readonly string[]>;
}

export async function openComputer({
  accel,
  runRoot,
  accelFile,
  resolvers: addresses,
  shownResolvers,
  ownOutside,
}: ComputerOptions): Promise<Computer> {
  const resolvers = addresses ? { addresses } : OWN_RESOLVERS;
  const observer = new HostObserver();
  return {
    enforcement: isOwnUserNamespace() ? 'guest-only' : 'host',
    facts: (quarantine) => observer.facts(zonesOf(quarantine)),
    zoneFacts: (zones) => observer.facts(zones),
    accel: accel === 'auto' ? await rememberedAccel(accelFile) : accel,
    host: new HostNetwork(join(runRoot, 'host-network.json'), ownOutside),
    resolvers,
    shownResolvers: shownResolvers ?? resolvers,
  };
}

async function rememberedAccel(path: string): Promise<Accel> {
  const boot = (await readKernelFile('/proc/sys/kernel/random/boot_id')) ?? '';
  const kept = (await readIfThere(path, MAX_BYTES))?.toString('utf8') ?? '';
  const known = Probed.safeParse(jsonOrNothing(kept)).data;
  if (known && known.bootId === boot) return known.accel;
  const accel = await probeAccel();
  await writeFileAtomic(path, `${JSON.stringify({ format: 1, bootId: boot, accel })}\n`);
  return accel;
}
