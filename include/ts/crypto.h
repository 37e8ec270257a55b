/* The few primitives other layers need from OpenSSL. */
#ifndef TS_CRYPTO_H
#define TS_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "ts/status.h"
#include "ts/str.h"

enum { SHA256_LEN = 32 };

/* SHA-256 over the parts, one after the other; each part is preceded by its length as 8 bytes
 * big-endian when `framed`, so that different splits give different digests. */
enum status crypto_sha256(const struct str *parts, size_t count, int framed,
                          uint8_t out[SHA256_LEN]) TS_MUST_CHECK;
/* HMAC-SHA-256 (RFC 2104) over framed parts. */
enum status crypto_hmac(struct str key, const struct str *parts, size_t count,
                        uint8_t out[SHA256_LEN]) TS_MUST_CHECK;
enum status crypto_random(uint8_t *out, size_t len) TS_MUST_CHECK;

#endif
