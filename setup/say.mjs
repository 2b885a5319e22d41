/** Tells the person at the terminal what the set-up does; standard output belongs to the program that is started. */
export function say(text) {
  console.error(`set-up: ${text}`);
}

/** A set-up that cannot go on; `text` says what the person can do. */
export class SetupError extends Error {
  name = 'SetupError';
}
