/** Where is asked about the devices of machines: of the service, and of a manager that runs some. */
export const DEVICE_PATHS = {
  devices: { method: 'GET', path: '/v1/machines/:vm/devices' },
  connectDevice: { method: 'POST', path: '/v1/machines/:vm/devices/connect' },
  disconnectDevice: { method: 'POST', path: '/v1/machines/:vm/devices/disconnect' },
  queues: { method: 'GET', path: '/v1/queues' },
} as const;

/** Where each request of the service goes: apart from what it carries, so that a page needs no schema to ask. */
export const PATHS = {
  ownSocket: { method: 'POST', path: '/v1/own-socket' },
  status: { method: 'GET', path: '/v1/status' },
  machine: { method: 'GET', path: '/v1/machines/:vm' },
  start: { method: 'POST', path: '/v1/machines/:vm/start' },
  password: { method: 'POST', path: '/v1/machines/:vm/password' },
  ready: { method: 'POST', path: '/v1/machines/:vm/ready' },
  stop: { method: 'POST', path: '/v1/machines/:vm/stop' },
  reset: { method: 'POST', path: '/v1/machines/:vm/reset' },
  suspend: { method: 'POST', path: '/v1/machines/:vm/suspend' },
  rollback: { method: 'POST', path: '/v1/machines/:vm/rollback' },
  hardware: { method: 'POST', path: '/v1/machines/:vm/hardware' },
  reimage: { method: 'POST', path: '/v1/machines/:vm/reimage' },
  requestHotFix: { method: 'POST', path: '/v1/machines/:vm/hot-fix/request' },
  foreseeHotFix: { method: 'POST', path: '/v1/machines/:vm/hot-fix/foresee' },
  applyHotFix: { method: 'POST', path: '/v1/machines/:vm/hot-fix/apply' },
  snapshots: { method: 'GET', path: '/v1/machines/:vm/snapshots' },
  takeSnapshot: { method: 'POST', path: '/v1/machines/:vm/snapshots' },
  revertSnapshot: { method: 'POST', path: '/v1/machines/:vm/snapshots/revert' },
  removeSnapshot: { method: 'POST', path: '/v1/machines/:vm/snapshots/remove' },
  ...DEVICE_PATHS,
  clipboard: { method: 'GET', path: '/v1/machines/:vm/clipboard' },
  giveClipboard: { method: 'POST', path: '/v1/machines/:vm/clipboard/give' },
  takeClipboard: { method: 'POST', path: '/v1/machines/:vm/clipboard/take' },
  shareFolder: { method: 'POST', path: '/v1/machines/:vm/share' },
  stopSharing: { method: 'POST', path: '/v1/machines/:vm/share/stop' },
  sendFile: { method: 'POST', path: '/v1/machines/:vm/files' },
  lookUp: { method: 'POST', path: '/v1/machines/:vm/look-up' },
  explain: { method: 'GET', path: '/v1/machines/:vm/explain' },
  support: { method: 'GET', path: '/v1/support' },
  open: { method: 'POST', path: '/v1/page' },
  closePages: { method: 'POST', path: '/v1/page/end' },
  events: { method: 'GET', path: '/v1/events' },
  plan: { method: 'POST', path: '/v1/plan' },
  install: { method: 'POST', path: '/v1/install' },
  update: { method: 'POST', path: '/v1/update' },
  lazaret: { method: 'POST', path: '/v1/lazaret' },
  computer: { method: 'GET', path: '/v1/computer' },
  servers: { method: 'GET', path: '/v1/servers' },
  prove: { method: 'POST', path: '/v1/prove' },
  uninstall: { method: 'POST', path: '/v1/uninstall' },
} as const;

/** Where pages follow events, one message each, after a `ready` that says that none is missed from now on. */
export const LIVE_PATH = '/v1/live';

/** Where a page finds a machine’s screen, by web socket (RFB). */
export function consolePath(vm: string): string {
  return `/v1/machines/${encodeURIComponent(vm)}/console`;
}

/** Where a page hears a machine, by web socket: 16-bit samples, the lower byte first, left and right in turn, 48,000 pairs a second. */
export function soundPath(vm: string): string {
  return `/v1/machines/${encodeURIComponent(vm)}/sound`;
}

/** Where a page speaks to a machine, by web socket: 16-bit samples, the lower byte first, 48,000 a second. */
export function microphonePath(vm: string): string {
  return `/v1/machines/${encodeURIComponent(vm)}/microphone`;
}
