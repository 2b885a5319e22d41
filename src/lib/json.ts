/** JSON with sorted keys and no blanks: the same value gives the same bytes, whatever order its keys were set in. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

/** What a value is once it has been written as JSON and read again. */
export type AsJson<T> = T extends { toJSON(): infer Text }
  ? Text
  : T extends object
    ? { [K in keyof T]: AsJson<T[K]> }
    : T;

export function asJson<T>(value: T): AsJson<T> {
  return JSON.parse(JSON.stringify(value));
}

/** What text says as JSON, or undefined when it is none: a damaged file of our own counts as absent where that is safe. */
export function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
