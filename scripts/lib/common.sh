# shellcheck shell=bash
# Small helpers for the shell scripts: messages, time, paths. Sourced, not run.

# shellcheck disable=SC2034
# The project's folder, from wherever a script is called.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PROGRAM=${0##*/}

# nginx and mariadbd are in folders that ordinary users do not have on their path.
PATH=$PATH:/usr/sbin:/sbin

say() {
	printf '%s\n' "$*"
}

note() {
	printf '%s: %s\n' "$PROGRAM" "$*" >&2
}

die() {
	note "$@"
	exit 1
}

# Wrong use of a script: exit code 2, like most programs.
die_usage() {
	note "$@"
	note "try '$PROGRAM --help'"
	exit 2
}

# Milliseconds, without starting a process.
now_ms() {
	local us=${EPOCHREALTIME/[^0-9]/}
	printf -v "$1" '%d' $((us / 1000))
}

# 1234 ms -> "1.2 s"
format_ms() {
	printf -v "$1" '%d.%d s' $(($2 / 1000)) $(($2 % 1000 / 100))
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# A path made absolute; it need not exist.
absolute() {
	case $2 in
	/*) printf -v "$1" '%s' "$2" ;;
	*) printf -v "$1" '%s' "$PWD/$2" ;;
	esac
}

# write_file FILE MODE < text: complete or not at all, and never readable by more than MODE on the way.
write_file() {
	local file=$1 mode=$2
	(
		umask 077
		cat >"$file.new"
	)
	chmod "$mode" "$file.new"
	mv "$file.new" "$file"
}

# The last lines of a log, indented, for an error message.
show_log() {
	local file=$1 lines=${2:-15}
	if [[ -s $file ]]; then
		note "last lines of $file:"
		tail -n "$lines" "$file" | cut -c1-400 | sed 's/^/    /' >&2
	else
		note "$file is empty"
	fi
}
