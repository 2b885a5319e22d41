import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { jsonOrNothing } from '../lib/json.ts';
import { readCapped } from '../sys/files/files.ts';

const MAX_BYTES = 1 << 20;
const Addresses = z.array(z.union([z.ipv4(), z.ipv6()])).max(10_000);

/** Where a service that runs in namespaces of its own finds the addresses that the computer has outside them. */
export function hostAddressesPath(runFolder: string): string {
  return join(runFolder, 'host-addresses.json');
}

/** Where such a service asks for names: its own loopback, which is answered from outside. */
export const NAMES_OUTSIDE = '127.0.0.1';

/** Who answers there. */
export function outsideResolvers(runFolder: string): { file: string } {
  return { file: join(runFolder, 'resolv.conf') };
}

/** @throws FILE_MISSING, FILE_INVALID: without them nothing may be opened */
export async function readHostAddresses(runFolder: string): Promise<string[]> {
  const path = hostAddressesPath(runFolder);
  const { data } = Addresses.safeParse(jsonOrNothing((await readCapped(path, MAX_BYTES)).toString('utf8')));
  if (!data) throw new AppError('FILE_INVALID', `${path} is damaged`, { details: { path } });
  return data;
}
