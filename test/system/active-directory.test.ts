import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { after, before, test } from 'node:test';
import { DomainController, whyNoDomainController } from '../../lab/domain-controller.ts';
import type { DirectoryAccount } from '../../src/servers/directory/directory-account.ts';
import { deployTarget, putOnServer } from '../../src/servers/put.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { followedMachine } from '../fakes/followed-machine.ts';
import { code } from '../fakes/made-computer.ts';
import { policyComputer } from '../fakes/policy-computer.ts';
import { threeVersions, V2 } from '../fakes/quarantine.ts';

const skip = hasProgram('qemu-img') ? whyNoDomainController() : 'qemu-img is not installed';
const never = new AbortController().signal;
let controller: DomainController;

before(async () => {
  if (skip === false) controller = await DomainController.start();
});
after(() => controller?.[Symbol.asyncDispose]());

/** A project of its own that is deployed into the domain, and a computer that reads it as an ordinary user. */
async function site(t: TestContext) {
  const computer = await policyComputer(t);
  const place = (url: string) => url.replace('CN=Lazaret,', `CN=${computer.project.fingerprint.slice(0, 8)},`);
  computer.setAccount(controller.alice, controller.caFile);
  const deploy = async (account: DirectoryAccount = controller.admin, url = controller.ldaps) => {
    await computer.project.deploy();
    await putOnServer(computer.published, deployTarget(place(url)), { account });
  };
  return { computer, deploy, policies: computer.open(), owner: computer.owner(place(controller.ldaps)), place };
}

test('a policy deployed into Active Directory is looked up there by an ordinary user, over LDAPS and StartTLS', {
  skip,
}, async (t) => {
  const { computer, deploy, policies, owner, place } = await site(t);
  await deploy();
  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 1);

  await deploy(controller.admin, controller.ldap);
  const found = await policies.lookUp(computer.owner(place(controller.ldap)), Date.now());

  assert.equal(found.document.serial, 2);
});

test('an ordinary user cannot write, neither anew nor over what is there', { skip }, async (t) => {
  const { deploy, policies, owner } = await site(t);
  await assert.rejects(deploy(controller.alice), code('STORE_DENIED'));
  await deploy();
  await assert.rejects(deploy(controller.alice), code('STORE_DENIED'));
  await assert.rejects(deploy({ ...controller.admin, password: 'guess' }), code('STORE_LOGIN'));

  assert.equal(
    (await policies.lookUp(owner, Date.now())).document.serial,
    2,
    'of the deploys, one was an administrator’s',
  );
});

test('a large policy fits into objects of Active Directory', { skip }, async (t) => {
  const { computer, deploy, policies, owner } = await site(t);
  const entries = Array.from(
    { length: 10_000 },
    (_none, n) => `machine-${n}.${'department.'.repeat(9)}example.org tcp 443`,
  );
  await computer.project.setQuarantine(threeVersions({ normal: { entries } }));
  await deploy();

  const { quarantine } = (await policies.lookUp(owner, Date.now())).document.policy;
  assert.equal(quarantine.type === 'version-based' && quarantine.normal.entries.length, 10_000);
});

test('whoever watches is told of a deploy at once, and of nothing else', { skip }, async (t) => {
  const { deploy, policies, owner } = await site(t);
  await deploy();
  assert.equal(await policies.watch(owner, never), 'changed', 'what is newer already is told at once');
  await policies.lookUp(owner, Date.now());
  let isTold = false;

  const watching = policies.watch(owner, never).finally(() => {
    isTold = true;
  });
  await policies.lookUp(owner, Date.now());
  assert.equal(isTold, false, 'nothing new, nothing told');
  await deploy();
  assert.equal(await watching, 'changed');
  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 2);
});

test('a lock-out deployed into Active Directory closes a running machine, without its interval coming round', {
  skip,
}, async (t) => {
  const { computer, deploy, policies, owner } = await site(t);
  await deploy();
  const machine = await followedMachine(t, policies, owner, V2);
  assert.equal(machine.mode(), 'normal');

  await computer.project.setQuarantine(threeVersions({ threshold: 'third' }));
  await deploy();
  await machine.until('restricted');
  assert.equal(machine.access.report().policySerial, 2);

  await computer.project.setQuarantine(threeVersions());
  await deploy();
  await machine.until('normal');
});

test('a connection that is lost ends the watch with a code, and the end of the service with another', {
  skip,
}, async (t) => {
  const { deploy, policies, owner } = await site(t);
  await deploy();
  await policies.lookUp(owner, Date.now());
  const cutting = setInterval(() => controller.cut(), 100);
  await assert.rejects(policies.watch(owner, never), code('STORE_UNREACHABLE')).finally(() => clearInterval(cutting));

  const stop = new AbortController();
  setImmediate(() => stop.abort());
  await assert.rejects(policies.watch(owner, stop.signal), code('INTERRUPTED'));
});
