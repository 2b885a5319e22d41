import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { findUefiFirmware, requireUefiFirmware } from './uefi-firmware.ts';

/** Two folders of descriptions, and the firmware they are of. */
function described(t: TestContext) {
  const folder = scratch(t);
  const folders = ['etc', 'share'].map((name) => join(folder, name));
  for (const made of folders) mkdirSync(made);
  const at = (name: string) => join(folder, name);
  return {
    folders,
    at,
    describe(place: string, name: string, change: object = {}, mapping: object = {}, templateBytes = 4) {
      writeFileSync(at(`${name}.code`), 'code');
      writeFileSync(at(`${name}.vars`), Buffer.alloc(templateBytes));
      const description = {
        'interface-types': ['uefi'],
        mapping: {
          device: 'flash',
          executable: { filename: at(`${name}.code`), format: 'raw' },
          'nvram-template': { filename: at(`${name}.vars`), format: 'raw' },
          ...mapping,
        },
        targets: [{ architecture: 'x86_64', machines: ['pc-i440fx-*', 'pc-q35-*'] }],
        features: ['acpi-s3'],
        ...change,
      };
      writeFileSync(at(`${place}/${name}.json`), JSON.stringify(description));
    },
  };
}

test('the first description counts that our machines can use', async (t) => {
  const { at, folders, describe } = described(t);
  describe('share', '10-enrolled', { features: ['enrolled-keys', 'requires-smm', 'secure-boot'] });
  describe('share', '11-secure', { features: ['requires-smm', 'secure-boot'] });
  describe('share', '12-arm', { targets: [{ architecture: 'aarch64', machines: ['virt-*'] }] });
  describe('share', '13-microvm', { targets: [{ architecture: 'x86_64', machines: ['microvm'] }] });
  describe('share', '14-bios', { 'interface-types': ['bios'] });
  describe('share', '15-memory', {}, { device: 'memory' });
  describe('share', '16-stateless', {}, { mode: 'stateless' });
  describe('share', '17-qcow2', {}, { executable: { filename: at('17-qcow2.code'), format: 'qcow2' } });
  describe('share', '18-away', {}, { 'nvram-template': { filename: at('nothing'), format: 'raw' } });
  writeFileSync(at('share/19-damaged.json'), '{');
  describe('share', '60-plain');
  describe('share', '70-other');

  assert.deepEqual(await findUefiFirmware({ folders }), { code: at('60-plain.code'), template: at('60-plain.vars') });
  const secure = { code: at('10-enrolled.code'), template: at('10-enrolled.vars') };
  assert.deepEqual(await findUefiFirmware({ folders, isSecure: true }), secure);
  writeFileSync(at('etc/10-enrolled.json'), '');
  await assert.rejects(requireUefiFirmware({ folders, isSecure: true }), {
    code: 'FIRMWARE_MISSING',
    message: /Secure Boot/,
  });
});

test('a file of the computer’s own hides its namesake, and an empty one takes it away', async (t) => {
  const { at, folders, describe } = described(t);
  describe('share', '60-plain');
  describe('share', '70-other');
  writeFileSync(at('etc/60-plain.json'), '');

  assert.equal((await findUefiFirmware({ folders }))?.code, at('70-other.code'));
  writeFileSync(at('etc/70-other.json'), '');
  await assert.rejects(requireUefiFirmware({ folders }), { name: 'AppError', code: 'FIRMWARE_MISSING' });
});

test('settings that are there already go with firmware of their size alone', async (t) => {
  const { at, folders, describe } = described(t);
  describe('share', '60-new', {}, {}, 8);
  describe('share', '70-old', {}, {}, 4);

  assert.equal((await findUefiFirmware({ folders, templateBytes: 4 }))?.code, at('70-old.code'));
  await assert.rejects(requireUefiFirmware({ folders, templateBytes: 5 }), { code: 'FIRMWARE_MISSING' });
});
