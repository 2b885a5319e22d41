import { SERVERS } from '../../lab/network.ts';
import { InstalledAnswer } from '../../src/api/install.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { askOnce, isFailure } from '../../src/cli/service.ts';
import { type SoakSite, VMS } from './site.ts';
import { oneOf, type Step, VERSIONS } from './steps.ts';

/** How a step ended. */
export interface Outcome {
  step: Step;
  /** As it should, which may be a refusal. */
  isFine: boolean;
  /** What it was refused with, or what went wrong. */
  code?: string;
  reason?: string;
  seconds: number;
}

/** Something that is not as it has to be, with a code of its own. */
class Wrong extends Error {
  readonly code: string;

  constructor(code: string, message = '') {
    super(message);
    this.code = code;
  }
}

/** Does what was chosen; never throws. */
export async function carryOut(site: SoakSite, step: Step, random: () => number): Promise<Outcome> {
  const began = performance.now();
  const expected = 'vm' in step ? step.refusal : undefined;
  let code: string | undefined;
  let reason: string | undefined;
  try {
    await ('vm' in step ? OF_MACHINE[step.what](site, step.vm, random) : OF_SITE[step.what](site, random));
  } catch (error) {
    code = isFailure(error) || error instanceof Wrong ? error.code : 'no code';
    reason = error instanceof Error ? error.message : isFailure(error) ? error.reason : `${error}`;
  }
  const seconds = (performance.now() - began) / 1000;
  return { step, isFine: code === expected, seconds, ...(code === undefined ? {} : { code, reason: reason ?? '' }) };
}

type Deed = (site: SoakSite, vm: string, random: () => number) => Promise<unknown>;

const OF_MACHINE: Record<Extract<Step, { vm: string }>['what'], Deed> = {
  switch: async (site, vm, random) => {
    const version = any(random, await site.reportable(vm));
    const { status, output } = await site.report(vm, version);
    if (status !== 0) throw new Wrong('not taken', output);
    const now = await askOnce(site.socket, ROUTES.machine, { vm });
    if (now.version !== version) throw new Wrong('another version', `${now.version}, not ${version}`);
  },
  'switch too far': async (site, vm) => {
    const next = VERSIONS[VERSIONS.indexOf((await site.reportable(vm)).at(-1) ?? '') + 1] ?? '';
    const { status, output } = await site.report(vm, next);
    if (status === 1) throw new Wrong('not taken', output);
  },
  'switch to nothing known': async (site, vm) => {
    const { status, output } = await (await site.shell(vm)).run('nq-set 0x00000001');
    if (status === 1) throw new Wrong('not taken', output);
  },
  browse,
  'look up': (site, vm) => askOnce(site.socket, ROUTES.lookUp, { vm }),
  'look around': async (site, vm, random) => {
    const looks = [
      async () => {
        const { state } = await askOnce(site.socket, ROUTES.machine, { vm });
        const query = { to: `${SERVERS.intranet}:80` };
        if (state === 'running') await askOnce(site.socket, ROUTES.explain, { vm, query });
      },
      () => askOnce(site.socket, ROUTES.computer, {}),
      () => askOnce(site.socket, ROUTES.servers, {}),
      () => site.computer.ask(`${ROUTES.events.path}?last=50&follow=false`),
    ];
    await any(random, looks)();
  },
  suspend: async (site, vm) => {
    site.leave(vm);
    const { waiting } = await askOnce(site.socket, ROUTES.machine, { vm });
    if (waiting !== undefined) site.unfit.add(vm);
    await askOnce(site.socket, ROUTES.suspend, { vm });
  },
  stop: async (site, vm, random) => {
    site.leave(vm);
    await askOnce(site.socket, ROUTES.stop, { vm, body: { force: random() < 0.5 } });
  },
  reset: async (site, vm) => {
    site.leave(vm);
    await askOnce(site.socket, ROUTES.reset, { vm });
    await site.shell(vm);
  },
  start: async (site, vm) => {
    await askOnce(site.socket, ROUTES.start, { vm, body: {} });
    await site.shell(vm);
  },
  'start anew': async (site, vm) => {
    await askOnce(site.socket, ROUTES.start, { vm, body: { discard: true } });
    site.unfit.delete(vm);
    await site.shell(vm);
  },
  reimage: (site, vm, random) =>
    askOnce(site.socket, ROUTES.reimage, { vm, body: { dataDisk: random() < 0.3, confirmed: true } }),
  'take a snapshot': async (site, vm, random) => {
    // One that runs goes on as another process.
    site.leave(vm);
    await askOnce(site.socket, ROUTES.takeSnapshot, { vm, body: { name: `s${Math.floor(random() * 1e9)}` } });
  },
  'remove a snapshot': async (site, vm) => {
    const { snapshots } = await askOnce(site.socket, ROUTES.snapshots, { vm });
    const name = snapshots[0]?.name ?? '';
    await askOnce(site.socket, ROUTES.removeSnapshot, { vm, body: { name, confirmed: true } });
  },
  'put a disc in': (site, vm) =>
    askOnce(site.socket, ROUTES.connectDevice, { vm, body: { device: 'cd', file: site.disc } }),
  'take the disc out': (site, vm) =>
    askOnce(site.socket, ROUTES.disconnectDevice, { vm, body: { device: 'cd', force: true } }),
  'connect what is not there': (site, vm) =>
    askOnce(site.socket, ROUTES.connectDevice, { vm, body: { device: 'drum', file: site.disc } }),
};

