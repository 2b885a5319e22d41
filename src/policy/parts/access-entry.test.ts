import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatEntry, parseEntry } from './access-entry.ts';

const GOOD: [text: string, written: string][] = [
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['10.0.0.0/255.0.0.0', '10.0.0.0/8'],
  ['10.1.2.3', '10.1.2.3'],
  ['  10.1.2.3   TCP  80,443,8000-8080 ', '10.1.2.3 tcp 80,443,8000-8080'],
  ['2001:db8::/32', '2001:db8::/32'],
  ['2001:DB8::1', '2001:db8::1'],
  ['Updates.Example. tcp 443', 'updates.example tcp 443'],
  ['printer_1', 'printer_1'],
  ['10.1.2.3 icmp', '10.1.2.3 icmp'],
  ['Updates.Example pinned', 'updates.example pinned'],
  ['updates.example tcp 443 PINNED', 'updates.example tcp 443 pinned'],
  ['Updates.Example/24 tcp 443', 'updates.example/24 tcp 443'],
  ['pinned', 'pinned'],
  ['pinned pinned', 'pinned pinned'],
];

for (const [text, written] of GOOD) {
  test(`“${text}” is an entry, written ${written}`, () => {
    const entry = parseEntry(text);

    assert.ok(typeof entry !== 'string', String(entry));
    assert.equal(formatEntry(entry), written);
    assert.deepEqual(parseEntry(written), entry);
  });
}

const BAD: [text: string, problem: RegExp][] = [
  ['', /neither/],
  ['10.1.2.3/8', /first address is 10\.0\.0\.0/],
  ['10.0.0.0/33', /mask/],
  ['10.0.0.0/255.0.255.0', /mask/],
  ['10.0.0.0/8/8', /more than one/],
  ['10.0.0', /neither/],
  ['1.2.3.4.5', /neither/],
  ['0x7f.1', /neither|name/],
  ['-x.example', /neither/],
  ['a..b', /neither/],
  ['updates.example/7', /8 to 31/],
  ['updates.example/32', /8 to 31/],
  ['updates.example/255.255.255.0', /8 to 31/],
  ['updates.example/24 pinned', /only a name alone/],
  ['::ffff:10.0.0.1', /stands for an IPv4/],
  ['fe80::1%eth0', /neither|on one link only/],
  ['10.1.2.3 sctp', /protocol sctp/],
  ['10.1.2.3 tcp 0', /range/],
  ['10.1.2.3 tcp 70000', /range/],
  ['10.1.2.3 tcp 90-80', /range/],
  ['10.1.2.3 tcp http', /invalid ports/],
  ['10.1.2.3 icmp 8', /icmp has none/],
  ['10.1.2.3 tcp 80 443', /more than/],
  ['10.1.2.3 pinned', /only a name/],
  ['2001:db8::/32 tcp 443 pinned', /only a name/],
  ['updates.example pinned tcp', /protocol pinned/],
  ['updates.example tcp 80 pinned pinned', /more than/],
  ['10.1.2.3; flush ruleset', /neither/],
  ['x'.repeat(301), /longer/],
];

for (const [text, problem] of BAD) {
  test(`“${text.slice(0, 40)}” is refused`, () => {
    const entry = parseEntry(text);

    assert.ok(typeof entry === 'string', JSON.stringify(entry));
    assert.match(entry, problem);
  });
}

test('whatever is accepted is written in one way and read back as the same', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6(),
        fc.domain(),
        fc.domain().map((name) => `${name}/20`),
        fc.string(),
      ),
      fc.constantFrom('', ' tcp', ' udp 53', ' icmp', ' pinned', ' tcp 443 pinned'),
      (host, rest) => {
        const entry = parseEntry(`${host}${rest}`);
        if (typeof entry === 'string') return;
        assert.deepEqual(parseEntry(formatEntry(entry)), entry);
        assert.match(formatEntry(entry), /^[a-z0-9.:/_-]+( (tcp|udp|icmp)( [0-9,-]+)?)?( pinned)?$/);
      },
    ),
  );
});
