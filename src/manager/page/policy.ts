import type { Hono } from 'hono';
import type { PolicyAnswer, ReadPolicyAnswer } from '../../api/manager/policy.ts';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import { parseBody } from '../../pages/requests.ts';
import type { AdministratorAccess } from '../../policy/administrator-access.ts';
import { openProject } from '../../project/open.ts';
import {
  openPolicyText,
  type ReadPolicy,
  readPolicyText,
  savePolicyText,
  withPolicy,
} from '../../project/policy-text.ts';
import { inForceText } from '../../quarantine/in-force.ts';
import { newAdministratorAccess } from '../policies/administrator-access.ts';
import type { ManagerDeps } from './api.ts';

/** A machine’s policy file as text: read and written without losing what its administrator wrote beside the values. */
export function addPolicyRoutes(app: Hono, { folder, readings }: ManagerDeps): void {
  app.get(MANAGER_ROUTES.policy.path, async (context) => {
    const { seen, text, ...read } = await openPolicyText(folder, context.req.param('vm'));
    return context.json<PolicyAnswer>({ seen, text, ...answerOf(read) });
  });
  app.post(MANAGER_ROUTES.savePolicy.path, async (context) => {
    const request = parseBody(MANAGER_ROUTES.savePolicy.request, await context.req.text());
    const { before, after } = await savePolicyText(folder, context.req.param('vm'), request);
    const { file } = await openProject(folder, readings);
    const had = before.policy?.quarantine ?? after.quarantine;
    return context.json({ inForce: inForceText(had, after.quarantine, file.value.policyServer !== undefined) });
  });
  app.post(MANAGER_ROUTES.readPolicy.path, async (context) => {
    const { text } = parseBody(MANAGER_ROUTES.readPolicy.request, await context.req.text());
    return context.json<ReadPolicyAnswer>(answerOf(readPolicyText(text)));
  });
  app.post(MANAGER_ROUTES.administratorAccess.path, async (context) => {
    const { password } = parseBody(MANAGER_ROUTES.administratorAccess.request, await context.req.text());
    return context.json<AdministratorAccess>(await newAdministratorAccess(password));
  });
  app.post(MANAGER_ROUTES.writePolicy.path, async (context) => {
    const { text, policy } = parseBody(MANAGER_ROUTES.writePolicy.request, await context.req.text());
    return context.json({ text: withPolicy(text, policy) });
  });
}

function answerOf({ policy, problems }: ReadPolicy): ReadPolicyAnswer {
  return {
    ...(policy ? { policy } : {}),
    problems: problems.map(({ path, message }) => ({ field: path.join('.'), message })),
  };
}
