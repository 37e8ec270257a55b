# shellcheck shell=bash disable=SC2034
# A stack to measure or to disturb: the options that choose it, its start and its end. Sourced by the
# scripts of tests/bench and tests/chaos, which set OWN_DIR (its default folder) beforehand.

# shellcheck source=../../../scripts/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../../scripts/lib/common.sh"
# shellcheck source=../../../scripts/lib/defaults.sh
source "$ROOT/scripts/lib/defaults.sh"
# shellcheck source=../../../scripts/lib/node.sh
source "$ROOT/scripts/lib/node.sh"

STACK_HELP='  --dir DIR          folder of the stack; one that runs there is used and left running
  --build DIR        folder of the programs [build/release]
  --port N           HTTPS port of the stack
  --http-port N      its plain port
  --tenant-port N    port of its dev tenant
  --workers N        workers in each of its two pools
  --keep             leave the stack running at the end'

bench_dir=${OWN_DIR:?}
bench_port=${OWN_PORT:?}
bench_http_port=$((OWN_PORT - 363))
bench_tenant_port=$((OWN_PORT + 1))
bench_build=$STACK_BUILD
bench_workers=${OWN_WORKERS:-$STACK_WORKERS}
bench_keep=no
stack_was_running=no

# Takes one of the options above from the arguments; TAKEN is how many it used, 0 when it is another.
stack_option() {
	TAKEN=2
	case $1 in
	--keep)
		bench_keep=yes
		TAKEN=1
		return
		;;
	--dir | --build | --port | --http-port | --tenant-port | --workers)
		[[ $# -ge 2 && -n $2 ]] || die_usage "$1 needs a value"
		;;
	esac
	case $1 in
	--dir) bench_dir=$2 ;;
	--build) bench_build=$2 ;;
	--port)
		bench_port=$2
		bench_http_port=$(($2 - 363))
		bench_tenant_port=$(($2 + 1))
		;;
	--http-port) bench_http_port=$2 ;;
	--tenant-port) bench_tenant_port=$2 ;;
	--workers) bench_workers=$2 ;;
	*) TAKEN=0 ;;
	esac
}

stack_command() { # command, more options...
	local command=$1
	shift
	"$ROOT/scripts/stack" "$command" --dir "$bench_dir" --build "$bench_build" --port "$bench_port" \
		--http-port "$bench_http_port" --tenant-port "$bench_tenant_port" --limits open --workers "$bench_workers" \
		--demo --quiet "$@"
}

# Starts the stack, or brings a running one to these settings, and reads its stack.env.
stack_start() { # more options of scripts/stack...
	local file=
	absolute bench_dir "$bench_dir"
	absolute bench_build "$bench_build"
	file=$bench_dir/stack.env
	if [[ $stack_was_running == no && -f $file ]] && "$ROOT/scripts/stack" status --dir "$bench_dir" >/dev/null 2>&1; then
		stack_was_running=yes
	fi
	stack_command up "$@"
	set -a
	# shellcheck source=/dev/null
	source "$file"
	set +a
	[[ -n ${NODE:-} ]] || node_resolve
}

stack_stop() {
	if [[ $bench_keep == no && $stack_was_running == no ]]; then
		stack_command down || true
	fi
}

database_query() { # SQL...
	mariadb --no-defaults --protocol=socket --socket="$TS_DB_SOCKET" --user="$TS_DB_ROOT_USER" --batch \
		--skip-column-names "$TS_DB_NAME" -e "$*"
}

check_count() { # what, value
	[[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || die_usage "$1 must be a whole number above 0, not '$2'"
}

# Programs that the stack does not need, but a measurement does.
need_programs() {
	local program missing=()
	for program in "$@"; do
		have "$program" || missing+=("$program")
	done
	((${#missing[@]} == 0)) || die "not installed: ${missing[*]}"
}
