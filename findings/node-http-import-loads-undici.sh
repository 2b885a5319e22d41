#!/bin/sh
# Node 24.11.1 (26.10 is the same): `import … from 'node:http'`, whatever it takes of it, loads all of undici, because the namespace
# of an ES module has every property of it, and reading WebSocket loads its library. `require` and `process.getBuiltinModule` do not.
# It took about as much processor time again as Node's own start.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm install --silent --no-save node@24.11.1 >/dev/null
tell="console.log(how, 'loads undici:', process.moduleLoadList.some((name) => name.endsWith('/undici')));"
echo "import { request } from 'node:http'; const how = 'import'; request; $tell" >import.mjs
echo "const { request } = require('node:http'); const how = 'require'; request; $tell" >require.cjs
echo "const { request } = process.getBuiltinModule('node:http'); const how = 'getBuiltinModule'; request; $tell" >builtin.mjs
seen=$(node_modules/.bin/node --version; for file in import.mjs require.cjs builtin.mjs; do node_modules/.bin/node $file; done)
echo "$seen"
case $seen in *'import loads undici: true'*'require loads undici: false'*'getBuiltinModule loads undici: false'*) ;;
*) echo 'this has changed' >&2; exit 1 ;; esac
