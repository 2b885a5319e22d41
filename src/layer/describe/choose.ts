import { BLOCK, FRAMES_AT_ONCE } from '../format.ts';
import { type Dictionary, ownBlocksBefore } from '../frames.ts';
import { type AnchorTable, anchorTable } from '../index/anchors.ts';
import type { Packing } from '../modes.ts';
import type { FrameAnchors } from './describe-jobs.ts';

/** Chooses the dictionaries of frames, which must be asked for in order (layer §6.1). */
export interface Chooser {
  /** `blocks` counts the frame’s new blocks. */
  choose(frame: number, blocks: number, anchors: FrameAnchors): Dictionary;
}

/** Numbers of own blocks are kept above all base blocks, so that one number says both and sorts base first. */
const OWN = 2 ** 32;

/** `base` finds anchors of the base; `expectedAnchors` is about how many the new blocks will have. */
export function chooser(packing: Packing, base: AnchorTable, baseBlocks: number, expectedAnchors: number): Chooser {
  const perFrame = packing.frameBytes / BLOCK;
  const own = anchorTable(expectedAnchors);
  const waiting: FrameAnchors[] = [];

  const votesFor = ({ hashes }: FrameAnchors): number[] => {
    const votes = new Map<number, number>();
    for (const hash of hashes) {
      let block = base.find(hash);
      if (block < 0) {
        const found = own.find(hash);
        if (found >= 0) block = OWN + found;
      }
      if (block >= 0) votes.set(block, (votes.get(block) ?? 0) + 1);
    }
    return [...votes].sort(([a, m], [b, n]) => n - m || a - b).map(([block]) => block);
  };

  const remember = (frame: number, { hashes, places }: FrameAnchors) => {
    hashes.forEach((hash, index) => {
      if (base.find(hash) < 0) own.add(hash, frame * perFrame + (places[index] ?? 0));
    });
  };

  return {
    choose(frame, blocks, anchors) {
      // A shorter frame gets a shorter dictionary, so that the frame table stays in proportion to the layer.
      const room = Math.min(packing.dictionaryBlocks, Math.floor((packing.dictionaryBlocks / perFrame) * blocks));
      const ownLimit = OWN + ownBlocksBefore(packing.frameBytes, frame);
      const taken = new Set<number>();
      for (const block of votesFor(anchors)) {
        if (taken.size >= room) break;
        const [low, high] = block < OWN ? [0, baseBlocks] : [OWN, ownLimit];
        for (const near of [block, block + 1, block - 1]) {
          if (near >= low && near < high && taken.size < room) taken.add(near);
        }
      }
      waiting.push(anchors);
      const old = waiting.length > FRAMES_AT_ONCE ? waiting.shift() : undefined;
      if (old) remember(frame - FRAMES_AT_ONCE, old);

      const sorted = [...taken].sort((a, b) => a - b);
      return {
        base: Uint32Array.from(sorted.filter((block) => block < OWN)),
        own: Uint32Array.from(sorted.filter((block) => block >= OWN).map((block) => block - OWN)),
      };
    },
  };
}
