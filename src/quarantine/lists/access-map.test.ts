import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threeVersions } from '../../../test/fakes/quarantine.ts';
import { accessLists } from './access-list.ts';
import { accessMap } from './access-map.ts';
import { type Destination, explain } from './explain.ts';

const LISTS = {
  normal: {
    entries: ['10.0.0.0/8', 'updates.example tcp 80,8000-8080', 'wiki.example pinned'],
    exceptions: ['dns', 'icmp'],
  },
  restricted: { entries: ['10.0.0.5'] },
};

test('a line leads to each entry with its protocol and ports, exceptions stand apart, and all else is closed', () => {
  const { leads, exceptions, rest } = accessMap(accessLists(threeVersions(LISTS)).normal);
  assert.deepEqual(leads, [
    { rule: '10.0.0.0/8', where: '10.0.0.0/8', pinned: false, isOpen: true },
    {
      ...{
        rule: 'updates.example tcp 80,8000-8080',
        where: 'updates.example',
        protocol: 'tcp',
        ports: '80, 8000-8080',
      },
      ...{ pinned: false, isOpen: true },
    },
    { rule: 'wiki.example pinned', where: 'wiki.example', pinned: true, isOpen: true },
  ]);
  assert.deepEqual(
    exceptions.map(({ exception }) => exception),
    ['dns', 'icmp'],
  );
  assert.equal(rest.isOpen, false);
});

test('of a list that names what is closed the lines are closed, and all else is open', () => {
  const { leads, exceptions, rest } = accessMap(accessLists(threeVersions({ ...LISTS, mode: 'blacklist' })).normal);
  assert.ok(leads.every(({ isOpen }) => !isOpen));
  assert.deepEqual([exceptions, rest.isOpen], [[], true]);
});

test('whatever rule an explanation names has a line in the map, and says the same as it', () => {
  const asked: Destination[] = [
    { host: '10.1.2.3', protocol: 'tcp', port: 22 },
    { host: 'updates.example', protocol: 'tcp', port: 8001 },
    { host: '192.0.2.1', protocol: 'udp', port: 53 },
    { host: '192.0.2.1', protocol: 'icmp' },
    { host: '192.0.2.1', protocol: 'tcp', port: 443 },
  ];
  for (const mode of ['whitelist', 'blacklist'])
    for (const list of Object.values(accessLists(threeVersions({ ...LISTS, mode })))) {
      const { leads, exceptions, rest } = accessMap(list);
      const lines = [...leads, ...exceptions.map(({ rule }) => ({ rule, isOpen: true })), rest];
      for (const to of asked) {
        const { rule, allowed } = explain(list, to, new Map());
        assert.deepEqual(lines.find((line) => line.rule === rule)?.isOpen, allowed, `${mode} ${rule}`);
      }
    }
});
