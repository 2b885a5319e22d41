#!/bin/sh
# Installs Lazaret from the medium that this lies on, where it is not here or older, and then the machines of the medium.
# Its arguments are those of “lazaret install”. All of it is functions: of a file that was cut short nothing is run.

main() {
  set -eu
  umask 022
  here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
  sums=$here/lazaret/SHA256SUMS
  [ -s "$sums" ] || stop 65 'lazaret/SHA256SUMS is not on this medium: it was not copied whole. Copy it again'

  state=$(dpkg_state)
  if [ -z "$state" ] && command -v lazaret >/dev/null 2>&1; then
    say 'Lazaret is here, and not as a Debian package: it stays as it is'
    install_machines "$@"
    return
  fi
  look_at_medium
  case $state in
    '')
      need_root
      first_lazaret
      install_machines "$@"
      # Nothing could ask for its signature before.
      upgrade --check "$@" || stop 65 'the Lazaret on this medium is not the one that its project signed: ask your administrator'
      ;;
    'installed '*)
      installed=${state#installed }
      if dpkg --compare-versions "$version" gt "$installed"; then
        need_root
        # It knows whose packages this computer takes, and asks for their signature.
        upgrade '' "$@" || stop 65 "Lazaret $installed stays as it is, and so do your machines"
      else
        say "Lazaret $installed is installed, and $version on this medium: it stays as it is"
      fi
      install_machines "$@"
      ;;
    *) stop 75 'an installation of Lazaret was interrupted. As root run: dpkg --configure -a, then this again' ;;
  esac
}

# What dpkg has of Lazaret: “installed 1.0”, or nothing.
dpkg_state() {
  command -v dpkg-query >/dev/null 2>&1 || return 0
  said=$(dpkg-query -W -f '${db:Status-Status} ${Version}' lazaret 2>/dev/null) || return 0
  case $said in
    'not-installed '* | 'config-files '*) ;;
    *) echo "$said" ;;
  esac
}

# Finds the package for this computer: $file of $version.
look_at_medium() {
  for program in dpkg apt-get; do
    command -v "$program" >/dev/null 2>&1 ||
      stop 69 "this computer has no $program, and Lazaret on this medium is a Debian package. Install Lazaret in another way, then: lazaret install '$here'"
  done
  processor=$(dpkg --print-architecture)
  file=$(sed -n "s/^[0-9a-f]\{64\}  \(lazaret_[0-9A-Za-z.+~-]*_$processor\.deb\)\$/\1/p" "$sums")
  if [ -z "$file" ]; then
    there=$(sed -n 's/.*_\(.*\)\.deb$/\1/p' "$sums" | tr '\n' ' ')
    stop 65 "Lazaret on this medium is for: ${there:-nothing }- and this computer is $processor. Ask your administrator for a medium for $processor"
  fi
  version=${file#lazaret_}
  version=${version%_"$processor".deb}
}

need_root() {
  [ "$(id -u)" = 0 ] && return 0
  again="sudo sh '$here/install'"
  command -v sudo >/dev/null 2>&1 || again="su root -c \"sh '$here/install'\""
  stop 77 "Lazaret $version is to be installed, which only root may. Run: $again"
}

# Nothing is here that could ask for a signature: what is looked at is whether the file came over whole.
first_lazaret() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  # Looked at and installed is a copy, whatever becomes of the medium meanwhile; apt's own user reads it.
  chmod 755 "$work"
  cp -- "$here/lazaret/$file" "$work/$file" ||
    stop 65 "lazaret/$file cannot be read from this medium: it was not copied whole. Copy it again"
  grep "  $file\$" "$sums" >"$work/sums"
  (cd "$work" && sha256sum --status -c sums) ||
    stop 65 "lazaret/$file is damaged, or was not copied whole. Copy it again"
  say "installing Lazaret $version"
  if [ -t 0 ]; then
    apt-get install "$work/$file" || not_installed
  else
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$work/$file" >&2 || not_installed
  fi
  rm -rf "$work"
}

not_installed() {
  stop 69 "apt-get did not install Lazaret. What it needs (QEMU and others) comes from this computer's package servers: connect it, then run this again"
}

# They are his who called sudo. Whether it is the project that he was told, Lazaret asks.
install_machines() {
  user=${SUDO_USER:-root}
  if [ "$(id -u)" != 0 ] || [ "$user" = root ]; then
    lazaret install "$here" "$@" || stop $? 'the machines of this medium are not installed'
  else
    lazaret install "$here" --for "$user" "$@" || stop $? 'the machines of this medium are not installed'
    if ! id -nG "$user" | tr ' ' '\n' | grep -qx lazaret; then
      usermod -aG lazaret "$user"
      say "$user is in the group lazaret now, and may use machines here: log on again for it"
    fi
  fi
  say 'lazaret list: your machines; lazaret open: a page with their screens'
}

# “lazaret upgrade”, with an option of its own or none, and with those of the arguments that it has too.
upgrade() {
  own=$1
  shift
  left=$#
  while [ "$left" -gt 0 ]; do
    case $1 in
      --fingerprint | --passphrase-file | --identity)
        set -- "$@" "$1" "${2-}"
        shift
        left=$((left - 1))
        ;;
      --fingerprint=* | --passphrase-file=* | --identity=*) set -- "$@" "$1" ;;
    esac
    shift
    left=$((left - 1))
  done
  lazaret upgrade ${own:+"$own"} "$here" "$@" >&2
}

say() {
  echo "$*" >&2
}

stop() {
  status=$1
  shift
  say "install: $*"
  exit "$status"
}

main "$@"
exit
