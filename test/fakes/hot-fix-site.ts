import type { TestContext } from 'node:test';
import { HotFixes } from '../../src/daemon/hot-fixes/hot-fixes.ts';
import { Opening } from '../../src/daemon/openers/opening.ts';
import { Terms } from '../../src/daemon/terms/terms.ts';
import type { Secrets } from '../../src/install/opening/password.ts';
import { type Instance, isDamage, openInstance } from '../../src/install/state/instances.ts';
import { readPolicy } from '../../src/install/state/policies.ts';
import { offerHotFixes } from '../../src/manager/hot-fixes/offer.ts';
import { makeRecoveryKey } from '../../src/manager/recovery-key.ts';
import { mayAskHotFix, type HotFixes as Offer } from '../../src/policy/hot-fixes.ts';
import type { MachinePolicy } from '../../src/policy/schema.ts';
import { EventLog } from '../../src/run/computer/events.ts';
import { FakeDomain } from './domain.ts';
import { computer } from './made-computer.ts';
import { madeProject } from './made-project.ts';

export const DAY_MS = 86_400_000;
export const RECOVERY_PASSPHRASE = 'of the recovery key alone';
export const NOW = Date.now() + 60_000;
export const day = (ms: number) => new Date(ms).toLocaleDateString('sv-SE');

/** A project that offers hot fixes, its machine `office` on a computer whose clock is set at will, and the service there. */
export async function hotFixSite(t: TestContext, policy: Partial<MachinePolicy>, offer?: Partial<Offer> | 'off') {
  const project = await madeProject(t);
  if (policy.encryption?.recovery) await makeRecoveryKey(project.folder, async () => RECOVERY_PASSPHRASE);
  await project.setPolicy(policy);
  const offered = { problems: ['password', 'expired', 'moved'], askedBy: 'users', ...(offer === 'off' ? {} : offer) };
  await offerHotFixes(project.folder, () => (offer === 'off' ? undefined : offered));
  const { state, install } = computer(t, NOW);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const at = { clock: NOW, state };
  const document = async () => (await readPolicy(at.state, 'office')).document;
  /** As a service of its own would see it. */
  const service = () => {
    const terms = new Terms(async () => at.clock);
    const startable = async (instance: Instance) =>
      terms.startable(instance, { document: await document(), lookedUpAt: undefined });
    const events = new EventLog(`${at.state}/events.jsonl`);
    const now = async (instance: Instance) => {
      try {
        return await terms.source(instance).now();
      } catch (error) {
        if (!isDamage(error)) throw error;
        return at.clock;
      }
    };
    const hotFixes = new HotFixes({
      state: at.state,
      events,
      clock: () => at.clock,
      now,
      document,
      startable,
      inTurnOf: (_vm, work) => work(),
    });
    const hasHotFix = async () => mayAskHotFix(await document(), 'password');
    const accounts = new FakeDomain().sources(async () => ({ document: await document(), lookedUpAt: undefined }));
    const opening = new Opening({
      ...{ state: at.state, clock: () => at.clock, events, accounts, hasHotFix, expireTime: async () => '-1' },
    });
    const { signal } = new AbortController();
    /** The machine is opened, with what is typed. */
    const open = (secrets: Secrets) => opening.authenticate('office', { asker: 1000, secrets, signal });
    return { hotFixes, events, open, startable: async () => startable(await openInstance(at.state, 'office')) };
  };
  return { project, state, install, at, service };
}
