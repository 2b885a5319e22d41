/** Where what takes long is asked for, and where it is seen. */
export const JOB_PATHS = {
  tasks: { method: 'GET', path: '/v1/tasks' },
  task: { method: 'GET', path: '/v1/tasks/:id' },
  cancelTask: { method: 'POST', path: '/v1/tasks/:id/cancel' },
  planForeign: { method: 'POST', path: '/v1/foreign-plan' },
  planAce: { method: 'POST', path: '/v1/ace-plan' },
  importAce: { method: 'POST', path: '/v1/ace-project' },
  importDisk: { method: 'POST', path: '/v1/machines' },
  /** The file of a task that waits for one, as it is. */
  sendDisk: { method: 'PUT', path: '/v1/tasks/:id/disk' },
  exportMachine: { method: 'POST', path: '/v1/machines/:vm/export' },
  runMachine: { method: 'POST', path: '/v1/machines/:vm/run' },
  runningMachine: { method: 'GET', path: '/v1/machines/:vm/run' },
  suspendRun: { method: 'POST', path: '/v1/machines/:vm/suspend' },
  shutDown: { method: 'POST', path: '/v1/machines/:vm/shut-down' },
  powerOff: { method: 'POST', path: '/v1/machines/:vm/power-off' },
  planPackage: { method: 'POST', path: '/v1/package-plan' },
  buildPackage: { method: 'POST', path: '/v1/packages' },
  deployPlace: { method: 'GET', path: '/v1/deploy' },
  deploy: { method: 'POST', path: '/v1/deploy' },
} as const;
