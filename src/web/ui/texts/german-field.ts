import { FIELDS_DE, SCHEMAS_DE, YAML_DE } from './fields.de.ts';

type Form = readonly [form: RegExp, german: (found: RegExpExecArray) => string];

const FIELDS = FIELDS_DE.map(formOf);
const YAML = YAML_DE.map(formOf);
const SCHEMAS = SCHEMAS_DE.map(([form, german]): Form => [form, ([, ...found]) => german(...found)]);

/** What is wrong with a field, auf Deutsch, where it is known how to say it; it goes on where “this field” ends. */
export function germanField(message: string): string | undefined {
  const inYaml = /^(.*) at line (\d+), column (\d+):?$/s.exec(message);
  if (inYaml) return yamlText(inYaml);
  return ofForms(FIELDS, message) ?? ofForms(SCHEMAS, message) ?? quotedText(message);
}

/** The same of what begins with a file and a field, or with the name of what it is about, as far as it names them. */
export function germanProblem(line: string): string | undefined {
  for (const form of [/^()(.*)$/s, /^(.+?: )(.*)$/s, /^((?:[^\s:]+: )?\S* )(.*)$/s]) {
    const [, where = '', message = ''] = form.exec(line) ?? [];
    const german = germanField(message);
    if (german !== undefined) return `${where}${german}`;
  }
  return undefined;
}

/** What is wrong with several fields, a line each, or in one; undefined where not all of it is known. */
export function germanProblems(reason: string): string | undefined {
  const lines = reason.split('\n').flatMap((line) => (germanProblem(line) === undefined ? line.split('; ') : [line]));
  const german = lines.map(germanProblem);
  return german.every((line) => line !== undefined) ? german.join('\n') : undefined;
}

/** An entry of a list, or a version, stands before what is wrong with it. */
function quotedText(message: string): string | undefined {
  const [, entry, wrong = ''] = /^“(.*?)” (.+)$/s.exec(message) ?? [];
  const german = entry === undefined ? undefined : germanField(wrong);
  return german === undefined ? undefined : `„${entry}“ ${german}`;
}

/** Of what is seldom said there is no German: that it is no YAML, and its own words. */
function yamlText([, said = '', line, column]: RegExpExecArray): string {
  return `Zeile ${line}, Spalte ${column}: ${ofForms(YAML, said) ?? `das ist kein YAML (${said})`}`;
}

function ofForms(forms: readonly Form[], message: string): string | undefined {
  for (const [form, german] of forms) {
    const found = form.exec(message);
    if (found) return german(found);
  }
  return undefined;
}

/** A text with any others where it has names in braces. */
function formOf([english, german]: readonly [string, string]): Form {
  const form = english.replace(/[\\^$.*+?()[\]|/]/g, '\\$&').replace(/\{(\w+)\}/g, '(?<$1>.+?)');
  return [
    new RegExp(`^${form}$`, 's'),
    ({ groups }) => german.replace(/\{(\w+)\}/g, (_, name) => groups?.[name] ?? ''),
  ];
}
