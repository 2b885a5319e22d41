import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeTree } from '../packaging/tree.ts';

/**
 * Has what is measured afterwards run Lazaret as people install it, made of these sources, until this is disposed of. What imports
 * `lab` asks at once where the programs are: it is imported after this.
 */
export async function installedTree(): Promise<Disposable> {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-bench-'));
  const tree = join(folder, 'installed');
  const remove = { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
  try {
    await makeTree(dirname(import.meta.dirname), tree);
    symlinkSync(process.execPath, join(tree, 'bin', 'node'));
  } catch (error) {
    remove[Symbol.dispose]();
    throw error;
  }
  process.env['LAZARET_INSTALLED'] = tree;
  return remove;
}
