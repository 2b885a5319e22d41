import { AppError } from '../../lib/errors.ts';
import type { PackageManifest } from '../../package/manifest.ts';
import { changeWords, type PolicyChange, policyChanges } from '../../policy/reading/changes.ts';
import type { PolicyDocument } from '../../policy/schema.ts';

/** What is known of an installed machine’s policy. */
export interface PolicyFacts {
  vm: string;
  vmId: string;
  /** Of the package that brought it. */
  policyGeneration: number;
  policy: PolicyDocument;
}

/** What becomes of one policy of a package on this computer. */
export interface PolicyPlan {
  document: PolicyDocument;
  /**
   * `with-machine`: it comes with the machine itself; `apply`: it replaces the one of the installed machine; `keep`: it is
   * here already; `absent`: its machine is not installed here; `refuse`: it would change what only an installation can.
   */
  action: 'with-machine' | 'apply' | 'keep' | 'absent' | 'refuse';
  changes: readonly PolicyChange[];
}

/**
 * What a package’s policies mean for the machines of this computer. Those that the package is not opened for keep a newer one.
 * @throws TRUST_ROLLBACK when a machine has a policy of a newer package
 */
export function planPolicies(
  { generation, machines, policies }: PackageManifest,
  installed: readonly PolicyFacts[],
  isAside: (vm: string) => boolean = () => false,
): PolicyPlan[] {
  const factsOf = ({ vm, vmId }: PolicyDocument) => installed.find((facts) => facts.vmId === vmId && facts.vm === vm);
  const changesOf = (document: PolicyDocument) => {
    const facts = factsOf(document);
    return facts ? policyChanges(facts.policy.policy, document.policy) : [];
  };
  const within = machines.map(({ policy: document }) => {
    return { document, action: 'with-machine' as const, changes: changesOf(document) };
  });
  const alone = policies.map((document): PolicyPlan => {
    const facts = factsOf(document);
    if (!facts) return { document, action: 'absent', changes: [] };
    if (facts.policyGeneration > generation && isAside(document.vm)) return { document, action: 'keep', changes: [] };
    if (facts.policyGeneration > generation) {
      const what = `${document.vm} has a policy of generation ${facts.policyGeneration}; the package is of generation ${generation}`;
      throw new AppError('TRUST_ROLLBACK', what, { details: { generation, installed: facts.policyGeneration } });
    }
    const changes = changesOf(document);
    if (facts.policyGeneration === generation) return { document, action: 'keep', changes };
    const needsMachine = changes.some(({ when }) => when === 'with-machine');
    return { document, action: needsMachine ? 'refuse' : 'apply', changes };
  });
  return [...within, ...alone];
}

/** What became, or would become, of a policy. */
export interface PolicyReport {
  vm: string;
  action: PolicyPlan['action'];
  changes: readonly PolicyChange[];
}

export function policyReports({ policies }: { policies: readonly PolicyPlan[] }): PolicyReport[] {
  return policies.map(({ document: { vm }, action, changes }) => ({ vm, action, changes }));
}

/** The other machines get their policies; the result is a failure all the same, and names those that do not (D32). @throws POLICY_NEEDS_MACHINE */
export function requireNoneRefused(reports: readonly PolicyReport[], details: Record<string, unknown> = {}): void {
  const refused = reports.filter(({ action }) => action === 'refuse');
  if (refused.length === 0) return;
  const vms = refused.map(({ vm }) => vm);
  const needing = refused.map(
    ({ vm, changes }) => `${changeWords(changes.filter(({ when }) => when === 'with-machine'))} of ${vm}`,
  );
  const what = `${needing.join(', ')} would change: their policies stay as they are, all else is installed`;
  throw new AppError('POLICY_NEEDS_MACHINE', what, { details: { vms, ...details } });
}
