import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { code } from '../../../../test/fakes/made-computer.ts';
import { scratch } from '../../../../test/fakes/made-project.ts';
import { type PresentUsb, usbDevices } from '../../../sys/usb-devices.ts';
import { chosen } from './usb.ts';
import { fits } from './usb-filter.ts';

const KEY: PresentUsb = {
  ...{ path: '/dev/bus/usb/001/004', vendor: '1050', product: '0407', classes: ['00', '03', '0b'] },
  words: 'Yubico YubiKey',
};

const ROWS: [title: string, filter: Parameters<typeof fits>[0], device: Partial<PresentUsb>, isIn: boolean][] = [
  ['of that vendor and product', { vendor: '1050', product: '0407' }, {}, true],
  ['of that vendor, whatever product', { vendor: '1050' }, {}, true],
  ['of that class by one of its interfaces', { class: '0b' }, {}, true],
  ['of that class by itself', { class: '08' }, { classes: ['08'] }, true],
  ['of another vendor', { vendor: '046d' }, {}, false],
  ['of another product', { vendor: '1050', product: '0406' }, {}, false],
  ['of another class', { vendor: '1050', class: '08' }, {}, false],
  ['a hub, whatever is named', { vendor: '1050', class: '09' }, { classes: ['09'] }, false],
];

for (const [title, filter, device, isIn] of ROWS) {
  test(`a device ${title} is ${isIn ? '' : 'not '}one that the project names`, () => {
    assert.equal(fits(filter, { ...KEY, ...device }), isIn);
  });
}

test('the one that fits is taken; of several its user names one', () => {
  const other = { ...KEY, path: '/dev/bus/usb/001/007' };
  assert.equal(chosen('token', [KEY, other], other.path), other);
  assert.throws(() => chosen('token', [], undefined), code('DEVICE_NONE'));
  // What its remedy says: it is plugged in.
  assert.equal(chosen('token', [KEY], undefined), KEY);
  assert.throws(() => chosen('token', [KEY], '/dev/bus/usb/001/001'), code('DEVICE_NONE'));
  assert.throws(() => chosen('token', [KEY, other], undefined), code('DEVICE_SEVERAL'));
  assert.throws(
    () => chosen('token', [KEY, other], undefined),
    /several could be “token”: \S+\/004 \(1050:0407 Yubico YubiKey\), \S+\/007/,
  );
});

test('devices are read as the kernel describes them; one that is pulled out meanwhile is none', async (t) => {
  const kernel = scratch(t);
  const file = (folder: string, name: string, text: string) => {
    mkdirSync(join(kernel, folder), { recursive: true });
    writeFileSync(join(kernel, folder, name), `${text}\n`);
  };
  const files = { idVendor: '1050', idProduct: '0407', busnum: '1', devnum: '4', bDeviceClass: '00' };
  for (const [name, text] of Object.entries(files)) file('1-2', name, text);
  file('1-2', 'manufacturer', 'Yubico');
  file('1-2', 'product', 'Yubi\u001bKey');
  file('1-2:1.0', 'bInterfaceClass', '03');
  file('1-2:1.1', 'bInterfaceClass', '0b');
  file('1-3', 'idVendor', '046d');
  assert.deepEqual(await usbDevices(kernel), [{ ...KEY, words: 'Yubico Yubi?Key' }]);
  assert.deepEqual(await usbDevices(join(kernel, 'none')), [], 'a computer without USB');
});
