import type { InstallReport } from './install.ts';

/** What became of a machine, or of its policy. */
interface Outcome {
  vm: string;
  action: string;
}

/**
 * One report of several installations from the same packages, as of the last of them. What an earlier one has done, a later one finds
 * installed already: its user is told what was done.
 */
export function joinedReports(earlier: InstallReport, later: InstallReport): InstallReport {
  return {
    ...later,
    machines: joined(earlier.machines, later.machines),
    policies: joined(earlier.policies, later.policies),
  };
}

function joined<T extends Outcome>(earlier: readonly T[], later: readonly T[]): T[] {
  const all = new Map(earlier.map((each) => [each.vm, each]));
  for (const each of later) if (each.action !== 'keep' || !all.has(each.vm)) all.set(each.vm, each);
  return [...all.values()];
}
