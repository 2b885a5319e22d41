import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseEntry } from '../../policy/parts/access-entry.ts';
import type { Exception } from '../../policy/parts/access-section.ts';
import { type AccessList, EVERYTHING, NOTHING } from '../../quarantine/lists/access-list.ts';
import { USUAL_SUBNETS } from '../../quarantine/subnets.ts';
import { computerRules } from '../computer/computer-rules.ts';
import { helperConfig } from '../names/dns-config.ts';
import { hostRules } from './host/forwarding-rules.ts';
import { listsDigest } from './rules/list-rules.ts';
import { ruleset, switchTransaction } from './rules/ruleset.ts';

const VECTORS = join(import.meta.dirname, '../../../test/vectors/firewall');
const mac = '52:54:00:aa:bb:01';
const furtherMacs = ['56:54:00:aa:bb:01', '5a:54:00:aa:bb:01'];
const helper = { uid: 4001 };

function list(mode: AccessList['mode'], entries: readonly string[], ...exceptions: Exception[]): AccessList {
  const parsed = entries.map((text) => parseEntry(text)).filter((entry) => typeof entry !== 'string');
  assert.equal(parsed.length, entries.length);
  return { mode, entries: parsed, exceptions: new Set(exceptions) };
}

const OFFICE = {
  normal: list('blacklist', ['198.51.100.0/24', 'games.example', '2001:db8:bad::/48', '192.0.2.7 tcp 25']),
  restricted: list(
    'whitelist',
    ['10.0.0.0/8 tcp 80,443', '10.1.0.0/16 tcp 1-100', '10.1.2.3', 'updates.example', 'mirror.example tcp 80,443'],
    'icmp',
    'printers',
  ),
};
const NAMES = {
  normal: list('whitelist', ['updates.example', 'sub.updates.example udp 123', 'games.example'], 'dns'),
  restricted: list('whitelist', ['updates.example tcp 443', 'fd00::/8 icmp']),
};

const PINNED = {
  normal: list('whitelist', ['cdn.example pinned', 'updates.example', 'mirrors.example/24 tcp 80']),
  restricted: list('whitelist', ['cdn.example tcp 443 pinned', 'shop.example tcp 443 pinned']),
};
const ANSWERS = new Map([['cdn.example', ['198.18.0.4', '198.18.0.5', 'fd77:1::4']]]);

const COMPUTER = ['10.0.0.0/8 tcp 80,443', '10.1.2.3', '2001:db8:1::/48', '2001:db8:2::5 udp 500-600'];
const NEEDED = list('whitelist', ['192.0.2.10 tcp 443', '2001:db8::10 tcp 443']).entries;

/** A file a person can read; `UPDATE_GOLDEN=1` writes it anew. */
const goldens: [file: string, text: string][] = [
  ['everything-and-nothing.nft', ruleset({ mac, lists: { normal: EVERYTHING, restricted: NOTHING }, helper })],
  ['office.nft', ruleset({ mac, lists: OFFICE, helper })],
  ['ipv6.nft', ruleset({ mac, ipv6: true, lists: NAMES, helper })],
  ['cards.nft', ruleset({ mac, furtherMacs, ipv6: true, lists: NAMES, helper })],
  ['names.nft', ruleset({ mac, lists: NAMES, helper: undefined })],
  ['pinned.nft', ruleset({ mac, lists: PINNED, helper })],
  ['switch-restricted.nft', script(switchTransaction({ mode: 'restricted', generation: 7, lists: '0123abcd' }, true))],
  ['switch-names-closed.nft', script(switchTransaction({ mode: 'normal', generation: 8, lists: '0123abcd' }, false))],
  ['switch-refuse.nft', script(switchTransaction({ mode: 'refuse', generation: 0xffff_ffff, lists: '' }, true))],
  ['host.nft', hostRules({ raised: ['eth0', 'wlan0'] })],
  ['host-forwarding-already.nft', hostRules({ raised: [] })],
  ['host-ipv6.nft', hostRules({ raised: ['eth0'], ipv6: { forwarding: ['br0'], acceptRa: ['default', 'eth0'] } })],
  ['computer-whitelist.nft', computerRules({ ...list('whitelist', COMPUTER), needed: NEEDED })],
  ['computer-blacklist.nft', computerRules({ ...list('blacklist', COMPUTER), needed: [] })],
  ['computer-nothing.nft', computerRules({ ...NOTHING, needed: NEEDED })],
  ['office-normal.dnsmasq', helperConfig({ ...told('normal'), lists: OFFICE })],
  ['office-restricted.dnsmasq', helperConfig({ ...told('restricted'), lists: OFFICE })],
  ['ipv6-normal.dnsmasq', helperConfig({ ...told('normal'), ipv6: true, lists: OFFICE })],
  ['cards-normal.dnsmasq', helperConfig({ ...told('normal'), macs: [mac, ...furtherMacs], ipv6: true, lists: OFFICE })],
  ['pinned-restricted.dnsmasq', helperConfig({ ...told('restricted'), lists: PINNED, answers: ANSWERS })],
  ['names-normal.dnsmasq', helperConfig({ ...told('normal'), lists: NAMES })],
  ['names-without-resolvers.dnsmasq', helperConfig({ ...told('restricted'), lists: NAMES, isForwarded: false })],
];

