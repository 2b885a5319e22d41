const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/**
 * A name for the next version, made like the last one: the next month, at least the present one, behind a month; one more behind
 * a number. `now` is in milliseconds since 1970.
 */
export function nextVersionName(names: readonly string[], now: number): string {
  const last = names.at(-1);
  const present = new Date(now).toISOString().slice(0, 7);
  let next = last === undefined ? present : MONTH.test(last) && last < present ? present : after(last);
  while (names.includes(next)) next = after(next);
  return next;
}

function after(name: string): string {
  const [, year, month] = MONTH.exec(name) ?? [];
  if (year !== undefined && month !== undefined)
    return new Date(Date.UTC(Number(year), Number(month), 1)).toISOString().slice(0, 7);
  const [, head = '', digits] = /^(.*?)(\d{1,15})$/.exec(name) ?? [];
  if (digits === undefined) return `${name} 2`;
  return `${head}${`${Number(digits) + 1}`.padStart(digits.length, '0')}`;
}
