#!/bin/sh
# TanStack Query 5.108.4 (npm): while the browser says that it is offline (`navigator.onLine` is false), a query is not asked at all: it stays
# `pending` and `paused`, without an error. A page that is served by a program of the same computer, on 127.0.0.1, needs no network, and
# looks hung on a computer without one. `networkMode: 'always'` asks. Here the library is told what a browser tells it.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm install --silent --no-save @tanstack/query-core@5.108.4 node@24.11.1 >/dev/null
cat >try.mjs <<'TRY'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { onlineManager, QueryClient, QueryObserver } from '@tanstack/query-core';
let asked = 0;
const server = createServer((request, response) => { asked += 1; response.end('here'); }).listen(0, '127.0.0.1');
await once(server, 'listening');
onlineManager.setOnline(false);
const client = new QueryClient();
for (const options of [{}, { networkMode: 'always' }]) {
  const queryFn = async () => (await fetch(`http://127.0.0.1:${server.address().port}/`)).text();
  const observer = new QueryObserver(client, { queryKey: [options], queryFn, ...options });
  const stop = observer.subscribe(() => undefined);
  await new Promise((done) => setTimeout(done, 2000));
  const { status, fetchStatus, data } = observer.getCurrentResult();
  console.log(`${options.networkMode ?? 'by default'}: ${status}, ${fetchStatus}, ${data}; the server was asked ${asked} times`);
  stop();
}
process.exit();
TRY
seen=$(node_modules/.bin/node try.mjs)
echo "$seen"
case $seen in *'by default: pending, paused, undefined; the server was asked 0 times'*'always: success, idle, here'*) ;; *) echo 'this has changed' >&2; exit 1 ;; esac
