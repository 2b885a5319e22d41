import { SaxesParser } from 'saxes';
import { AppError } from '../../../lib/errors.ts';
import { descriptionText } from './text.ts';

const MAX_ELEMENTS = 20_000;
const MAX_DEPTH = 64;
const MAX_ATTRIBUTES = 100;

/** An element, without the prefixes of its names. */
export interface Element {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: readonly Element[];
  /** Its own text, without that of its children. */
  text: string;
}

interface Open extends Element {
  children: Element[];
  attributes: Record<string, string>;
}

/** Reads XML whose entities are XML’s own five: a document type is refused. @throws IMPORT_INVALID */
export function readXml(bytes: Buffer, name: string): Element {
  const text = descriptionText(bytes, name, /^<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)["']/);
  const refuse = (why: string): never => {
    throw new AppError('IMPORT_INVALID', `${name} is no XML that is read: ${why}`);
  };
  const parser = new SaxesParser({ xmlns: true });
  const open: Open[] = [];
  let root: Element | undefined;
  let count = 0;
  parser.on('doctype', () => refuse('it has a document type (DTD)'));
  parser.on('error', (error) => refuse(error.message.slice(0, 200)));
  parser.on('opentag', ({ local, attributes }) => {
    count += 1;
    if (count > MAX_ELEMENTS) refuse(`it has more than ${MAX_ELEMENTS} elements`);
    if (open.length >= MAX_DEPTH) refuse(`it is more than ${MAX_DEPTH} elements deep`);
    const found = Object.values(attributes);
    if (found.length > MAX_ATTRIBUTES) refuse('an element has too many attributes');
    const element: Open = { name: local, attributes: Object.create(null), children: [], text: '' };
    for (const attribute of found) element.attributes[attribute.local] ??= attribute.value;
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  const add = (more: string) => {
    const element = open.at(-1);
    if (element) element.text += more;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => open.pop());
  parser.write(text.replace(/^\uFEFF/, '')).close();
  return root ?? refuse('it is empty');
}

/** The children of that name. */
export function childrenOf(element: Element | undefined, ...names: string[]): Element[] {
  return (element?.children ?? []).filter(({ name }) => names.includes(name));
}

export function childOf(element: Element | undefined, name: string): Element | undefined {
  return childrenOf(element, name)[0];
}

/** The text of a child, without what is around it. */
export function textOf(element: Element | undefined, name: string): string | undefined {
  const text = childOf(element, name)?.text.trim();
  return text === '' ? undefined : text;
}
