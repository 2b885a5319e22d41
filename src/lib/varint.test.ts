import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VarintReader, VarintWriter } from './varint.ts';

test('numbers come back as they were written, in their shortest form', () => {
  const number = fc.oneof(fc.nat(300), fc.maxSafeNat());
  fc.assert(
    fc.property(fc.array(number), (numbers) => {
      const writer = new VarintWriter();
      for (const value of numbers) writer.write(value);

      const reader = new VarintReader(writer.bytes);

      assert.deepEqual(
        numbers.map(() => reader.read()),
        numbers,
      );
      assert.ok(reader.atEnd);
    }),
  );
});

test('signed numbers come back as they were written', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -(2 ** 51), max: 2 ** 51 })), (numbers) => {
      const writer = new VarintWriter();
      for (const value of numbers) writer.writeSigned(value);

      const reader = new VarintReader(writer.bytes);

      assert.deepEqual(
        numbers.map(() => reader.readSigned()),
        numbers,
      );
    }),
  );
});

const refused: [title: string, bytes: number[]][] = [
  ['nothing', []],
  ['a number that is cut', [0x80]],
  ['a number longer than needed', [0x81, 0x00]],
  ['zero in two bytes', [0x80, 0x00]],
  ['2^53', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
  ['a ninth byte', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
];
for (const [title, bytes] of refused) {
  test(`${title} is refused`, () => {
    assert.throws(() => new VarintReader(Uint8Array.from(bytes)).read(), { code: 'LAYER_INVALID' });
  });
}
