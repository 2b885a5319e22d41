// Adds one disk as `vm add --from` does, and says what it took. Arguments: the file, the work disk that it makes.
import { importForeign } from '../../src/project/foreign/import-foreign.ts';
import { readForeign } from '../../src/project/foreign/read-foreign.ts';

const [path = '', work = ''] = process.argv.slice(2);
const began = performance.now();
await importForeign((await readForeign(path)).disk, work);
const milliseconds = performance.now() - began;
console.log(JSON.stringify({ milliseconds, peakBytes: process.resourceUsage().maxRSS * 1024 }));
