import assert from 'node:assert/strict';
import { test } from 'node:test';
import { code } from '../../../../test/fakes/made-computer.ts';
import { chosenQueue } from './printer.ts';

test('the only queue is taken; of several its user names one', () => {
  assert.equal(chosenQueue('printer', ['office'], undefined), 'office');
  assert.equal(chosenQueue('printer', ['lobby', 'office'], 'office'), 'office');
  assert.throws(() => chosenQueue('printer', ['lobby', 'office'], undefined), code('PRINTER_SEVERAL'));
  assert.throws(() => chosenQueue('printer', ['lobby', 'office'], undefined), /could be “printer”: lobby, office/);
  assert.throws(() => chosenQueue('printer', [], undefined), code('PRINTER_NONE'));
  assert.throws(() => chosenQueue('printer', ['office'], 'offic'), code('PRINTER_NONE'));
  assert.throws(() => chosenQueue('printer', ['office'], '/dev/usb/lp0'), code('PRINTER_NONE'));
});
