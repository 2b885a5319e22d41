// One operation of ours in a process of its own, so that it is measured as the peers are: ours.ts VERB JSON
import { readFileSync, writeFileSync } from 'node:fs';
import { describeLayer } from '../../src/layer/describe/describe.ts';
import { hashPieces } from '../../src/layer/rebuild/pieces.ts';
import { rebuildLayer } from '../../src/layer/rebuild/rebuild.ts';

const [verb, text = '{}'] = process.argv.slice(2);
const { told, out, ...options } = JSON.parse(text);
switch (verb) {
  case 'describe':
    writeFileSync(told, JSON.stringify(await describeLayer({ ...options, out })));
    break;
  case 'rebuild': {
    const { layer, blob } = JSON.parse(readFileSync(told, 'utf8'));
    await rebuildLayer({ ...options, out, expected: { ...layer, blob } });
    break;
  }
  case 'verify':
    await hashPieces(options.path);
    break;
  default:
    throw new Error(`there is no verb ${verb}`);
}
