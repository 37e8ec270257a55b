# shellcheck shell=bash
# Starting and ending the stack's processes. Sourced after common.sh, with RUN and LOG set to the
# folders for pid files and logs and AS_ACCOUNT to the command prefix that drops root.
#
# Files of a process NAME in $RUN:
#   NAME.pid    its process id and nothing else, so that `kill $(cat …)` is safe
#   NAME.start  its start time (clock ticks since boot): tells the process from a later one that got
#               the same id
#   NAME.setup  what it was started with, to see later whether that has changed

# Start time of a living process; fails when there is none, or only a zombie.
process_start_time() { # variable, pid
	local line fields
	{ read -r line <"/proc/$2/stat"; } 2>/dev/null || return 1
	# The name, in parentheses, may hold anything; what counts starts after it.
	read -ra fields <<<"${line##*) }"
	[[ ${fields[0]} != [ZX] ]] || return 1
	printf -v "$1" '%s' "${fields[19]}"
}

# Sets PID when process NAME of ours is alive.
process_alive() { # name
	local recorded current
	PID=
	{ read -r PID <"$RUN/$1.pid" && read -r recorded <"$RUN/$1.start"; } 2>/dev/null || return 1
	[[ -n $PID ]] && process_start_time current "$PID" && [[ $current == "$recorded" ]]
}

# Start a command detached from this shell: own session, no terminal, no inherited descriptors.
process_start() { # name, log file, setup text, command...
	local name=$1 log=$2 setup=$3 pid start
	shift 3
	(
		cd "$RUN/.." || exit 1
		for descriptor in /proc/self/fd/*; do
			descriptor=${descriptor##*/}
			((descriptor <= 2)) || eval "exec $descriptor>&-"
		done
		exec setsid "${AS_ACCOUNT[@]}" "$@"
	) </dev/null >>"$log" 2>&1 &
	pid=$!
	# The programs above replace each other, so this id and start time are the server's own.
	process_start_time start "$pid" || start=0
	printf '%s\n' "$setup" >"$RUN/$name.setup"
	printf '%s\n' "$start" >"$RUN/$name.start"
	printf '%s\n' "$pid" >"$RUN/$name.pid"
}

# Was the process started with the same setup as this?
process_unchanged() { # name, setup text
	[[ -f $RUN/$1.setup && $(<"$RUN/$1.setup") == "$2" ]]
}

# Ids of what is left of the session that process NAME led: a killed multiwatch leaves its workers
# behind. The kernel gives no id to a new process while a session of that number exists, so these
# are ours. The name is checked all the same.
process_leftovers() { # name, program
	local pid state command
	[[ -f $RUN/$1.pid ]] || return 0
	while read -r pid state command; do
		# A zombie has ended already, whether or not somebody has taken note of it.
		if [[ $command == "${2:0:15}" && $state != Z* ]]; then
			printf '%s\n' "$pid"
		fi
	done < <(ps -o pid=,state=,comm= -s "$(<"$RUN/$1.pid")" 2>/dev/null)
}

process_forget() { # name
	rm -f "$RUN/$1.pid" "$RUN/$1.start" "$RUN/$1.setup"
}

# Ask a process to end and wait for it; after the deadline end it, and the rest of its session, hard.
process_stop() { # name, signal, deadline in seconds
	local name=$1 signal=$2 limit now
	if ! process_alive "$name"; then
		return 0
	fi
	kill "-$signal" "$PID" 2>/dev/null || true
	now_ms now
	limit=$((now + $3 * 1000))
	while process_alive "$name"; do
		now_ms now
		if ((now > limit)); then
			note "$name did not end within $3 s; killing process $PID"
			kill -KILL -- "-$PID" 2>/dev/null || kill -KILL "$PID" 2>/dev/null || true
			limit=$((now + 5000))
		fi
		sleep 0.02
	done
	process_forget "$name"
}

# Wait until a check succeeds. Fails at the deadline, and at once when the process is gone.
process_wait() { # name, deadline in seconds, check...
	local name=$1 limit now
	now_ms now
	limit=$((now + $2 * 1000))
	shift 2
	until "$@"; do
		process_alive "$name" || return 1
		now_ms now
		((now < limit)) || return 1
		sleep 0.03
	done
}

# Is a TCP port of the loopback address in use?
port_taken() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Who listens there, as far as this user may see it: " (nginx, process 12)" or nothing.
port_owner() {
	have ss || return 0
	ss -Hltnp "sport = :$1" 2>/dev/null |
		sed -nE 's/.*users:\(\("([^"]*)",pid=([0-9]+).*/ (\1, process \2)/p' | head -n 1
}
