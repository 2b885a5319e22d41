import { z } from 'zod';
import { EventAnswer } from './event.ts';
import {
  InstalledAnswer,
  InstallRequest,
  PlanAnswer,
  PlanRequest,
  UninstalledAnswer,
  UninstallRequest,
  UpdateRequest,
} from './install.ts';
import { ExplainedAnswer, MachineAnswer, RolledBackAnswer, StoppedAnswer, StopRequest } from './machine.ts';
import { StatusAnswer } from './status.ts';

/**
 * What the service can be asked: one row a request. The answer is one line of JSON; where `lines` says so there are
 * several: an event each, or progress until the result. A path holds the version of all of it: within a version nothing is
 * taken away. Readers ignore fields that they do not know; the service refuses them.
 */
export const ROUTES = {
  status: { method: 'GET', path: '/v1/status', answer: StatusAnswer },
  machine: { method: 'GET', path: '/v1/machines/:vm', answer: MachineAnswer },
  start: { method: 'POST', path: '/v1/machines/:vm/start', answer: MachineAnswer },
  stop: { method: 'POST', path: '/v1/machines/:vm/stop', request: StopRequest, answer: StoppedAnswer },
  rollback: { method: 'POST', path: '/v1/machines/:vm/rollback', answer: RolledBackAnswer },
  lookUp: { method: 'POST', path: '/v1/machines/:vm/look-up', answer: MachineAnswer },
  explain: { method: 'GET', path: '/v1/machines/:vm/explain', answer: ExplainedAnswer },
  events: { method: 'GET', path: '/v1/events', answer: EventAnswer, lines: 'events' },
  plan: { method: 'POST', path: '/v1/plan', request: PlanRequest, answer: PlanAnswer },
  install: { method: 'POST', path: '/v1/install', request: InstallRequest, answer: InstalledAnswer, lines: 'progress' },
  update: {
    method: 'POST',
    path: '/v1/update',
    request: UpdateRequest,
    answer: z.array(InstalledAnswer),
    lines: 'progress',
  },
  uninstall: { method: 'POST', path: '/v1/uninstall', request: UninstallRequest, answer: UninstalledAnswer },
} as const;
