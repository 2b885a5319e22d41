import type { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { fetchBytes, type Source } from '../../sys/sources/source.ts';

/** A file that says of a medium how it is to be read. */
interface HeadFile<T> {
  name: string;
  schema: z.ZodType<T>;
  maxBytes: number;
}

/** What such a file says; undefined where the medium has none. @throws MEDIA_INVALID, FETCH_*, VOLUME_* */
export async function headFileOf<T>(source: Source, { name, schema, maxBytes }: HeadFile<T>): Promise<T | undefined> {
  try {
    const bytes = await fetchBytes(source, name, { maxBytes });
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    if (error instanceof AppError && error.code === 'FETCH_MISSING') return undefined;
    if (error instanceof AppError) throw error;
    throw new AppError('MEDIA_INVALID', `${name} of ${source.name} is damaged`, { cause: error });
  }
}
