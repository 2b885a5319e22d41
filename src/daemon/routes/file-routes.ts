import type { Hono } from 'hono';
import { ROUTES } from '../../api/routes.ts';
import { type SentFileAnswer, SentFileQuery } from '../../api/sent-file.ts';
import { openInstance } from '../../install/state/instances.ts';
import { type Asker, requireSeen } from '../../install/state/machine/owner.ts';
import { parseValue } from '../../pages/requests.ts';
import { streamedBody } from '../../pages/streamed-body.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';
import { agentOf } from './clipboard-routes.ts';

interface FileDeps {
  asker: Asker;
  state: string;
  machines: { of(vm: string): Pick<RunningMachine, 'agent'> };
}

/** Takes a file for a guest as it comes: none of it is kept here, and its length is said and judged before. */
export function addFileRoute(app: Hono, { asker, state, machines }: FileDeps): void {
  app.post(ROUTES.sendFile.path, async (context) => {
    const vm = context.req.param('vm');
    await requireSeen(state, vm, asker);
    await openInstance(state, vm);
    const { name } = parseValue(SentFileQuery, context.req.query());
    const body = streamedBody(context);
    await agentOf(vm, machines.of(vm)).sendFile({ name, ...body });
    return context.json<SentFileAnswer>({ vm, name, bytes: body.bytes });
  });
}
