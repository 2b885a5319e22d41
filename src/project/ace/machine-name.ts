import { VM_NAME } from '../../policy/schema.ts';

const MOST_CHARACTERS = 40;

/** A name that a machine can have here, as near to its former one as can be, and of which there is none yet. */
export function machineName(before: string, taken: ReadonlySet<string>): string {
  const plain = before
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  for (let number = 1; ; number += 1) {
    const behind = number === 1 ? '' : `-${number}`;
    const name = `${cut(plain, MOST_CHARACTERS - behind.length) || 'machine'}${behind}`;
    if (VM_NAME.test(name) && !taken.has(name)) return name;
  }
}

function cut(text: string, most: number): string {
  return text.replace(/^-+/, '').slice(0, most).replace(/-+$/, '');
}
