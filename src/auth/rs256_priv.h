/* RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2.2, RFC 7518 section 3.3): a public key made
 * once, used often. */
#ifndef TS_RS256_PRIV_H
#define TS_RS256_PRIV_H

#include <stdbool.h>
#include <talloc.h>

#include "ts/status.h"
#include "ts/str.h"

/* A key above the larger size only costs time, and could be meant to. */
enum { RS256_MIN_BITS = 2048, RS256_MAX_BITS = 8192 };

struct rs256_key;

/* A key of big-endian modulus and exponent. STATUS_INVALID when it is not fit for use: fewer
 * than 2048 bits, even numbers, an exponent below 3 or above 32 bits, leading zero bytes, or a
 * modulus with the mark of ROCA (CVE-2017-15361: primes that can be found). STATUS_NO_MEMORY,
 * STATUS_INTERNAL. */
enum status rs256_key_new(TALLOC_CTX *mem, struct str modulus, struct str exponent,
                          struct rs256_key **out) TS_MUST_CHECK;

/* The key as PEM text, NUL-terminated. */
struct str rs256_key_pem(const struct rs256_key *key);

/* Does the signature, of exactly the modulus's length, fit the text? */
bool rs256_verify(const struct rs256_key *key, struct str text, struct str signature) TS_MUST_CHECK;

#endif
