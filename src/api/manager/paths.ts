import { JOB_PATHS } from './job-paths.ts';

/** Where each request of the manager’s page goes. */
export const MANAGER_PATHS = {
  project: { method: 'GET', path: '/v1/project' },
  deployments: { method: 'GET', path: '/v1/deployments' },
  difference: { method: 'GET', path: '/v1/deployments/difference' },
  takeBack: { method: 'POST', path: '/v1/deployments/:id/take-back' },
  quarantine: { method: 'GET', path: '/v1/machines/:vm/quarantine' },
  versions: { method: 'POST', path: '/v1/machines/:vm/versions' },
  wizard: { method: 'POST', path: '/v1/machines/:vm/wizard' },
  resolve: { method: 'GET', path: '/v1/resolve' },
  policy: { method: 'GET', path: '/v1/machines/:vm/policy' },
  savePolicy: { method: 'POST', path: '/v1/machines/:vm/policy' },
  readPolicy: { method: 'POST', path: '/v1/policy/read' },
  writePolicy: { method: 'POST', path: '/v1/policy/write' },
  administratorAccess: { method: 'POST', path: '/v1/policy/administrator-access' },
  settings: { method: 'GET', path: '/v1/settings' },
  saveSettings: { method: 'POST', path: '/v1/settings' },
  hotFixes: { method: 'GET', path: '/v1/hot-fixes' },
  offerHotFixes: { method: 'POST', path: '/v1/hot-fixes/offer' },
  openHotFix: { method: 'POST', path: '/v1/hot-fixes/open' },
  foreseeHotFix: { method: 'POST', path: '/v1/hot-fixes/foresee' },
  answerHotFix: { method: 'POST', path: '/v1/hot-fixes/answer' },
  simulate: { method: 'POST', path: '/v1/machines/:vm/simulate' },
  packages: { method: 'GET', path: '/v1/packages' },
  ...JOB_PATHS,
} as const;
