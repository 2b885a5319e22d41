#!/bin/sh
# execa 9.6.0 (npm), by its signal-exit 4.1.0: while a program that it started runs, it listens for SIGTERM and SIGINT too, and
# ends its own process by the signal if nobody else listens any more. A listener made by `process.once` is taken off before it
# is called: it runs, and the process is ended nevertheless, before anything that it began can go on. With `process.on` the
# process lives. Node's own child_process does not listen.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm install --silent --no-save execa@9.6.0 signal-exit@4.1.0 node@24.11.1 >/dev/null
cat >try.mjs <<'TRY'
import { spawn } from 'node:child_process';
import { execa } from 'execa';
const [, , how, starter] = process.argv;
const orderly = () => setTimeout(() => { console.log(`${how}, ${starter}: ended in order`); process.exit(0); }, 200);
process[how]('SIGTERM', orderly);
if (starter === 'execa') execa('sleep', ['5'], { reject: false });
else spawn('sleep', ['5']);
setTimeout(() => process.kill(process.pid, 'SIGTERM'), 300);
TRY
try() { node_modules/.bin/node try.mjs "$1" "$2" || echo "$1, $2: killed by the signal ($?)"; }
seen=$(echo "node $(node_modules/.bin/node --version)"; try once child_process; try once execa; try on execa)
echo "$seen"
case $seen in *'once, child_process: ended in order'*'once, execa: killed by the signal (143)'*'on, execa: ended in order'*) ;;
*) echo 'this has changed' >&2; exit 1 ;; esac
