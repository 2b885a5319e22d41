import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asksAccounts, Devices, deviceScripts, ruleOf } from './devices.ts';
import { drivesOf, MachineDevices } from './parts/machine-devices.ts';
import { settingsOf } from './reading/settings.ts';
import { MachinePolicy } from './schema.ts';

test('D11: nobody connects a device that no rule is about, whatever it is called', () => {
  const rules = Devices.parse({ cd: { type: 'everybody' } });
  assert.equal(ruleOf(undefined, 'cd').type, 'nobody');
  assert.equal(ruleOf(rules, 'cd').type, 'everybody');
  for (const name of ['dvd', 'constructor', '__proto__', '']) assert.equal(ruleOf(rules, name).type, 'nobody', name);
});

const INVALID: [title: string, devices: object][] = [
  ['an unknown rule', { cd: { type: 'anybody' } }],
  ['a name that QEMU could take for something else', { 'cd,drive=x': { type: 'everybody' } }],
  ['a name that is too long', { ['c'.repeat(25)]: { type: 'everybody' } }],
  ['a script outside the resources', { cd: { type: 'script', file: '../who.sh' } }],
  ['a list beside everybody', { cd: { type: 'everybody', users: ['alice'] } }],
  ['too many', Object.fromEntries(Array.from({ length: 17 }, (_none, at) => [`d${at}`, { type: 'nobody' }]))],
];

for (const [title, devices] of INVALID) {
  test(`${title} is no policy for devices`, () => {
    assert.equal(MachinePolicy.safeParse({ format: 1, devices }).success, false);
  });
}

test('a machine has at most four drives, in the order of their names', () => {
  const drives = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { kind: 'cd' as const }]));
  assert.deepEqual(drivesOf(drives('dvd', 'cd')), ['cd', 'dvd']);
  assert.equal(MachineDevices.safeParse(drives('a', 'b', 'c', 'd')).success, true);
  assert.equal(MachineDevices.safeParse(drives('a', 'b', 'c', 'd', 'e')).success, false);
});

test('rules say which plug-ins they need, and whether they ask who somebody is', () => {
  const rules = Devices.parse({
    cd: { type: 'script', file: 'may.sh' },
    dvd: { type: 'users-and-groups', groups: ['staff'] },
  });
  assert.deepEqual(
    deviceScripts(rules).map(({ file }) => file),
    ['may.sh'],
  );
  assert.deepEqual([asksAccounts(rules), asksAccounts({}), asksAccounts(undefined)], [true, false, false]);
});

test('the policy is on where anybody may connect anything, whatever the devices are called', () => {
  const word = (devices: object) => {
    const policy = MachinePolicy.parse({ format: 1, devices });
    return settingsOf(policy, policy).devices;
  };
  assert.equal(word({}), 'off');
  assert.equal(word({ cd: { type: 'nobody' } }), 'off');
  for (const name of ['cd', 'type', 'enabled', 'behaviour'])
    assert.equal(word({ [name]: { type: 'everybody' } }), 'on');
});

test('a machine has two further network cards at most, which lead nowhere or where the first one leads, and two ports beside its console and its channel; a USB device is named by something', () => {
  const isMachine = (devices: object) => MachineDevices.safeParse(devices).success;
  const lan = { kind: 'network', network: 'isolated' };
  assert.equal(isMachine({ a: lan, b: lan }), true);
  assert.equal(isMachine({ a: lan, b: lan, c: lan }), false);
  assert.equal(isMachine({ a: lan, b: { kind: 'network', network: 'nat' } }), true);
  assert.equal(isMachine({ a: { kind: 'network', network: 'bridged' } }), false);
  assert.equal(isMachine({ a: { kind: 'network' } }), false);
  const ports = (names: string) => Object.fromEntries([...names].map((name) => [name, { kind: 'serial' }]));
  assert.deepEqual([isMachine(ports('ab')), isMachine(ports('abc'))], [true, false]);
  const parallel = { kind: 'parallel' };
  assert.deepEqual([isMachine({ a: parallel }), isMachine({ a: parallel, b: parallel })], [true, false]);
  assert.equal(isMachine({ a: { kind: 'sound' } }), true);
  assert.equal(isMachine({ a: { kind: 'sound' }, b: { kind: 'sound' } }), false, 'one device for sound is enough');
  assert.equal(isMachine({ a: { kind: 'sound', microphone: true } }), false);
  const microphone = { kind: 'microphone' };
  assert.deepEqual([isMachine({ a: microphone }), isMachine({ a: microphone, b: microphone })], [true, false]);
  assert.equal(isMachine({ a: { kind: 'printer' } }), true);
  assert.equal(isMachine({ a: { kind: 'printer' }, b: { kind: 'printer' } }), false, 'a gateway has one port for it');
  assert.equal(isMachine({ a: { kind: 'usb', class: '08' } }), true);
  assert.equal(isMachine({ a: { kind: 'usb', product: '0407' } }), false);
  assert.equal(isMachine({ a: { kind: 'usb', vendor: '1050,id=x' } }), false);
});
