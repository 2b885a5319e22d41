// Loaded into the service of a soak before anything else (NODE_OPTIONS): on SIGUSR2 it collects its garbage and writes what is left.
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

const out = process.env['SOAK_HEAP'];
if (isMainThread && out !== undefined && /lazaretd\.[jt]s$/.test(process.argv[1] ?? '')) {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  process.on('SIGUSR2', async () => {
    // What is let go of by a first collection is collected by another.
    for (let time = 0; time < 3; time += 1) {
      collect();
      await new Promise((done) => setImmediate(done));
    }
    const { heapUsed, external } = process.memoryUsage();
    writeFileSync(`${out}.new`, `${heapUsed + external}`);
    renameSync(`${out}.new`, out);
  });
}
