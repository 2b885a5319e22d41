#!/bin/sh
# zod 4.6.7 (npm): the JSON Schema of what may be written (`io: 'input'`) has the default of a field, but not where anything below the field is
# transformed, though the field may be left out there just as well: editors then say nothing of it. A default is a value of the output, a
# `prefault` one of the input, and that one is kept.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm install --silent --no-save zod@4.6.7 node@24.11.1 >/dev/null
cat >try.mjs <<'TRY'
import { z } from 'zod';
const upper = z.string().transform((text) => text.toUpperCase());
const fields = {
  'plain, default': z.array(z.string()).default([]),
  'transformed, default': z.array(upper).default([]),
  'transformed, prefault': z.array(upper).prefault([]),
};
for (const [name, field] of Object.entries(fields)) {
  const { properties, required = [] } = z.toJSONSchema(z.object({ field }), { io: 'input' });
  console.log(`${name}: ${'default' in properties.field ? 'has its default' : 'no default'}, required: ${required.length > 0}`);
}
TRY
seen=$(node_modules/.bin/node try.mjs)
echo "$seen"
case $seen in *'plain, default: has its default, required: false'*'transformed, default: no default, required: false'*'transformed, prefault: has its default, required: false'*) ;; *) echo 'this has changed' >&2; exit 1 ;; esac
