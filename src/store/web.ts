import { AppError } from '../lib/errors.ts';
import { PolicyDocument } from '../policy/schema.ts';
import { sourceAt } from '../sys/fetch.ts';
import { pinnedProject, refresh } from '../trust/client.ts';
import { parseVerified } from '../trust/verified.ts';

const MAX_POLICY_BYTES = 16 << 20;

export interface WebLookup {
  trustFolder: string;
  server: URL;
  now: number;
  signal?: AbortSignal;
}

/**
 * Looks a machine’s policy up on a web server, verified from the pinned project down; `version` is that of the release it is in.
 * @throws STORE_UNREACHABLE (no answer), TRUST_* (an answer that is not to be believed), POLICY_INVALID (of another machine)
 */
export async function lookUpOnWeb(
  vm: { name: string; id: string },
  { trustFolder, server, now, signal }: WebLookup,
): Promise<{ document: PolicyDocument; version: number }> {
  try {
    const repository = await refresh(trustFolder, 'policies', sourceAt(server), signal ? { now, signal } : { now });
    const bytes = await repository.read(`${vm.name}.json`, MAX_POLICY_BYTES);
    const { value } = parseVerified(bytes, PolicyDocument, `the policy of ${vm.name}`);
    const project = await pinnedProject(trustFolder);
    if (value.project !== project?.fingerprint || value.vmId !== vm.id) {
      throw new AppError('POLICY_INVALID', `the policy found is not that of ${vm.name}`);
    }
    return { document: value, version: repository.version };
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith('FETCH_')) throw error;
    throw new AppError('STORE_UNREACHABLE', `the policy server ${server} did not answer`, { cause: error });
  }
}