const OF_SITE: Record<
  Exclude<Step, { vm: string }>['what'],
  (site: SoakSite, random: () => number) => Promise<unknown>
> = {
  deploy: async (site, random) => {
    await site.manager('nq', 'threshold', any(random, VMS), any(random, VERSIONS));
    await site.manager('deploy');
  },
  update: async (site, random) => {
    const chosen = VMS.filter(() => random() < 0.6);
    const source = await site.newRelease(chosen.length > 0 ? chosen : [any(random, VMS)]);
    const { status, stdout, stderr } = await site.computer.lazaret('install', source, '--yes', '--json');
    if (status !== 0)
      throw new Wrong(/"code": ?"(\w+)"/.exec(stdout + stderr)?.[1] ?? `status ${status}`, stdout + stderr);
    const { machines } = InstalledAnswer.parse(JSON.parse(stdout));
    for (const { vm, losesMemory } of machines) if (losesMemory) site.unfit.add(vm);
  },
  zone: async (site) => site.changeZone(!site.isInHotel),
  restart: (site) => site.restart('SIGTERM'),
  'kill the service': (site) => site.restart('SIGKILL'),
};

/** From inside the guest: what its access lets it reach answers, and nothing else does. */
async function browse(site: SoakSite, vm: string): Promise<void> {
  const shell = await site.shell(vm);
  const before = await askOnce(site.socket, ROUTES.machine, { vm });
  const reached: Record<string, boolean> = {};
  for (const name of ['update', 'intranet'] as const) {
    const { status } = await shell.run(`timeout 20 wget -q -O /dev/null http://${name}.lab.test/`);
    reached[name] = status === 0;
  }
  const after = await askOnce(site.socket, ROUTES.machine, { vm });
  // What changed meanwhile says nothing.
  if (before.access !== after.access || before.zone !== after.zone) return;
  const isOpen = after.access === 'normal' && after.zone === undefined;
  if (!reached['update']) throw new Wrong('closed', `the update server does not answer, with ${after.access} access`);
  if (reached['intranet'] !== isOpen)
    throw new Wrong(
      isOpen ? 'closed' : 'open',
      `the intranet, with ${after.access} access in ${after.zone ?? 'no zone'}`,
    );
}

function any<T>(random: () => number, choices: readonly T[]): T {
  return oneOf(
    random,
    choices.map((choice) => [choice, 1] as const),
  );
}
