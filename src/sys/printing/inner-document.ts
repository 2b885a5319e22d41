/** How documents begin that are orders to the computer’s own printing programs: who takes “any kind” finds these out by their beginning. */
const ORDERS = ['#CUPS-', '#PDF-BANNER'];
const LONGEST = Math.max(...ORDERS.map(({ length }) => length));

/** A document that is an order, whatever its request called it. */
export class InnerDocument extends Error {}

/** A document as it comes, once its beginning has been seen. @throws InnerDocument */
export async function* plainDocument(document: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begin: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of document) {
    if (!begin) {
      yield chunk;
      continue;
    }
    begin = Buffer.concat([begin, chunk]);
    if (begin.length < LONGEST) continue;
    yield seen(begin);
    begin = undefined;
  }
  if (begin && begin.length > 0) yield seen(begin);
}

function seen(begin: Buffer): Buffer {
  const text = begin.toString('latin1', 0, LONGEST);
  if (ORDERS.some((order) => text.startsWith(order))) throw new InnerDocument();
  return begin;
}
