#!/bin/sh
# QEMU 7.2: the QMP job `snapshot-delete` of a tag that does not exist ends without an error, and `snapshot-load` of the same
# tag ends with one. Both commands themselves answer at once with "return": what became of them stands in `query-jobs` alone.
# Who deletes a snapshot by name looks first whether it is there.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
version=1:7.2+dfsg-7+deb12u18+b3
apt-get download -q "qemu-system-x86=$version" "qemu-system-common=$version" "qemu-utils=$version" qemu-system-data seabios \
  liburing2=2.3-3 libaio1=0.3.113-4 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
root/usr/bin/qemu-img create -q -f qcow2 disk.qcow2 1M
cat >try.py <<'TRY'
import json, subprocess, time
qemu = 'root/usr/bin/qemu-system-x86_64'
print(subprocess.check_output([qemu, '--version'], text=True).split('\n')[0])
words = [qemu, '-M', 'q35,accel=tcg', '-m', '32', '-nodefaults', '-display', 'none', '-S', '-L', 'root/usr/share/qemu',
         '-L', 'root/usr/share/seabios', '-blockdev', 'driver=qcow2,node-name=d,file.driver=file,file.filename=disk.qcow2',
         '-device', 'virtio-blk-pci,drive=d,romfile=', '-qmp', 'stdio']
with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
    def call(name, **given):
        process.stdin.write(json.dumps({'execute': name, 'arguments': given}) + '\n'); process.stdin.flush()
        while True:
            answer = json.loads(process.stdout.readline())
            if 'return' in answer or 'error' in answer: return answer
    call('qmp_capabilities')
    for number, (name, more) in enumerate([('snapshot-load', {'vmstate': 'd'}), ('snapshot-delete', {})]):
        job = 'job%d' % number
        answer = call(name, **{'job-id': job, 'tag': 'nowhere', 'devices': ['d'], **more})
        print(name, 'answers', json.dumps(answer))
        while True:
            found = [one for one in call('query-jobs')['return'] if one['id'] == job]
            if found and found[0]['status'] == 'concluded': break
            time.sleep(0.05)
        print(name, 'ends with', found[0].get('error', 'no error'))
    call('quit')
TRY
seen=$(python3 try.py)
echo "$seen"
case $seen in *"snapshot-load ends with Snapshot 'nowhere' does not exist"*'snapshot-delete ends with no error'*) ;;
*) echo 'this has changed' >&2; exit 1 ;; esac
