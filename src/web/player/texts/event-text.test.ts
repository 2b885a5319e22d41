import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventAnswer } from '../../../api/event.ts';
import { GERMAN } from '../../ui/texts/german.ts';
import { saidBy } from '../../ui/texts/said.ts';
import { eventText } from './event-text.ts';
import { EVENTS_DE } from './events.de.ts';

const event = (kind: string, details?: object): EventAnswer => ({
  ...{ at: '2026-12-01T09:30:00Z', vm: 'office', kind, text: 'in English' },
  ...(details ? { details: { ...details } } : {}),
});
const DE = { language: 'de', said: saidBy(GERMAN) } as const;
const EN = { language: 'en', said: saidBy(undefined) } as const;
const OUTDATED = { code: 'outdated', next: '2026-12' };

const SAID: [kind: string, details: object, german: string][] = [
  ['installed', { package: 'office-2', generation: 2 }, 'Paket office-2 ist installiert'],
  ['uninstalled', { dataDisk: true }, 'entfernt, mit ihrer Datenplatte'],
  [
    'access',
    { from: 'normal', to: 'restricted', why: OUTDATED },
    'normaler Zugang → eingeschränkter Zugang: ihre Version ist zu alt; die nächste ist 2026-12',
  ],
  [
    'access',
    { from: 'restricted', to: 'restricted', why: { code: 'offline' } },
    'weiter eingeschränkter Zugang: der Richtlinienserver war zu lange nicht erreichbar',
  ],
  [
    'started',
    { how: 'started', access: 'normal', why: { code: 'version' } },
    'gestartet: normaler Zugang: ihre Version ist neu genug',
  ],
  ['nq-set', { descriptor: '0x1', dry: false, ok: true }, 'nq-set 0x1: gültig'],
  ['policy', { from: 1, to: 2 }, 'Richtlinie 2 gilt'],
  [
    'refused',
    { address: '10.0.0.1', protocol: 'tcp', port: 443, rule: 'whitelist: not listed' },
    '10.0.0.1:443 tcp ist nicht erlaubt, nach: whitelist: not listed',
  ],
  ['refused', { destinations: 1 }, 'Ein weiteres Ziel wurde nicht erreicht'],
  ['refused', { destinations: 2 }, '2 weitere Ziele wurden nicht erreicht'],
  [
    'device',
    { device: 'lpt', did: 'disconnected', why: 'suspended' },
    '„lpt“ ist getrennt: die Maschine wird angehalten',
  ],
  [
    'device',
    { device: 'lpt', did: 'disconnected', code: 'DEVICE_FORBIDDEN' },
    '„lpt“ ist getrennt: das Projekt lässt es nicht zu',
  ],
  ['name', { names: 1, failing: 1 }, 'Ein weiterer Name, davon 1 ohne Adresse'],
  ['name', { name: 'a.example', code: 'no-such-name' }, 'a.example hat keine Adresse: no-such-name'],
  ['stopped', { end: 'guest-shutdown' }, 'ausgeschaltet: ihr Gastsystem hat sich heruntergefahren'],
  ['stopped', { end: 'host-qmp-quit' }, 'ausgeschaltet'],
  ['zone', { to: 'home' }, 'Zone keine → home'],
  ['password', { did: 'changed' }, 'Ihr Kennwort wurde geändert'],
  ['password', { code: 'ACCOUNT_LOCKED' }, 'Sie blieb zu: Ihr Konto ist gesperrt, nach zu vielen falschen Kennwörtern'],
  [
    'hardware',
    { after: { memoryMiB: 2048, cpus: 2 } },
    'Von ihrem nächsten Start an hat sie 2048 MiB und 2 Prozessoren',
  ],
  ['hardware', { after: { memoryMiB: 512, cpus: 1 } }, 'Von ihrem nächsten Start an hat sie 512 MiB und 1 Prozessor'],
  [
    'paused',
    { code: 'VM_DISK_FULL' },
    'Die Maschine steht still: auf der Platte dieses Computers ist kein Platz für das, was sie schreibt',
  ],
];

for (const [kind, details, german] of SAID)
  test(`${german}`, () => {
    assert.deepEqual(eventText(event(kind, details), DE), { text: german });
    assert.deepEqual(eventText(event(kind, details), EN), { text: 'in English' });
  });

test('every kind is said, also one that an older service has written without details', () => {
  for (const kind of Object.keys(EVENTS_DE)) {
    const { text } = eventText(event(kind), DE);
    assert.ok(text.length > 3 && !text.includes('undefined'), `${kind}: ${text}`);
  }
});

test('what the sentence does not have stands with it, in the service’s words; a message and a new kind are as they are', () => {
  assert.deepEqual(eventText(event('stopped', { end: 'constructor' }), DE), {
    text: 'ausgeschaltet',
    words: 'in English',
  });
  assert.deepEqual(eventText(event('stopped'), DE), { text: 'ausgeschaltet', words: 'in English' });
  assert.deepEqual(eventText(event('failed', { code: 'VM_FAILED' }), DE), {
    text: 'Fehlgeschlagen: QEMU hat die Maschine nicht betreiben können (VM_FAILED)',
    words: 'in English',
  });
  assert.deepEqual(eventText(event('access', { from: 'normal', to: 'restricted', why: { code: 'plugin-void' } }), DE), {
    text: 'normaler Zugang → eingeschränkter Zugang',
    words: 'in English',
  });
  for (const kind of ['message', 'of-tomorrow', 'constructor'])
    assert.deepEqual(eventText(event(kind), DE), { text: 'in English' }, kind);
});
