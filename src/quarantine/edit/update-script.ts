import type { Version, VersionQuarantine } from '../../policy/quarantine.ts';
import { liveVersions } from '../versions/versions.ts';

/** A version with the commands that bring a guest from the one before to it. */
export interface UpdateStep {
  version: Version;
  commands: string;
}

/**
 * The versions an updater for `target` brings a guest through: from the first that has commands to the target itself.
 * Returns the names of those in between that have none instead, for an updater cannot leave one out.
 */
export function updateSteps(
  quarantine: VersionQuarantine,
  target: string,
  commands: ReadonlyMap<string, string>,
): UpdateStep[] | { without: string[] } {
  const upTo = liveVersions(quarantine);
  const versions = upTo.slice(0, upTo.findIndex(({ name }) => name === target) + 1);
  const first = versions.findIndex(({ name }) => commands.has(name));
  const wanted = versions.slice(first < 0 ? -1 : first);
  const without = wanted.filter(({ name }) => !commands.has(name)).map(({ name }) => name);
  if (without.length > 0) return { without };
  return wanted.map((version) => ({ version, commands: commands.get(version.name) ?? '' }));
}

/**
 * A POSIX shell script that updates a guest, one version after the other, and reports each. `before` is the version that
 * the first step starts from, if one is defined.
 *
 * Where the guest stands follows from what `nq-set -n` takes: its own version again, and the next. Of the newest that is
 * taken, the guest has it when the one before is not taken any more; else it is due.
 */
export function updateScript(vm: string, before: Version | undefined, steps: readonly UpdateStep[]): string {
  const last = steps.length;
  const known = [
    ...(before ? [[0, before] as const] : []),
    ...steps.map(({ version }, index) => [index + 1, version] as const),
  ];
  const rows = known.map(
    ([number, { descriptor, name }]) => `    ${number}) descriptor=${descriptor} name=${quoted(name)} ;;`,
  );
  const bodies = steps.map(({ version, commands }, index) => {
    return `# ${version.name}\nstep_${index + 1}() (\n  set -e\n${commands.trimEnd()}\n)\n`;
  });
  return `#!/bin/sh
# Updates the machine ${vm} to ${steps.at(-1)?.version.name}. Run as root in the guest; running it again does no harm.
nq_set=\${NQ_SET:-/usr/sbin/nq-set}
# Where the policy takes signed reports alone: a program that prints a descriptor as the update server has signed it.
sign=\${NQ_SIGN:-echo}

fail() { printf 'update: %s\\n' "$1" >&2; exit 1; }

# Sets descriptor and name of a version by its number; false beyond both ends.
version() {
  case $1 in
${rows.join('\n')}
    *) return 1 ;;
  esac
}

# Whether the host would take a version now. It answers one question a second.
takes() {
  version "$1" || return 1
  reason=$("$nq_set" -n "$("$sign" "$descriptor")" 2>&1) && { sleep 1; return 0; }
  sleep 1
  return 1
}

${bodies.join('\n')}
due=${last}
until takes "$due"; do
  due=$((due - 1))
  [ "$due" -gt 0 ] || fail "this machine cannot be updated by this script: $reason"
done
# The newest that is taken is the next one, or the machine’s own: then the one before is not taken any more.
if version $((due - 1)) && ! takes $((due - 1)); then due=$((due + 1)); fi

while [ "$due" -le ${last} ]; do
  takes "$due" || fail "$name is not what comes next: $reason"
  printf 'update: to %s\\n' "$name"
  "step_$due" </dev/null
  status=$?
  [ $status -eq 0 ] || fail "the commands for $name ended with status $status; the version was not reported"
  "$nq_set" "$("$sign" "$descriptor")" || fail "$name is in place, but the host did not take the report: run this again"
  due=$((due + 1))
done
echo 'update: up to date'
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
