import { AppError } from '../lib/errors.ts';
import { PolicyDocument } from '../policy/schema.ts';
import { shownAddress } from '../sys/sources/fetch.ts';
import type { Source } from '../sys/sources/source.ts';
import { pinnedProject } from '../trust/verify/client.ts';
import { type InTurn, refresh } from '../trust/verify/refresh.ts';
import { parseVerified } from '../trust/verify/verified.ts';

const MAX_POLICY_BYTES = 16 << 20;

export interface Lookup {
  trustFolder: string;
  source: Source;
  now: number;
  /** The turns of the trust folder. */
  inTurn: InTurn;
  signal?: AbortSignal;
}

/**
 * Looks a machine’s policy up on a policy server, verified from the pinned project down; `version` is that of the release it is in.
 * @throws STORE_UNREACHABLE (no answer), STORE_* (a directory’s refusal), TRUST_* (an answer that is not to be believed), POLICY_INVALID (of another machine)
 */
export async function lookUpPolicy(
  vm: { name: string; id: string },
  { trustFolder, source, now, inTurn, signal }: Lookup,
): Promise<{ document: PolicyDocument; version: number }> {
  const repository = await refresh(trustFolder, 'policies', source, {
    ...{ now, inTurn },
    ...(signal ? { signal } : {}),
  });
  const bytes = await repository.read(`${vm.name}.json`, MAX_POLICY_BYTES);
  const { value } = parseVerified(bytes, PolicyDocument, `the policy of ${vm.name}`);
  const project = await pinnedProject(trustFolder);
  if (value.project !== project?.fingerprint || value.vmId !== vm.id) {
    throw new AppError('POLICY_INVALID', `the policy found is not that of ${vm.name}`);
  }
  return { document: value, version: repository.version };
}

/** What it is called that a policy server is silent, or has nothing. */
export function asUnreachable(error: unknown, server: string): unknown {
  if (!(error instanceof AppError) || !error.code.startsWith('FETCH_')) return error;
  return new AppError(
    'STORE_UNREACHABLE',
    `the policy server ${shownAddress(server)} gave no policies: ${error.message}`,
    {
      cause: error,
    },
  );
}
