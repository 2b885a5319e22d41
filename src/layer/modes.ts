/** How much work goes into making a blob small (layer §7). All are opened alike. */
export const MODES = ['fast', 'small', 'smallest'] as const;
export type Mode = (typeof MODES)[number];

export interface Packing {
  /** Unpacked bytes of a full frame. */
  frameBytes: number;
  /** Blocks a frame's dictionary may have at most; 0 for none. */
  dictionaryBlocks: number;
  /** Level of zstd. */
  level: number;
}

const SMALL_FRAME = 262_144;
const LARGE_FRAME = 1_048_576;

/** What a mode means for an update, or for a full package, which has no base to compare with. */
export function packingOf(mode: Mode, full: boolean): Packing {
  const frameBytes = full ? LARGE_FRAME : SMALL_FRAME;
  switch (mode) {
    case 'fast':
      return { frameBytes, dictionaryBlocks: 0, level: 3 };
    case 'small':
      return { frameBytes, dictionaryBlocks: 256, level: 3 };
    case 'smallest':
      return { frameBytes: LARGE_FRAME, dictionaryBlocks: 1024, level: 19 };
  }
}
