import { join } from 'node:path';
import { z } from 'zod';
import { jsonOrNothing } from '../../lib/json.ts';
import { readIfThere, writeFileAtomic } from '../../sys/files/files.ts';

const MAX_BYTES = 1 << 20;

/** Who connected a device by an account of the domain, and what that said of him. */
const Account = z.strictObject({
  sid: z.string(),
  names: z.array(z.string()),
  groups: z.array(z.string()),
  groupNames: z.array(z.string()),
});

/** A device that is connected: what to, and who did it. */
export const ConnectedDevice = z.strictObject({
  /** The file or device of the computer. */
  what: z.string(),
  /** ISO time. */
  since: z.iso.datetime(),
  account: Account.exactOptional(),
  /** The plug-in that let it be connected, as its policy asks it. */
  script: z.string().exactOptional(),
});
export type ConnectedDevice = z.infer<typeof ConnectedDevice>;

/** `devices.json` in a machine’s run folder: what is connected to it, so that a restarted service knows. */
const KeptDevices = z.strictObject({ format: z.literal(1), devices: z.record(z.string(), ConnectedDevice) });

/** What was connected last; a damaged file has nothing. */
export async function readConnected(runFolder: string): Promise<Map<string, ConnectedDevice>> {
  const bytes = await readIfThere(pathIn(runFolder), MAX_BYTES);
  const { data } = KeptDevices.safeParse(jsonOrNothing(bytes?.toString('utf8') ?? ''));
  return new Map(Object.entries(data?.devices ?? {}));
}

/** @throws DISK_FULL */
export async function writeConnected(runFolder: string, devices: ReadonlyMap<string, ConnectedDevice>): Promise<void> {
  const kept = { format: 1, devices: Object.fromEntries(devices) };
  await writeFileAtomic(pathIn(runFolder), `${JSON.stringify(kept)}\n`, 0o600);
}

function pathIn(runFolder: string): string {
  return join(runFolder, 'devices.json');
}
