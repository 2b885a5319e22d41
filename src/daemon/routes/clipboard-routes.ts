import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import {
  type ClipboardAnswer,
  type GivenClipboardAnswer,
  MAX_GIVEN_BYTES,
  type TakenClipboardAnswer,
} from '../../api/clipboard.ts';
import { ROUTES } from '../../api/routes.ts';
import { openInstance } from '../../install/state/instances.ts';
import { type Asker, requireSeen } from '../../install/state/machine/owner.ts';
import { AppError } from '../../lib/errors.ts';
import { parseBody } from '../../pages/requests.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';

interface ClipboardDeps {
  asker: Asker;
  state: string;
  machines: { of(vm: string): Pick<RunningMachine, 'agent' | 'clipboardRules'> };
}

/**
 * What is asked about what was copied. What is given is larger than other requests are, so these routes stand before what bounds and
 * guards those, and do both themselves.
 */
export function addClipboardRoutes(app: Hono, { asker, state, machines }: ClipboardDeps): void {
  app.get(ROUTES.clipboard.path, async (context) => {
    const machine = await machineOf(context.req.param('vm'));
    const { agent } = machine;
    return context.json<ClipboardAnswer>({
      ...{ vm: context.req.param('vm'), ...machine.clipboardRules() },
      ...{ hasAgent: agent?.isThere ?? false, serial: agent?.serial ?? 0 },
    });
  });
  app.post(
    ROUTES.giveClipboard.path,
    bodyLimit({
      maxSize: MAX_GIVEN_BYTES,
      onError: () => {
        throw new AppError('CLIPBOARD_TOO_LARGE', `no policy lets pass what needs ${MAX_GIVEN_BYTES} bytes to be sent`);
      },
    }),
    async (context) => {
      const vm = context.req.param('vm');
      const agent = agentOf(vm, await machineOf(vm));
      const { type, base64 } = parseBody(ROUTES.giveClipboard.request, await context.req.text());
      const bytes = Buffer.from(base64, 'base64');
      agent.give({ type, bytes });
      return context.json<GivenClipboardAnswer>({ vm, type, bytes: bytes.length });
    },
  );
  app.post(ROUTES.takeClipboard.path, async (context) => {
    const vm = context.req.param('vm');
    const { type, bytes } = await agentOf(vm, await machineOf(vm)).take();
    return context.json<TakenClipboardAnswer>({ vm, type, base64: bytes.toString('base64') });
  });

  async function machineOf(vm: string): Promise<Pick<RunningMachine, 'agent' | 'clipboardRules'>> {
    await requireSeen(state, vm, asker);
    await openInstance(state, vm);
    return machines.of(vm);
  }
}

/** @throws AGENT_MISSING */
export function agentOf(vm: string, { agent }: Pick<RunningMachine, 'agent'>): NonNullable<RunningMachine['agent']> {
  if (agent) return agent;
  throw new AppError(
    'AGENT_MISSING',
    `${vm} has no port for an agent: its devices are those that need no driver, or an earlier release started it`,
  );
}
