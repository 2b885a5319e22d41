/** A factor: `1024`, `2^20`, `10^6`. */
const FACTOR = /^(\d{1,18})(?:\^(\d{1,3}))?$/;
/** Units as programs wrote them before the standard had its own. */
const NAMED: Readonly<Record<string, number>> = {
  ...{ byte: 1, bytes: 1, kilobytes: 2 ** 10, kb: 2 ** 10, kib: 2 ** 10 },
  ...{ megabytes: 2 ** 20, mb: 2 ** 20, mib: 2 ** 20, gigabytes: 2 ** 30, gb: 2 ** 30, gib: 2 ** 30 },
  ...{ terabytes: 2 ** 40, tb: 2 ** 40, tib: 2 ** 40 },
};

/** How many bytes a unit of DMTF’s DSP0004 is, such as `byte * 2^20`; undefined for what is none. */
export function bytesOfUnit(unit: string): number | undefined {
  const [base = '', ...factors] = unit.split('*').map((text) => text.trim());
  const begin = NAMED[base.toLowerCase()];
  if (begin === undefined) return undefined;
  let bytes = begin;
  for (const factor of factors) {
    const [, number, power = '1'] = FACTOR.exec(factor) ?? [];
    if (number === undefined) return undefined;
    bytes *= Number(number) ** Number(power);
  }
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}
