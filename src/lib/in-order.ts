/**
 * Does `work` on each item with up to `ahead` of them under way, and gives the results in the items’ order.
 * `work` is called in that order too. The first failure ends it.
 */
export async function* inOrder<T, R>(
  source: AsyncIterable<T> | Iterable<T>,
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  for await (const item of source) {
    begun.push(watched(work(item)));
    if (begun.length >= ahead) yield* begun.splice(0, 1);
  }
  yield* begun;
}

/** A failure is thrown when its turn comes; until then it must not count as one that nobody looks at. */
function watched<R>(result: Promise<R>): Promise<R> {
  result.catch(() => undefined);
  return result;
}
