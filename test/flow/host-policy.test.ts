import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { foreseeInstall } from '../../src/install/change/foresee.ts';
import { readHostPolicy } from '../../src/install/state/host-policy.ts';
import { readInstances } from '../../src/install/state/instances.ts';
import { computerPaths } from '../../src/install/state/layout.ts';
import { readPolicy } from '../../src/install/state/policies.ts';
import { planPackage } from '../../src/package/plan/plan.ts';
import { planFacts } from '../../src/package/plan/plan-facts.ts';
import { HostPolicy } from '../../src/policy/host.ts';
import { openProject, readProject } from '../../src/project/open.ts';
import { hostPolicyDigest } from '../../src/quarantine/host-policy-digest.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { change, copyOf, listing } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const OFFICE = { name: 'office', when: { subnets: ['192.0.2.0/24'] }, mode: 'whitelist' as const };
const RULES = HostPolicy.parse({ zones: [{ ...OFFICE, entries: ['intranet.example tcp 443'] }] });
const OTHERS = HostPolicy.parse({ zones: [{ ...OFFICE, entries: [] }] });
const [rules, others] = [RULES, OTHERS].map(hostPolicyDigest) as [string, string];
const POLICY = {
  quarantine: { type: 'static' as const, mode: 'whitelist' as const, normal: { entries: [], exceptions: [] } },
};

test('without consent to just its rules nothing of a package is installed, whatever else is confirmed', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.setProject({ host: RULES });
  const { folder } = await project.build('one');
  const { state, install } = computer(t);
  const { fingerprint } = project;

  for (const consentTo of [undefined, others, rules.slice(0, 63), '']) {
    const more = consentTo === undefined ? {} : { consentTo };
    await assert.rejects(install(folder, { fingerprint, replace: true, ...more }), {
      ...code('HOST_CONFIRM'),
      details: { digest: rules, policy: RULES },
    });
  }
  const { problems, host } = await foreseeInstall(
    { source: folder, fingerprint },
    { state, running: () => new Map(), now: Date.now(), signal: new AbortController().signal },
  );
  assert.deepEqual([problems.map((problem) => problem.code), host.action], [['HOST_CONFIRM'], 'ask']);
  assert.deepEqual([await readInstances(state), listing(state)], [[], []]);
  assert.equal(existsSync(computerPaths(state).hostPolicy), false);

  await install(folder, { fingerprint, consentTo: rules });
  assert.equal((await readHostPolicy(state))?.consent?.digest, rules);
});

test('every kind of package carries the rules; the same are not asked for again, changed ones are, dropped ones go', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const one = await project.build('one');
  const { state, install } = computer(t);
  await install(one.folder, { fingerprint: project.fingerprint });
  const consent = async () => (await readHostPolicy(state))?.consent?.digest;
  assert.equal(await consent(), undefined);

  await project.setProject({ host: RULES });
  await project.setPolicy(POLICY);
  const two = await project.build('two', { kind: 'policy' });
  await assert.rejects(install(two.folder), code('HOST_CONFIRM'));
  assert.equal((await readPolicy(state, 'office')).generation, 1, 'its policies are not taken either');
  await install(two.folder, { consentTo: rules });
  assert.deepEqual([await consent(), (await readPolicy(state, 'office')).generation], [rules, 2]);

  const three = await project.build('three', { kind: 'update' });
  await install(three.folder, { replace: true });
  assert.equal(await consent(), rules);

  await project.setProject({ host: OTHERS });
  const four = await project.build('four', { kind: 'custom', policies: ['office'] });
  await assert.rejects(install(four.folder, { consentTo: rules }), code('HOST_CONFIRM'));
  assert.equal(await consent(), rules, 'what was consented to holds on');
  await install(four.folder, { consentTo: others });

  await project.setProject({});
  const five = await project.build('five', { kind: 'policy' });
  await install(five.folder);
  assert.equal(await consent(), undefined);
});

test('an installation that is killed after any of its steps leaves the rules before or the rules consented to', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.setProject({ host: RULES });
  const one = await project.build('one');
  const { state, install } = computer(t);
  await install(one.folder, { fingerprint: project.fingerprint, consentTo: rules });
  await project.changeDisk(0);
  await project.setProject({ host: OTHERS });
  const two = await project.build('two', { kind: 'update' });
  const words = ['install', two.folder, project.fingerprint, others];
  const steps = await change(copyOf(t, state), '-', words);
  assert.ok(steps.includes('host policy'));

  for (const step of steps) {
    await t.test(`killed after “${step.replace(/[0-9a-f]{64}/, '…')}”`, async (sub) => {
      const copy = copyOf(sub, state);
      await change(copy, step, words);

      const isSwitched = (await readInstances(copy))[0]?.current.generation === 2;
      const found = (await readHostPolicy(copy))?.consent;
      assert.ok(found && [rules, others].includes(found.digest));
      assert.equal(found.digest, hostPolicyDigest(found.policy), 'the rules and the consent are of one piece');
      if (isSwitched) assert.equal(found.digest, others, 'no new machine without the rules that came with it');
    });
  }
});

test('the administrator sees the rules in the plan of a package; rules that are none are named', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const planned = async () => {
    const { signal } = new AbortController();
    const usual = { kind: 'policy', vms: [], policies: [], resources: false, force: false, strict: false } as const;
    return planPackage(await planFacts(await openProject(project.folder), { ...usual, signal }));
  };
  assert.equal((await planned()).host, undefined);
  await project.setProject({ host: RULES });
  assert.match(
    (await planned()).host?.text ?? '',
    /In zone office this computer itself could reach nothing but\n {2}intranet\.example tcp 443/,
  );
  assert.equal((await planned()).host?.isNew, true);
  await project.build('one', { kind: 'policy' });
  assert.equal((await planned()).host?.isNew, false);

  // biome-ignore lint/suspicious/noExplicitAny: no policy
  await project.setProject({ host: { zones: [{ ...OFFICE, entries: ['a.example pinned'] }] } as any });
  const { problems } = await readProject(project.folder);
  assert.match(JSON.stringify(problems), /lazaret\.yaml.*is pinned/);
});