function told<L extends 'normal' | 'restricted'>(which: L) {
  return {
    list: which,
    digest: '0123abcd',
    macs: [mac],
    subnets: USUAL_SUBNETS,
    isForwarded: true,
    answers: new Map<string, string[]>(),
  };
}

function script(commands: readonly string[]): string {
  return `${commands.join('\n')}\n`;
}

for (const [file, text] of goldens) {
  test(`${file} is what is told to nft or dnsmasq`, () => {
    const path = join(VECTORS, file);
    if (process.env['UPDATE_GOLDEN']) writeFileSync(path, text);

    assert.equal(text, readFileSync(path, 'utf8'));
  });
}

test('the digest tells lists apart by all they allow, and by nothing else', () => {
  const lists = { normal: EVERYTHING, restricted: list('whitelist', ['10.0.0.0/8', 'a.example']) };
  const others = [
    { ...lists, normal: NOTHING },
    { normal: lists.restricted, restricted: lists.normal },
    { ...lists, restricted: list('whitelist', ['10.0.0.0/9', 'a.example']) },
    { ...lists, restricted: list('blacklist', ['10.0.0.0/8', 'a.example']) },
    { ...lists, restricted: list('whitelist', ['10.0.0.0/8', 'a.example'], 'dns') },
    { ...lists, restricted: list('whitelist', ['10.0.0.0/8', 'a.example'], 'icmp') },
    { ...lists, restricted: list('whitelist', ['10.0.0.0/8', 'b.example']) },
    { ...lists, restricted: list('whitelist', ['10.0.0.0/8', 'a.example', 'b.example']) },
    { ...lists, restricted: list('whitelist', ['10.0.0.0/8', 'a.example pinned']) },
    { ...lists, restricted: list('whitelist', ['10.0.0.0/8', 'a.example/24']) },
    { ...lists, restricted: list('whitelist', ['10.0.0.0/8', 'a.example/25']) },
  ];
  const reordered = { ...lists, restricted: list('whitelist', ['a.example', '10.0.0.0/8', '10.2.0.0/16 tcp 80']) };

  assert.equal(new Set([lists, ...others].map(listsDigest)).size, others.length + 1);
  assert.equal(listsDigest(reordered), listsDigest(lists));
});

test('lists are rendered once to be named, and a copy with another list anew', () => {
  let looks = 0;
  const restricted = list('whitelist', ['10.0.0.0/8']);
  const lists = {
    get normal() {
      looks += 1;
      return EVERYTHING;
    },
    restricted,
  };
  const digest = listsDigest(lists);
  const before = looks;

  assert.equal(listsDigest(lists), digest);
  assert.equal(looks, before);
  assert.notEqual(listsDigest({ ...lists, normal: NOTHING }), digest);
});
