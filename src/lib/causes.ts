const MAX_CAUSES = 4;
const MAX_CAUSE_CHARS = 200;
/** An error may be its own cause, in a circle. */
const MAX_DEPTH = 20;

/**
 * Why a failure came to be, from the nearest cause to the first one: a few short lines without stack, and without what may let
 * one in. A cause that the lines before it say already is left out.
 */
export function causesOf(error: unknown): string[] {
  const said = error instanceof Error ? [withoutSecrets(error.message)] : [];
  const causes: string[] = [];
  let inner = causeOf(error);
  for (let depth = 0; inner !== undefined && depth < MAX_DEPTH && causes.length < MAX_CAUSES; depth++) {
    const text = textOf(inner);
    if (text !== '' && !said.some((line) => line.includes(text))) {
      const code = ownCode(inner);
      causes.push(shortened(code === undefined ? text : `${code}: ${text}`));
      said.push(text);
    }
    inner = causeOf(inner);
  }
  return causes;
}

/** A text for people: addresses in it without user, password and query, which may be what lets one in. */
export function withoutSecrets(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)([^\s'"<>]*)/gi, (_all, scheme: string, rest: string) => {
    const [authority = ''] = rest.split(/[/?#\\]/, 1);
    const path = rest.slice(authority.length).replace(/[?][^#]*/, '?…');
    return scheme + authority.slice(authority.lastIndexOf('@') + 1) + path;
  });
}

function causeOf(error: unknown): unknown {
  if (error instanceof AggregateError) return error.errors[0];
  return error instanceof Error ? error.cause : undefined;
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return shortened(String(error));
  // What Node says of every request that failed; the cause of it tells more.
  if (error.message === 'fetch failed' && error.cause !== undefined) return '';
  if ('issues' in error && Array.isArray(error.issues)) return shortened(error.issues.map(issueText).join('; '));
  if (error instanceof AggregateError && error.message === '') return '';
  // The command may have had a secret among its arguments.
  if (error.name === 'ExecaError') return shortened(error.message.split(':', 1)[0] ?? '');
  // JSON.parse quotes what it read, and that may be a file of secrets.
  return shortened(error.message.replace(/, (?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON$/s, ''));
}

/** One field that a schema refuses. */
function issueText(issue: unknown): string {
  if (typeof issue !== 'object' || issue === null || !('message' in issue)) return 'it has another form';
  const path = 'path' in issue && Array.isArray(issue.path) ? issue.path.join('.') : '';
  return path === '' ? String(issue.message) : `${path}: ${String(issue.message)}`;
}

function ownCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'AppError' || !('code' in error)) return undefined;
  return String(error.code);
}

/** The first line. */
function shortened(text: string): string {
  const [line = ''] = withoutSecrets(text.trim()).split('\n', 1);
  return line.length <= MAX_CAUSE_CHARS ? line.trim() : `${line.slice(0, MAX_CAUSE_CHARS - 1)}…`;
}
