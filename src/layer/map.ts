import { VarintReader, VarintWriter } from '../lib/varint.ts';
import { blocksOf, hold } from './format.ts';

/** What becomes of a run of a layer file's blocks (layer §4). Blocks of the file are tiled by such runs, in order. */
export type Run =
  | { kind: 'zero'; n: number }
  /** Base blocks at the same place in the guest's disk, or elsewhere in it: `from` counts base blocks. */
  | { kind: 'same' | 'moved'; n: number; from: number }
  /** The next new blocks: `from` counts new blocks. */
  | { kind: 'new'; n: number; from: number }
  /** New blocks met before. */
  | { kind: 'again'; n: number; from: number };

const TAGS = { zero: 0, same: 1, moved: 2, new: 3, again: 4 } as const;
const AT = 5;

/** Writes the records of a block map (layer §8.3), joining runs that continue each other. */
export interface RecordWriter {
  add(run: Run): void;
  /** All records; nothing may be added afterwards. */
  end(): Uint8Array;
}

export function recordWriter(): RecordWriter {
  const out = new VarintWriter();
  let guest = 0;
  let moved = 0;
  let held: Run | undefined;

  const write = (run: Run) => {
    if (run.kind === 'same' && run.from !== guest) {
      out.write(AT);
      out.writeSigned(run.from - guest);
      guest = run.from;
    }
    out.write(TAGS[run.kind]);
    out.write(run.n);
    if (run.kind === 'moved') {
      out.writeSigned(run.from - moved);
      moved = run.from + run.n;
    } else if (run.kind === 'again') {
      out.write(run.from);
    }
    guest += run.n;
  };
  return {
    add(run) {
      if (held && continues(held, run)) {
        held.n += run.n;
        return;
      }
      if (held) write(held);
      held = { ...run };
    },
    end() {
      if (held) write(held);
      return out.bytes;
    },
  };
}

function continues(held: Run, run: Run): boolean {
  if (held.kind === 'zero' || run.kind === 'zero') return held.kind === run.kind;
  return held.kind === run.kind && held.from + held.n === run.from;
}

/** What the records must fit. */
export interface Extent {
  layerBytes: number;
  baseBytes: number;
  newBlocks: number;
}

/**
 * The runs of a block map, each held to layer §12 before it is given.
 * @throws LAYER_INVALID for any that breaks a rule, and at the end when they do not tile the layer exactly
 */
export function* decodeRecords(bytes: Uint8Array, extent: Extent): Generator<Run> {
  const reader = new VarintReader(bytes);
  const layerBlocks = blocksOf(extent.layerBytes);
  const baseBlocks = blocksOf(extent.baseBytes);
  let file = 0;
  let guest = 0;
  let moved = 0;
  let met = 0;
  let jumped = false;

  while (!reader.atEnd) {
    const tag = reader.read();
    if (tag === AT) {
      hold(!jumped, 'the block map jumps twice in a row');
      guest += reader.readSigned();
      hold(guest >= 0 && Number.isSafeInteger(guest), 'the block map leaves the disk');
      jumped = true;
      continue;
    }
    jumped = false;
    const n = reader.read();
    hold(n >= 1 && n <= layerBlocks - file, 'the block map is longer than the layer');
    switch (tag) {
      case TAGS.zero:
        yield { kind: 'zero', n };
        break;
      case TAGS.same:
        hold(guest <= baseBlocks - n, 'the block map names blocks beyond the base');
        yield { kind: 'same', n, from: guest };
        break;
      case TAGS.moved:
        moved += reader.readSigned();
        hold(moved >= 0 && moved <= baseBlocks - n, 'the block map names blocks beyond the base');
        yield { kind: 'moved', n, from: moved };
        moved += n;
        break;
      case TAGS.new:
        hold(n <= extent.newBlocks - met, 'the block map has more new blocks than the head');
        yield { kind: 'new', n, from: met };
        met += n;
        break;
      case TAGS.again: {
        const from = reader.read();
        hold(from <= met - n, 'the block map repeats blocks before they were met');
        yield { kind: 'again', n, from };
        break;
      }
      default:
        hold(false, 'the block map has an unknown record');
    }
    file += n;
    guest += n;
  }
  hold(!jumped, 'the block map ends with a jump');
  hold(file === layerBlocks, 'the block map does not cover the layer');
  hold(met === extent.newBlocks, 'the block map has fewer new blocks than the head');
}
