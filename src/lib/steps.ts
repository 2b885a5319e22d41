/**
 * Told after each step of a change of this computer’s state, by name. Tests stop the change there, to see that every
 * step leaves the old state or the new one.
 */
export type Steps = (step: string) => void | Promise<void>;

export function noSteps(): void {
  // Nobody stops this change.
}
