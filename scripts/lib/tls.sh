# shellcheck shell=bash
# A certificate authority and a server certificate for development. Sourced after common.sh.

# Certificates are renewed when less than this is left.
TLS_RENEW_SECONDS=$((14 * 24 * 3600))
TLS_NAMES='DNS:localhost,DNS:timesheets.localhost,DNS:tenant.localhost,IP:127.0.0.1'

# The authority can sign for loopback names only, so that a stolen key is of no use elsewhere.
tls_config() {
	cat <<TEXT
[req]
distinguished_name = name
prompt = no
[name]
O = Timesheets development
CN = $1
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
nameConstraints = critical, permitted;DNS:localhost, permitted;IP:127.0.0.0/255.0.0.0
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $TLS_NAMES
TEXT
}

tls_valid() { # certificate
	openssl x509 -in "$1" -noout -checkend "$TLS_RENEW_SECONDS" >/dev/null 2>&1
}

tls_make_authority() { # folder
	openssl ecparam -name prime256v1 -genkey -noout -out "$1/ca.key"
	openssl req -x509 -new -sha256 -key "$1/ca.key" -days 3650 -extensions authority \
		-config <(tls_config "Timesheets development CA $(uname -n)") -out "$1/ca.crt"
}

tls_make_server() { # folder
	openssl ecparam -name prime256v1 -genkey -noout -out "$1/localhost.key"
	openssl req -new -sha256 -key "$1/localhost.key" -config <(tls_config localhost) |
		openssl x509 -req -sha256 -days 396 -CA "$1/ca.crt" -CAkey "$1/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
			-extfile <(tls_config localhost) -extensions server -out "$1/localhost.crt"
	cat "$1/localhost.crt" "$1/ca.crt" >"$1/fullchain.crt"
}

# Make what is missing or about to expire. Sets TLS_CHANGED to yes when something was made.
tls_ensure() { # folder, log
	local dir=$1 log=$2
	TLS_CHANGED=no
	if [[ -s $dir/ca.key && -s $dir/ca.crt && -s $dir/localhost.key && -s $dir/fullchain.crt ]] &&
		tls_valid "$dir/ca.crt" && tls_valid "$dir/localhost.crt"; then
		return 0
	fi
	# shellcheck disable=SC2034
	TLS_CHANGED=yes
	(
		umask 077
		if [[ ! -s $dir/ca.key ]] || ! tls_valid "$dir/ca.crt"; then
			tls_make_authority "$dir"
		fi
		tls_make_server "$dir"
		openssl verify -CAfile "$dir/ca.crt" "$dir/localhost.crt"
	) >>"$log" 2>&1 || {
		show_log "$log"
		die "making the development certificates failed"
	}
	chmod 0644 "$dir"/*.crt
	chmod 0600 "$dir"/*.key
}
