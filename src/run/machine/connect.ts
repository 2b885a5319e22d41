import { GuestChannel } from '../../guest/channel.ts';
import { failureOf } from '../../lib/errors.ts';
import { freeBytes } from '../../sys/files/folders.ts';
import type { Log } from '../../sys/log.ts';
import { failWhenGone, whyFailed } from '../../vm/machine.ts';
import { Qmp, type QmpOptions } from '../../vm/qmp.ts';
import type { Access } from '../access/access.ts';
import { connectAgent } from './clipboard.ts';
import { GuestRequests } from './guest-requests.ts';
import type { MachineParts } from './parts.ts';
import { Readiness } from './readiness.ts';
import { machineSockets } from './record.ts';
import type { MachineSpec, RunDeps } from './spec.ts';
import { Standing } from './standing.ts';
import { lookAtTerm } from './term.ts';

type Unconnected = Omit<MachineParts, 'qmp' | 'channel' | 'requests' | 'agent' | 'standing' | 'readiness'>;

/** Connects a machine’s QEMU and its guest with what follows them; a QEMU that has ended meanwhile says why. @throws VM_FAILED */
export async function connect(parts: Unconnected, withinMs: number, signal?: AbortSignal): Promise<MachineParts> {
  const { spec, deps, record, network, access, known, qemuLog, stack } = parts;
  const sockets = machineSockets(spec.runFolder);
  const onSilence = (error: unknown) => deps.log.error(failureOf(error), 'cannot tell whether the guest is ready');
  const readiness = stack.use(
    new Readiness(
      () => network.askGuest(),
      () => deps.policies.now(),
      onSilence,
    ),
  );
  let agent: MachineParts['agent'];
  const requests = new GuestRequests(access, deps);
  const onReset = () => {
    readiness.beginAgain();
    requests.beginAgain();
    agent?.beginAgain();
    judgeAfterReset(access, deps.log);
    lookAtTerm(known, access.policy.document, deps.log, 'reset');
  };
  const standing = stack.use(standingOf(spec, deps, onReset));
  const giveUp = new AbortController();
  const patience = AbortSignal.any([giveUp.signal, ...(signal ? [signal] : [])]);
  const gone = failWhenGone(record.qemu, qemuLog, patience);
  const onNews: QmpOptions['onNews'] = (news, qemu) => standing.hear(news, qemu);
  const onFailure = (error: unknown) => deps.log.error(failureOf(error), 'guest request failed');
  try {
    const qmp = stack.use(await Promise.race([Qmp.connect(sockets.qmp, { onNews, signal: patience, withinMs }), gone]));
    const channel = stack.use(
      await GuestChannel.connect(sockets.guest, (...asked) => requests.answer(...asked), {
        onFailure,
        signal: patience,
        withinMs,
      }),
    );
    const policy = () => access.policy.document.policy;
    // Devices that need no driver have no port for it.
    if (spec.hardware !== 'compatible')
      agent = await connectAgent(sockets.agent, { spec, deps, policy }, { signal: patience, withinMs });
    if (agent) stack.use(agent);
    // The first to go: the channel waits for its last answer, and that perhaps for a plug-in.
    stack.defer(() => access.end());
    return { ...parts, qmp, channel, requests, agent, standing, readiness };
  } catch (error) {
    throw await whyFailed(error, record.qemu, qemuLog);
  } finally {
    giveUp.abort();
    await gone.catch(() => undefined);
  }
}

/** Hears what QEMU says of the guest, and tells of it. */
function standingOf({ name: vm, files }: MachineSpec, { events, log }: RunDeps, onReset: () => void): Standing {
  const { overlay, data, firmware } = files;
  const written = [overlay, data, firmware.kind === 'uefi' ? firmware.variables : undefined];
  const paths = written.filter((path) => path !== undefined);
  return new Standing({
    freeBytes: async () => Math.min(...(await Promise.all(paths.map(freeBytes)))),
    tell: (happening) => events.add({ vm, ...happening }),
    onReset,
    log,
  });
}

/** A reset is judged like a start (ACE 1.0 p. 248). */
function judgeAfterReset(access: Access, log: Log): void {
  access.lookUp('reset').catch((error: unknown) => log.error(failureOf(error), 'judging after a reset failed'));
}
