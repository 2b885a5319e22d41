#!/bin/sh
# QEMU 7.2: a VNC server that is given no `audiodev` gives out sound all the same: that of the first audio device there is. So who leaves the
# option out to keep a screen silent has not; what helps is a device of its own on which nobody plays, and then it is silent. Here a boot
# sector lets the computer's speaker sound for ever, and two clients ask two servers for it, of which one is told of an audio device.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
version=1:7.2+dfsg-7+deb12u18+b3
apt-get download -q "qemu-system-x86=$version" "qemu-system-common=$version" qemu-system-data seabios >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
qemu=root/usr/bin/qemu-system-x86_64
$qemu --version | head -n 1
# mov al,0xb6; out 0x43,al; mov al,0xa9; out 0x42,al; mov al,4; out 0x42,al; in al,0x61; or al,3; out 0x61,al; hlt; jmp -3
{ printf '\260\266\346\103\260\251\346\102\260\004\346\102\344\141\014\003\346\141\364\353\375'; head -c 489 /dev/zero; printf '\125\252'; } >disk.raw
cat >client.pl <<'END'
use IO::Socket::UNIX;
my ($socket, $bytes) = (undef, 0);
for (1 .. 100) { last if $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]); select undef, undef, undef, 0.1; }
sub want { my ($data, $n) = ('', @_); while (length $data < $n) { sysread($socket, $data, $n - length $data, length $data) or exit 1; } $data }
want(12); syswrite $socket, "RFB 003.008\n"; want(ord want(1)); syswrite $socket, "\1"; want(4); syswrite $socket, "\1";
want(unpack 'x20 N', want(24));
syswrite $socket, pack('C x n l>', 2, 1, -259); want(16);                         # has it sound? it says so
syswrite $socket, pack('C C n C C N', 255, 1, 2, 3, 2, 44100) . pack('C C n', 255, 1, 0); # 16 bits, two ears; begin
$SIG{ALRM} = sub { print "$ARGV[0]: silent\n"; exit }; alarm 5;
while ($bytes < 100000) { my ($type, $about, $told) = unpack 'C C n', want(4); $bytes += length want(unpack 'N', want(4)) if $told == 2; }
print "$ARGV[0]: sound\n";
END
try() {
  rm -f screen sound
  timeout 60 $qemu -M pc,accel=tcg,pcspk-audiodev=sound -m 32 -nodefaults -vga std -display none -L root/usr/share/qemu -L root/usr/share/seabios \
    -drive if=ide,format=raw,file=disk.raw "$@" -vnc unix:sound,audiodev=sound 2>/dev/null &
  running=$!
  perl client.pl sound; perl client.pl screen
  kill $running; wait $running || true
}
none=$(try -audiodev none,id=sound -vnc unix:screen)
own=$(try -audiodev none,id=silence -audiodev none,id=sound -vnc unix:screen,audiodev=silence)
printf 'no audiodev: %s\nits own:     %s\n' "$(echo $none)" "$(echo $own)"
[ "$(echo $none) $(echo $own)" = 'sound: sound screen: sound sound: sound screen: silent' ] || { echo 'this has changed' >&2; exit 1; }
