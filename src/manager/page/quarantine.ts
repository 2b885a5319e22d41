import { randomBytes } from 'node:crypto';
import type { Hono } from 'hono';
import type { QuarantineAnswer, ReportedGroup } from '../../api/manager/quarantine.ts';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import { parseBody } from '../../pages/requests.ts';
import { parseEntry } from '../../policy/parts/access-entry.ts';
import { projectPaths } from '../../project/layout.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { withAnswers } from '../../quarantine/edit/draft-answers.ts';
import { withDraft } from '../../quarantine/edit/version-draft.ts';
import { versionBased } from '../../quarantine/edit/version-list.ts';
import type { ReportedMachine } from '../../quarantine/simulate.ts';
import { isThere } from '../../sys/files/files.ts';
import { addressesIn, lookUp, OWN_RESOLVERS, resolversNow } from '../../sys/names/resolver.ts';
import { changePolicy } from '../policies/change-policy.ts';
import { reportedMachines } from '../policies/reported-machines.ts';
import type { ManagerDeps } from './api.ts';

const RESOLVE_MS = 3000;

/** A machine’s quarantine: shown, and saved as it was wanted, where nobody else has changed it meanwhile. */
export function addQuarantineRoutes(app: Hono, { folder, clock, readings }: ManagerDeps): void {
  app.get(MANAGER_ROUTES.quarantine.path, async (context) => {
    const vm = context.req.param('vm');
    const { policy } = vmNamed(await openProject(folder, readings), vm);
    const { reports } = projectPaths(folder);
    const reported = (await isThere(reports)) ? { reported: grouped(vm, await reportedMachines(reports)) } : {};
    const { quarantine } = policy.value;
    return context.json<QuarantineAnswer>({ seen: policy.sha256, quarantine, ...reported });
  });
  app.post(MANAGER_ROUTES.versions.path, async (context) => {
    const { seen, draft } = parseBody(MANAGER_ROUTES.versions.request, await context.req.text());
    const vm = context.req.param('vm');
    const now = clock();
    const { inForce } = await changePolicy(
      folder,
      vm,
      (before) => withDraft(versionBased(before), draft, now),
      undefined,
      seen,
    );
    return context.json({ inForce });
  });
  app.post(MANAGER_ROUTES.wizard.path, async (context) => {
    const { seen, answers, draft, agreesToLoss } = parseBody(MANAGER_ROUTES.wizard.request, await context.req.text());
    const outside = { randomBits: () => randomBytes(4).readUInt32BE(), now: clock() };
    const { inForce } = await changePolicy(
      folder,
      context.req.param('vm'),
      (before) => withAnswers(before, answers, draft, outside),
      agreesToLoss ? 'to-any' : undefined,
      seen,
    );
    return context.json({ inForce });
  });
  app.get(MANAGER_ROUTES.resolve.path, async (context) => {
    const target = parseEntry(context.req.query('name') ?? '');
    if (typeof target === 'string' || target.target.kind !== 'name') return context.json({ addresses: [] });
    const answers = await lookUp(target.target.name, await resolversNow(OWN_RESOLVERS), RESOLVE_MS);
    return context.json({ addresses: addressesIn(answers) });
  });
}

/** The reports about one machine, those that say the same together. */
function grouped(vm: string, reported: readonly ReportedMachine[]): ReportedGroup[] {
  const groups = new Map<string, ReportedGroup>();
  for (const { descriptor, origin, enforcement, access } of reported.filter((machine) => machine.vm === vm)) {
    const same = {
      ...(descriptor === undefined ? {} : { descriptor }),
      ...(origin === undefined ? {} : { origin }),
      ...(enforcement === undefined ? {} : { enforcement }),
      ...(access === undefined ? {} : { access }),
    };
    const key = JSON.stringify(same);
    groups.set(key, { ...same, machines: (groups.get(key)?.machines ?? 0) + 1 });
  }
  return [...groups.values()];
}
