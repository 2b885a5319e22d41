#!/bin/sh
# @tufjs/models 4.1.1 (npm): metadata that is rightly signed by a P-384 key (keytype `ecdsa`, scheme `ecdsa-sha2-nistp384`)
# does not verify. The scheme names SHA-384; the library hands `crypto.verify` no hash, and Node's default for every curve is
# SHA-256. P-256 and Ed25519 verify: sign with one of these where a client uses this library.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm install --silent --no-save @tufjs/models@4.1.1 node@24.11.1 >/dev/null
cat >try.mjs <<'TRY'
import { generateKeyPairSync, sign } from 'node:crypto';
import { Key, Metadata, MetadataKind, Root, Signature } from '@tufjs/models';
console.log('node', process.versions.node);
for (const [bits, hash] of [[256, 'sha256'], [384, 'sha384']]) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: `P-${bits}` });
  const keyID = '0'.repeat(64);
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const scheme = `ecdsa-sha2-nistp${bits}`;
  const root = new Root({ version: 1, specVersion: '1.0.34', expires: '2100-01-01T00:00:00Z' });
  root.addKey(new Key({ keyID, keyType: 'ecdsa', scheme, keyVal: { public: pem } }), 'root');
  const metadata = new Metadata(root);
  metadata.sign((data) => new Signature({ keyID, sig: sign(hash, data, privateKey).toString('hex') }));
  let said = 'verifies';
  try { metadata.verifyDelegate(MetadataKind.Root, metadata); } catch (error) { said = `refused, ${error.message}`; }
  console.log(`${scheme} over ${hash}: ${said}`);
}
TRY
seen=$(node_modules/.bin/node try.mjs 2>&1 || true)
echo "$seen"
case $seen in *'nistp256 over sha256: verifies'*'nistp384 over sha384: refused'*) ;; *) echo 'this has changed' >&2; exit 1 ;; esac
