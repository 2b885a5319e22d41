/** Which of a machine’s lists is in force, or that nothing passes; strictest first. */
const ACCESS_MODES = ['refuse', 'restricted', 'normal'] as const;
export type AccessMode = (typeof ACCESS_MODES)[number];

export function isStricter(mode: AccessMode, than: AccessMode): boolean {
  return ACCESS_MODES.indexOf(mode) < ACCESS_MODES.indexOf(than);
}
