/** What a schema has found wrong, and at which field. */
interface Issue {
  path: readonly PropertyKey[];
  message: string;
}

/** What a schema refuses, each with the field that it is about; what it says of the whole stands by itself. */
export function issueTexts({ issues }: { issues: readonly Issue[] }): string[] {
  return issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')} ${message}` : message));
}
