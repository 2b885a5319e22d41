import type { Said } from '../lab/player-page.ts';
import type { PlanAnswer } from '../src/api/install.ts';
import { ERRORS } from '../src/lib/errors.ts';
import { HostPolicy } from '../src/policy/host.ts';
import { MESSAGE } from './screens-of.ts';
import { before } from './shot.ts';

export const PROJECT = { name: 'Acme', fingerprint: '5e'.repeat(32) };
const PLAN: PlanAnswer = {
  project: PROJECT,
  package: 'office-4',
  kind: 'update',
  generation: 4,
  notes: 'The December updates.',
  expiresAt: '2027-12-01T00:00:00.000Z',
  bytes: { fetch: 740 * 2 ** 20, need: 5 * 2 ** 30, free: 61 * 2 ** 30 },
  machines: [
    { vm: 'office', action: 'replace', afterStop: true, losesChanges: true },
    { vm: 'accounting', action: 'keep', afterStop: false, losesChanges: false },
  ],
  policies: [],
  problems: [],
  host: {
    action: 'ask',
    digest: 'd1'.repeat(32),
    policy: HostPolicy.parse({
      zones: [{ name: 'office', when: { subnets: ['10.1.0.0/16'] }, mode: 'blacklist', entries: ['10.1.9.0/24'] }],
      default: { mode: 'whitelist', entries: ['vpn.acme.example udp 1194', 'updates.acme.example tcp 443'] },
    }),
  },
};

/** A computer that has nothing yet. */
export const NOTHING_SAID: Said = { machines: [], events: [] };

/** What the player’s service says: a machine that is behind, one that is up to date, one that is off. */
export const PLAYER_SAYS: Said = {
  project: PROJECT,
  machines: [
    {
      ...{
        vm: 'office',
        state: 'running',
        generation: 3,
        version: '2026-10',
        descriptor: '0x7B4C2902',
        origin: 'guest',
      },
      ...{ access: 'restricted', reason: 'version 2026-10 is older than 2026-11', message: MESSAGE },
      ...{
        zone: 'at home',
        denied: [
          {
            address: '10.0.0.1',
            protocol: 'tcp',
            port: 443,
            packets: 12,
            allowed: false,
            rule: 'whitelist: not listed',
          },
          {
            address: '2001:db8:1234:5678:9abc:def0:1234:5678',
            protocol: 'udp',
            port: 53,
            packets: 3,
            allowed: false,
            rule: 'whitelist: not listed',
          },
          {
            address: '192.0.2.80',
            protocol: 'tcp',
            port: 80,
            packets: 1,
            allowed: true,
            rule: 'updates.example tcp 80,443',
          },
        ],
        names: [{ name: 'updates.example', addresses: ['192.0.2.80'], secondsLeft: 240 }],
        resolvers: { addresses: ['192.168.1.1'] },
        startedAt: before(95),
        readySince: before(94),
        policySerial: 12,
        lookedUpAt: before(4),
        enforcement: 'host',
      },
    },
    {
      ...{ vm: 'accounting', state: 'running', generation: 1, access: 'normal', reason: 'no quarantine is set' },
      ...{
        startedAt: before(40),
        readySince: before(39),
        policySerial: 12,
        lookedUpAt: before(4),
        enforcement: 'host',
      },
    },
    {
      ...{ vm: 'a-machine-whose-name-has-40-characters-x', state: 'stopped', generation: 1 },
      expiration: {
        ...{ state: 'warned', endsAt: '2026-12-05T00:00:00.000Z', daysLeft: 4 },
        message: 'Please hand in your results before it ends.',
      },
    },
    {
      ...{ vm: 'examination', state: 'stopped', generation: 2 },
      expiration: {
        ...{ state: 'expired', endsAt: '2026-11-25T00:00:00.000Z', daysLeft: 0 },
        message: 'The examination is over. Ask Ann in room 12.',
      },
      cannotStart: { code: 'EXPIRED', reason: 'examination has expired', remedy: ERRORS.EXPIRED.hint },
    },
    {
      ...{
        vm: 'laboratory',
        state: 'damaged',
        code: 'TRUST_DIGEST',
        reason: 'the disk of laboratory is not what was installed',
      },
      remedy: 'Install its package again: what was changed on its data disk stays.',
    },
  ],
  plan: PLAN,
  starting: {
    ...{ code: 'PASSWORD_UNSET', reason: 'no password has been chosen yet', causes: [] },
    ...{ remedy: ERRORS.PASSWORD_UNSET.hint, details: {} },
  },
  fetching: { step: 'fetch', what: 'office', doneBytes: 310 * 2 ** 20, totalBytes: 740 * 2 ** 20 },
  events: [
    { at: before(95), vm: 'office', kind: 'started', text: 'started' },
    {
      at: before(95),
      vm: 'office',
      kind: 'access',
      text: 'access is restricted: version 2026-10 is older than 2026-11',
    },
    { at: before(40), vm: 'accounting', kind: 'started', text: 'started' },
    { at: before(12), vm: 'office', kind: 'refused', text: 'refused 10.0.0.1:443 tcp, by: whitelist: not listed' },
  ],
};
