import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEntry } from '../../policy/parts/access-entry.ts';
import { nameClasses, wideClasses } from './name-classes.ts';

function classesOf(...texts: string[]) {
  return nameClasses(texts.map((text) => parseEntry(text)).filter((entry) => typeof entry !== 'string'));
}

test('names that stand for the same traffic share their sets', () => {
  assert.deepEqual(
    classesOf('b.example tcp 443,80', 'a.example tcp 80', 'a.example tcp 443', 'c.example', '10.0.0.1'),
    [
      {
        traffic: [
          {
            protocol: 'tcp',
            ports: [
              { from: 80, to: 80 },
              { from: 443, to: 443 },
            ],
          },
        ],
        pinned: false,
        names: ['a.example', 'b.example'],
      },
      { traffic: [{}], pinned: false, names: ['c.example'] },
    ],
  );
});

test('an entry without a protocol or ports outweighs the narrower ones of its name', () => {
  assert.deepEqual(classesOf('a.example tcp 80', 'a.example'), [
    { traffic: [{}], pinned: false, names: ['a.example'] },
  ]);
  assert.deepEqual(classesOf('a.example udp 53', 'a.example udp'), [
    { traffic: [{ protocol: 'udp' }], pinned: false, names: ['a.example'] },
  ]);
});

test('pinned names have sets of their own', () => {
  assert.deepEqual(classesOf('a.example tcp 80', 'b.example tcp 80 pinned', 'c.example'), [
    { traffic: [{ protocol: 'tcp', ports: [{ from: 80, to: 80 }] }], pinned: false, names: ['a.example'] },
    { traffic: [{ protocol: 'tcp', ports: [{ from: 80, to: 80 }] }], pinned: true, names: ['b.example'] },
    { traffic: [{}], pinned: false, names: ['c.example'] },
  ]);
});

test('what is around names has sets of its own, and their addresses stand for that traffic too', () => {
  const texts = [
    'a.example/24 tcp 80',
    'a.example',
    'b.example/16 tcp 80',
    'a.example/24 tcp 443',
    'c.example/24 tcp 80',
  ];
  const parsed = texts.map((text) => parseEntry(text)).filter((entry) => typeof entry !== 'string');
  const port = (number: number) => ({ from: number, to: number });

  assert.deepEqual(wideClasses(parsed), [
    {
      traffic: [{ protocol: 'tcp', ports: [port(80), port(443)] }],
      names: [{ kind: 'name', name: 'a.example', bits: 24 }],
    },
    {
      traffic: [{ protocol: 'tcp', ports: [port(80)] }],
      names: [
        { kind: 'name', name: 'b.example', bits: 16 },
        { kind: 'name', name: 'c.example', bits: 24 },
      ],
    },
  ]);
  assert.deepEqual(classesOf(...texts), [
    { traffic: [{}], pinned: false, names: ['a.example'] },
    { traffic: [{ protocol: 'tcp', ports: [port(80)] }], pinned: false, names: ['b.example', 'c.example'] },
  ]);
});

test('the order of the entries changes nothing', () => {
  const texts = ['b.example', 'a.example tcp 80', 'c.example udp', 'a.example icmp'];

  assert.deepEqual(classesOf(...texts), classesOf(...texts.toReversed()));
});
