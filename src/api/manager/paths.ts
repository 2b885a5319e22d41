/** Where each request of the manager’s page goes. */
export const MANAGER_PATHS = {
  project: { method: 'GET', path: '/v1/project' },
  deployments: { method: 'GET', path: '/v1/deployments' },
  packages: { method: 'GET', path: '/v1/packages' },
} as const;
