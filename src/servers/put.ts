import { AppError } from '../lib/errors.ts';
import type { Asking, OnFile, ServerKind } from './kind.ts';
import { KINDS, kindThat } from './kinds.ts';
import { publicationIn } from './publication.ts';

/** Where a deploy goes, beside the published folder of the project itself. */
export interface DeployTarget {
  address: string;
  kind: ServerKind & Required<Pick<ServerKind, 'put'>>;
}

/** The place that a deploy is told to go to. @throws USAGE where policies cannot be put there */
export function deployTarget(address: string, kinds = KINDS): DeployTarget {
  const kind = kindThat('put', address, kinds);
  if (!kind) throw new AppError('USAGE', `${address} is not a place to deploy to`);
  return { address, kind };
}

/** The project’s policy server, where a deploy goes there without being told. */
export function unaskedTarget(policyServer: string | undefined): DeployTarget | undefined {
  const kind = policyServer === undefined ? undefined : kindThat('put', policyServer);
  return policyServer !== undefined && kind?.isPutUnasked ? { address: policyServer, kind } : undefined;
}

/** How people write the places that a deploy can go to. */
export function deployForms(): string[] {
  return KINDS.filter(({ put }) => put).map(({ form }) => form);
}

/**
 * Puts the newest release of a published folder on a policy server. Readers see the former release or the new one, never a mix.
 * @throws STORE_*, FETCH_*, DEPLOY_FAILED, PROGRAM_MISSING, FILE_*, DISK_FULL, INTERRUPTED
 */
export async function putOnServer(
  published: string,
  { kind, address }: DeployTarget,
  asking: Asking,
  onFile: OnFile = () => undefined,
): Promise<void> {
  await kind.put(await publicationIn(published), address, asking, onFile);
}
