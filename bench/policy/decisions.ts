import { VersionQuarantine } from '../../src/policy/quarantine.ts';
import { decide } from '../../src/quarantine/decide.ts';
import { type Figure, median } from '../table.ts';

const VERSIONS = 100;
const ENTRIES = 1000;
const BATCHES = 50;
const PER_BATCH = 1000;
const MAX_MICROSECONDS = 50;

/** What one decision takes, for a machine at the newest of many versions. */
export function decisionFigures(): Figure[] {
  const hex = (number: number) => `0x${number.toString(16).toUpperCase().padStart(8, '0')}`;
  const versions = Array.from({ length: VERSIONS }, (_, index) => ({ name: `v${index}`, descriptor: hex(index) }));
  const entries = Array.from({ length: ENTRIES }, (_, index) => `10.${index >> 8}.${index & 255}.1 tcp 443`);
  const quarantine = VersionQuarantine.parse({
    type: 'version-based',
    ...{ normal: { entries }, versions, threshold: `v${VERSIONS - 1}` },
  });
  const now = Date.now();
  const microseconds = Array.from({ length: BATCHES }, () => {
    const began = performance.now();
    for (let count = 0; count < PER_BATCH; count += 1) {
      const { access } = decide(quarantine, hex(VERSIONS - 1), { lookedUpAt: now, atHand: false }, now);
      if (access !== 'normal') throw new Error(access);
    }
    return ((performance.now() - began) * 1000) / PER_BATCH;
  });
  const value = median(microseconds);
  return [
    {
      what: `a decision, ${VERSIONS} versions and ${ENTRIES} entries`,
      measured: `${value.toFixed(1)} µs (${BATCHES} batches of ${PER_BATCH})`,
      target: `≤ ${MAX_MICROSECONDS} µs`,
      met: value <= MAX_MICROSECONDS,
    },
  ];
}
