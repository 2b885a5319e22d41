#!/bin/sh
# age-encryption 0.3.1 (npm): an `Encrypter` that was given no recipient and no passphrase encrypts all the same: a file that
# nobody can ever open comes out, without an error. The `age` program (1.1.1) refuses that. Where recipients come from a
# list, see that it is not empty before anything is encrypted.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm install --silent --no-save age-encryption@0.3.1 node@24.11.1 >/dev/null
apt-get download -q age=1.1.1-1+b3 >/dev/null; dpkg-deb -x age_*.deb root
cat >try.mjs <<'TRY'
import { Decrypter, Encrypter, generateX25519Identity } from 'age-encryption';
const made = await new Encrypter().encrypt('a disk’s key');
const head = new TextDecoder('latin1').decode(made).split('\n---')[0].split('\n');
console.log(`age-encryption 0.3.1 without a recipient: ${made.length} bytes, ${head.length - 1} recipients in its head`);
const decrypter = new Decrypter();
decrypter.addIdentity(await generateX25519Identity());
console.log('opened:', await decrypter.decrypt(made).then(() => 'yes', (error) => `no, ${error.message}`));
TRY
seen=$(node_modules/.bin/node try.mjs
  echo "age $(root/usr/bin/age --version) with an empty list of recipients:"
  : >nobody; echo 'a key' | root/usr/bin/age -R nobody -o out 2>&1 || echo "refused, $?")
echo "$seen"
case $seen in *'0 recipients in its head'*'opened: no'*'refused, 1'*) ;; *) echo 'this has changed' >&2; exit 1 ;; esac
