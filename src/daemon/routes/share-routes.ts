import type { Hono } from 'hono';
import type { MachineAnswer } from '../../api/machine.ts';
import { ROUTES } from '../../api/routes.ts';
import { openInstance } from '../../install/state/instances.ts';
import type { Asker } from '../../install/state/machine/owner.ts';
import { AppError } from '../../lib/errors.ts';
import { parseBody } from '../../pages/requests.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';
import { uidOf } from '../machines/devices.ts';

interface ShareDeps {
  asker: Asker;
  state: string;
  machines: { of(vm: string): RunningMachine };
}

/** What is asked about the folder that a user shares with a machine. */
export function addShareRoutes(app: Hono, { asker, state, machines }: ShareDeps): void {
  app.post(ROUTES.shareFolder.path, async (context) => {
    const { path, readOnly } = parseBody(ROUTES.shareFolder.request, await context.req.text());
    const machine = await running(context.req.param('vm'));
    if (holds(path, state))
      throw new AppError('SHARE_FOLDER', `${path} holds Lazaret’s own files, or is one of its folders`);
    await machine.share.share({ path, readOnly, uid: uidOf(asker) });
    return context.json<MachineAnswer>(machine.report());
  });
  app.post(ROUTES.stopSharing.path, async (context) => {
    const machine = await running(context.req.param('vm'));
    await machine.share.stop('its user ended it');
    return context.json<MachineAnswer>(machine.report());
  });

  async function running(vm: string): Promise<RunningMachine> {
    await openInstance(state, vm);
    return machines.of(vm);
  }
}

/** A guest must not have what decides about it: its disks, its policy. */
function holds(path: string, state: string): boolean {
  const within = (inner: string, outer: string) => `${inner}/`.startsWith(outer === '/' ? '/' : `${outer}/`);
  return within(state, path) || within(path, state);
}
