import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { parseYaml } from '../../../project/yaml-file.ts';
import { germanField, germanProblems } from './german-field.ts';

const SRC = join(import.meta.dirname, '..', '..', '..');
/** Files whose words stand behind the name of a field. */
const SAYING = [
  'api/**/*.ts',
  'policy/**/*.ts',
  'project/schema.ts',
  'servers/kinds.ts',
  'project/yaml-file.ts',
  'project/open.ts',
];
const WORDS = /(['`])((?:is|has|must|needs|names|pins|goes|begins|uses|asks)\b(?:(?!\1).)*)\1(?= *[,;)}\n]| : |\.)/g;

test('all that our schemas and checks say of a field is known auf Deutsch', () => {
  const files = SAYING.flatMap((pattern) => globSync(pattern, { cwd: SRC })).filter(
    (name) => !/\.test\.|edit\//.test(name),
  );
  const said = files.flatMap((file) =>
    [...readFileSync(join(SRC, file), 'utf8').matchAll(WORDS)].map(([, , text = '']) => sample(text)),
  );
  assert.ok(said.length > 60, `${said.length}`);
  for (const text of said) {
    const german = germanField(text);
    assert.ok(german !== undefined && german !== text && !/[{}]/.test(german), text);
  }
});

/** As it may be said: of two words the first. */
function sample(template: string): string {
  return template.replace(/\$\{\w+ \? '([^']*)'[^}]*\}/g, '$1').replace(/\$\{[^}]*\}/g, '7');
}

const SCHEMAS: [schema: z.ZodType, value: unknown, german: string][] = [
  [z.string(), undefined, 'fehlt; hierher gehört ein Text'],
  [z.int(), 'x', 'muss eine Zahl sein, nicht ein Text'],
  [z.int(), 1.5, 'muss eine ganze Zahl sein, nicht eine Zahl'],
  [z.boolean(), null, 'muss „true“ oder „false“ sein, nicht leer'],
  [z.array(z.string()), {}, 'muss eine Liste sein, nicht ein Block von Feldern'],
  [z.literal(1), 2, 'muss 1 sein'],
  [z.enum(['a', 'b']), 'c', 'muss eines davon sein: "a", "b"'],
  [z.string().min(1), '', 'darf nicht leer sein'],
  [z.array(z.string()).min(2), ['a'], 'braucht mindestens 2 Einträge'],
  [z.string().max(2), 'abc', 'darf höchstens 2 Zeichen haben'],
  [z.string().length(2), 'abc', 'muss genau 2 Zeichen haben'],
  [z.int().min(32), 1, 'darf nicht kleiner sein als 32'],
  [z.int().max(64), 65, 'darf nicht größer sein als 64'],
  [z.string().startsWith('/'), 'x', 'muss mit "/" beginnen'],
  [z.string().regex(/^a$/), 'x', 'hat nicht die Form /^a$/'],
  [z.strictObject({}), { a: 1 }, 'hat ein Feld, das es nicht gibt: "a"'],
  [z.strictObject({}), { a: 1, b: 1 }, 'hat Felder, die es nicht gibt: "a", "b"'],
  [z.record(z.string().max(1), z.int()), { ab: 1 }, 'hat ein Feld, dessen Name nicht geht'],
  [z.union([z.string(), z.int()]), [], 'ist nicht, was hier stehen kann'],
  [z.discriminatedUnion('type', [z.object({ type: z.literal('a') })]), { type: 'b' }, "muss eines davon sein: 'a'"],
  [z.url(), 'x', 'ist keine Adresse, die hier geht'],
  [z.uuid(), 'x', 'ist keine UUID'],
  [z.iso.date(), 'x', 'ist kein Datum wie 2026-12-31'],
  [z.email(), 'x', 'ist keine E-Mail-Adresse'],
];
for (const [schema, value, german] of SCHEMAS)
  test(`a schema that refuses ${JSON.stringify(value)} says “${german}”`, () => {
    const message = schema.safeParse(value).error?.issues[0]?.message ?? assert.fail('is right');
    assert.equal(germanField(message), german);
  });

const TEXTS: [text: string, german: RegExp][] = [
  ['a: 1\na: 2\n', /^Zeile 2, Spalte 1: ein Feld steht zweimal da$/],
  ['a: b: c\n', /^Zeile 1, Spalte 4: hinter dem Doppelpunkt eines Feldes steht noch einer$/],
  ['a: "x\n', /^Zeile 2, Spalte 1: ein Anführungszeichen \("\) fehlt am Ende$/],
  ['a:\n  - b\n c\n', /^Zeile \d, Spalte \d: /],
  ['a: [1, 2\n', /^Zeile 2, Spalte 1: /],
  ['a: !!x y\n', /^Zeile 1, Spalte 4: die Angabe .* ist nicht erlaubt$/],
  ['a:\n\tb: c\n', /^Zeile 2, Spalte 1: /],
  ['a: &x 1\nb: *x\n', /^benutzt Verweise/],
  ['a: 1\n---\nb: 1\n', /^hat eine Zeile „---“/],
];
for (const [text, german] of TEXTS)
  test(`${JSON.stringify(text)} is said to be no YAML auf Deutsch`, () => {
    const { problems } = parseYaml(text, z.unknown());
    assert.ok(problems.length > 0);
    for (const { message } of problems) assert.match(germanField(message) ?? message, german);
  });

test('a reason of several lines is German as a whole or not at all', () => {
  const said =
    'vms/office/policy.yaml: quarantine.type Invalid input: expected string, received number\nlazaret.yaml: is missing';
  assert.equal(
    germanProblems(said),
    'vms/office/policy.yaml: quarantine.type muss ein Text sein, nicht eine Zahl\nlazaret.yaml: fehlt',
  );
  assert.equal(
    germanProblems('a.entries.0 “x y z” is neither an address, a subnet nor a name; b is missing'),
    'a.entries.0 „x y z“ ist weder eine Adresse noch ein Teilnetz noch ein Name\nb fehlt',
  );
  assert.equal(
    germanProblems('cpus Too big: expected number to be <=64; name is missing'),
    'cpus darf nicht größer sein als 64\nname fehlt',
  );
  assert.equal(germanProblems(`${said}\nso it is`), undefined);
  assert.equal(germanField('“a/b/c” has more than one “/”'), '„a/b/c“ hat mehr als ein „/“');
  assert.equal(germanField('so it is'), undefined);
});
