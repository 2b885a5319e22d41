/** The programs that tell people what to do. */
export type Speaker = 'lazaret' | 'lazaret-manager';

const EITHER = /(`[^`]+`|„[^“]+“) \((?:in a project|in einem Projekt): ([^)]+)\)/g;

/**
 * A remedy names the user’s command, and behind it, “(in a project: …)”, the administrator’s, or his way where there is none: each program
 * says the one that is its own.
 */
export function ownCommand(remedy: string, speaker: Speaker): string {
  return remedy.replace(EITHER, speaker === 'lazaret' ? '$1' : '$2');
}
