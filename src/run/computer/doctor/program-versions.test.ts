import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROGRAMS, versionProblem } from './program-versions.ts';

const DNSMASQ = 'Copyright (c) 2000-2024 Simon Kelley\nCompile time options: IPv6 no-Lua';
const ROWS: [title: string, name: string, said: string, problem: RegExp | undefined, isNote?: boolean][] = [
  ['a dnsmasq that can fill sets', 'dnsmasq', `Dnsmasq version 2.90  ${DNSMASQ} nftset auth`, undefined],
  [
    'a dnsmasq from before that',
    'dnsmasq',
    `Dnsmasq version 2.86  ${DNSMASQ} nftset`,
    /is 2\.86; 2\.87 is needed/,
    false,
  ],
  ['one without sets', 'dnsmasq', `Dnsmasq version 2.90  ${DNSMASQ} no-nftset`, /compiled without nftset/, false],
  ['one that says nothing', 'dnsmasq', '', /unknown release/, false],
  ['QEMU as it was tried', 'qemu-system-x86_64', 'QEMU emulator version 7.2.22 (Debian 1:7.2)', undefined],
  ['an older QEMU', 'qemu-system-x86_64', 'QEMU emulator version 6.2.0', /6\.2; 7\.2 and newer were tried/, true],
  ['a newer nft', 'nft', 'nftables v1.1.3 (Commodore Bullmoose #4)', undefined],
];
for (const [title, name, said, problem, isNote] of ROWS) {
  test(`${title} ${problem ? 'is told apart' : 'will do'}`, () => {
    const program = PROGRAMS.find((one) => one.name === name);
    assert.ok(program);

    const found = versionProblem(program, said);

    assert.equal(found?.isNote, isNote);
    if (problem) assert.match(found?.text ?? '', problem);
    else assert.equal(found, undefined);
  });
}
