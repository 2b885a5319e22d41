// Loaded into a program by NODE_OPTIONS: writes to the file of LAZARET_TEST_LOADED which packages that program loads, a line each.
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const PACKAGE = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//;
const loaded = new Set<string>();
const { LAZARET_TEST_LOADED: to } = process.env;

registerHooks({
  load(url, context, next) {
    const found = PACKAGE.exec(url)?.[1];
    if (found !== undefined) loaded.add(found);
    return next(url, context);
  },
});
if (to !== undefined && isMainThread)
  process.on('exit', () => {
    // Node’s own libraries that are heavy, which it names in a list of its own.
    if (Reflect.get(process, 'moduleLoadList').some((name: string) => name.endsWith('/undici'))) loaded.add('undici');
    writeFileSync(to, [...loaded].sort().join('\n'));
  });
