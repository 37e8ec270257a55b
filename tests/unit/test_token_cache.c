#include "../../src/auth/token_cache_priv.h"

#include "auth_faults.h"

/* Digests with the same first bytes fall into one bucket. */
static void digest_of(uint32_t bucket, uint32_t number, uint8_t out[SHA256_LEN])
{
    memset(out, 0, SHA256_LEN);
    memcpy(out, &bucket, sizeof bucket);
    memcpy(out + 8, &number, sizeof number);
}

static struct verified *new_verified(TALLOC_CTX *mem, int64_t number)
{
    struct verified *verified = talloc_zero(mem, struct verified);
    verified->claims.expires_s = number;
    return verified;
}

static bool has(struct token_cache *cache, uint32_t bucket, uint32_t number)
{
    uint8_t digest[SHA256_LEN];
    digest_of(bucket, number, digest);
    const struct verified *found = token_cache_get(cache, digest);
    ck_assert(found == NULL || found->claims.expires_s == number);
    return found != NULL;
}

static void put(struct token_cache *cache, uint32_t bucket, uint32_t number)
{
    uint8_t digest[SHA256_LEN];
    digest_of(bucket, number, digest);
    token_cache_put(cache, digest, new_verified(NULL, number));
}

START_TEST(the_least_recently_used_gives_way)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct token_cache *cache;

    ck_assert_int_eq(token_cache_new(mem, 3, &cache), STATUS_OK);
    for (uint32_t i = 1; i <= 3; i++)
        put(cache, i, i);
    ck_assert(has(cache, 1, 1)); /* 2 is the oldest now */
    put(cache, 4, 4);
    ck_assert_uint_eq(token_cache_count(cache), 3);
    ck_assert(!has(cache, 2, 2));
    ck_assert(has(cache, 3, 3) && has(cache, 1, 1) && has(cache, 4, 4));
    put(cache, 5, 5);
    ck_assert(!has(cache, 3, 3));
    talloc_free(mem);
}
END_TEST

START_TEST(one_bucket_holds_many)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct token_cache *cache;
    uint8_t digest[SHA256_LEN];

    ck_assert_int_eq(token_cache_new(mem, 8, &cache), STATUS_OK);
    for (uint32_t i = 1; i <= 8; i++)
        put(cache, 7, i);
    for (uint32_t i = 1; i <= 8; i++)
        ck_assert(has(cache, 7, i));
    ck_assert(!has(cache, 7, 9));
    digest_of(7, 4, digest); /* from the middle of the chain */
    token_cache_remove(cache, digest);
    token_cache_remove(cache, digest); /* not there any more: nothing happens */
    ck_assert_uint_eq(token_cache_count(cache), 7);
    for (uint32_t i = 1; i <= 8; i++)
        ck_assert(has(cache, 7, i) == (i != 4));
    talloc_free(mem);
}
END_TEST

START_TEST(a_cache_of_one_holds_the_last)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct token_cache *cache;

    ck_assert_int_eq(token_cache_new(mem, 1, &cache), STATUS_OK);
    ck_assert(!has(cache, 0, 0));
    for (uint32_t i = 1; i <= 5; i++) {
        put(cache, i, i);
        ck_assert(has(cache, i, i));
        ck_assert(!has(cache, i - 1, i - 1));
        ck_assert_uint_eq(token_cache_count(cache), 1);
    }
    talloc_free(mem);
}
END_TEST

static bool keep_even(const struct verified *verified, const void *arg)
{
    (void)arg;
    return verified->claims.expires_s % 2 == 0;
}

static bool keep_none(const struct verified *verified, const void *arg)
{
    (void)verified, (void)arg;
    return false;
}

START_TEST(pruning_removes_what_is_not_kept)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct token_cache *cache;

    ck_assert_int_eq(token_cache_new(mem, 100, &cache), STATUS_OK);
    token_cache_prune(cache, keep_none, NULL);
    size_t blocks = talloc_total_blocks(mem);
    for (uint32_t i = 0; i < 100; i++)
        put(cache, i % 5, i);
    token_cache_prune(cache, keep_even, NULL);
    ck_assert_uint_eq(token_cache_count(cache), 50);
    ck_assert_uint_eq(talloc_total_blocks(mem), blocks + 50);
    for (uint32_t i = 0; i < 100; i++)
        ck_assert(has(cache, i % 5, i) == (i % 2 == 0));
    token_cache_prune(cache, keep_none, NULL);
    ck_assert_uint_eq(token_cache_count(cache), 0);
    ck_assert_uint_eq(talloc_total_blocks(mem), blocks);
    talloc_free(mem);
}
END_TEST

/* Against a list that is searched from end to end. */
START_TEST(it_behaves_as_a_plain_list_would)
{
    enum { CAPACITY = 7, NUMBERS = 20, STEPS = 20000 };
    TALLOC_CTX *mem = talloc_new(NULL);
    struct token_cache *cache;
    uint32_t list[CAPACITY], used = 0, seed = 1; /* newest first */

    ck_assert_int_eq(token_cache_new(mem, CAPACITY, &cache), STATUS_OK);
    for (int step = 0; step < STEPS; step++) {
        uint8_t digest[SHA256_LEN];
        seed = seed * 1103515245 + 12345;
        uint32_t number = (seed >> 16) % NUMBERS, at = 0;
        bool remove = seed >> 28 == 0;
        while (at < used && list[at] != number)
            at++;
        bool found = at < used;
        digest_of(number % 3, number, digest);
        ck_assert_int_eq(has(cache, number % 3, number), found);
        if (found || remove) {
            for (uint32_t i = at; i + 1 < used; i++)
                list[i] = list[i + 1];
            used -= found;
        } else if (used == CAPACITY) {
            used--;
        }
        if (remove) {
            token_cache_remove(cache, digest);
        } else {
            memmove(list + 1, list, used * sizeof list[0]);
            list[0] = number;
            used++;
            if (!found)
                put(cache, number % 3, number);
        }
        ck_assert_uint_eq(token_cache_count(cache), used);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(short_memory_makes_no_half_of_a_cache)
{
    struct token_cache *cache;
    enum status st = STATUS_NO_MEMORY;

    for (size_t bytes = 1; st != STATUS_OK; bytes += 16) {
        TALLOC_CTX *limited = unit_limited(bytes);
        st = token_cache_new(limited, 4, &cache);
        ck_assert(st == STATUS_OK || st == STATUS_NO_MEMORY);
        talloc_free(limited);
    }
}
END_TEST

UNIT_MAIN("token_cache", the_least_recently_used_gives_way, one_bucket_holds_many,
          a_cache_of_one_holds_the_last, pruning_removes_what_is_not_kept,
          it_behaves_as_a_plain_list_would, short_memory_makes_no_half_of_a_cache)
