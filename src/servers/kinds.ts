import { z } from 'zod';
import { directory } from './directory/directory.ts';
import { folder } from './folder.ts';
import type { NeededServer, ServerKind } from './kind.ts';
import { rsync } from './rsync.ts';
import { web } from './web.ts';

/** All kinds of places that hold policies or packages. The first that owns an address has it; a folder’s path may look like much. */
export const KINDS: readonly ServerKind[] = [directory, web, rsync, folder];

/** The kind of an address, or undefined where it is of none. */
function kindOf(address: string, kinds = KINDS): ServerKind | undefined {
  return kinds.find((kind) => kind.owns(address));
}

/** The same, where that kind can do what is wanted. */
export function kindThat<K extends keyof ServerKind>(
  can: K,
  address: string,
  kinds = KINDS,
): (ServerKind & Required<Pick<ServerKind, K>>) | undefined {
  const kind = kindOf(address, kinds);
  return kind && isAble(kind, can) ? kind : undefined;
}

function isAble<K extends keyof ServerKind>(
  kind: ServerKind,
  can: K,
): kind is ServerKind & Required<Pick<ServerKind, K>> {
  return kind[can] !== undefined;
}

/** The servers that must be reachable for these addresses; a proxy’s address is a web server’s, too. */
export function neededFor(addresses: readonly (string | undefined)[], kinds = KINDS): NeededServer[] {
  return addresses.flatMap((address = '') => kindThat('reaches', address, kinds)?.reaches(address) ?? []);
}

/** Where computers look policies up: the address of a place that can be read. */
export const PolicyServer = policyServer(KINDS);

export function policyServer(kinds: readonly ServerKind[]) {
  const forms = kinds.filter(({ source }) => source).map(({ form }) => form);
  return z
    .url()
    .max(2000)
    .refine(
      (text) => kindThat('source', text, kinds) !== undefined,
      `is no policy server’s address: ${forms.join(', ')}`,
    );
}
