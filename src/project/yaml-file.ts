import { type Document, isMap, parseDocument, stringify, type YAMLError } from 'yaml';
import type { z } from 'zod';
import type { Problem } from '../policy/reading/problem.ts';

/** What a YAML file says, or what is wrong with it. */
export interface YamlFile<T> {
  value?: T;
  problems: Problem[];
}

/** Reads a YAML file of the project: one document, no aliases, no tags, no key twice; then the schema. */
export function parseYaml<T>(text: string, schema: z.ZodType<T>): YamlFile<T> {
  const document = documentOf(text);
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) return { problems: faults.map((fault) => ({ path: [], message: faultText(fault) })) };
  const plain = plainValue(document);
  if (typeof plain === 'string') return { problems: [{ path: [], message: plain }] };
  const parsed = schema.safeParse(plain.value);
  if (parsed.success) return { value: parsed.data, problems: [] };
  const problems = parsed.error.issues.map(({ path, message }) => ({
    path: path.filter((key) => typeof key !== 'symbol'),
    message,
  }));
  return { problems };
}

function faultText({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'has a line of “---” with another document behind it: write all of it as one';
  return message.split('\n')[0] ?? 'is not YAML';
}

function documentOf(text: string): Document {
  return parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    merge: false,
    // Not “silent”, which also passes over every document but the first: what stands behind a line of “---” would be lost without a word.
    logLevel: 'error',
  });
}

function plainValue(document: Document): { value: unknown } | string {
  try {
    return { value: document.toJS({ maxAliasCount: 0 }) };
  } catch (error) {
    if (error instanceof ReferenceError) return 'uses aliases, which are not allowed';
    throw error;
  }
}

/** The file’s text with another value: only what differs is written, everything else keeps its place and its comments. */
export function formatYaml(text: string, value: object): string {
  const document = documentOf(text);
  merge(document, [], document.toJS({ maxAliasCount: 0 }), value);
  return document.toString({ lineWidth: 120 });
}

/** A value as a file of its own would have it. */
export function yamlText(value: object): string {
  return stringify(value, { lineWidth: 120 });
}

function merge(document: Document, path: readonly string[], before: unknown, after: unknown): void {
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  if (!isPlain(before) || !isPlain(after) || !isMap(path.length === 0 ? document.contents : document.getIn(path))) {
    document.setIn(path, document.createNode(after));
    return;
  }
  for (const key of Object.keys(before)) if (!(key in after)) document.deleteIn([...path, key]);
  for (const [key, value] of Object.entries(after)) merge(document, [...path, key], before[key], value);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
