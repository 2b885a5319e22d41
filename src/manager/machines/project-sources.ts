import { lastSerial, policyDocument } from '../../package/build/publish-policies.ts';
import type { TermFacts } from '../../policy/parts/term.ts';
import type { Project, ProjectVm } from '../../project/open.ts';
import { saveState } from '../../project/save.ts';
import type { RunDeps } from '../../run/machine/spec.ts';
import { systemClock } from '../../sys/clock.ts';

/** The policy as it stands in the project, and the descriptor that the project remembers. */
export async function projectSources(
  project: Project,
  vm: ProjectVm,
): Promise<Pick<RunDeps, 'policies' | 'descriptors' | 'term'>> {
  const current = { document: policyDocument(project, vm, await lastSerial(project)), lookedUpAt: undefined };
  let { descriptor } = vm.state;
  let lastCounter = 0;
  let renewal: TermFacts['renewal'];
  return {
    policies: {
      current: async () => current,
      lookUp: async () => current,
      watch: async () => 'unsupported',
      now: async () => systemClock(),
    },
    // No days are counted in preview (D36); a date that is over is over here too, and what a plug-in says holds for this run.
    term: {
      now: async () => systemClock(),
      facts: async () => ({ startedAt: undefined, renewal }),
      renew: async (given) => {
        renewal = given;
      },
    },
    descriptors: {
      // What stands in the project is what the next package will carry, signed.
      read: async () => (descriptor === undefined ? undefined : { descriptor, origin: 'package' }),
      write: async (value) => {
        descriptor = value?.descriptor;
        await saveState(project.folder, vm.name, { format: 1, ...(descriptor === undefined ? {} : { descriptor }) });
      },
      counter: async () => lastCounter,
      keepCounter: async (counter) => {
        lastCounter = counter;
      },
    },
  };
}
