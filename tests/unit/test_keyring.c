#include "../../src/auth/keyring_priv.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/file.h>

#include "auth_faults.h"
#include "auth_server.h"
#include "ts/clock.h"
#include "ts/log.h"

UNIT_FAILING(int, 0, RAND_bytes, (unsigned char *b, int n), (b, n))

/* Taking the lock, with something that happens just before. */
static void (*before_lock)(void *);
static void *before_lock_arg;

int flock(int fd, int operation)
{
    static int (*real)(int, int);
    void (*happens)(void *) = before_lock;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "flock");
    before_lock = NULL;
    if (happens != NULL)
        happens(before_lock_arg);
    return real(fd, operation);
}

/* A tenant with a key set, and the settings of a pool. Each ring stands for a worker. */
struct fixture {
    TALLOC_CTX *mem;
    char *folder;
    struct unit_server *server;
    struct token_config config;
    const char *old_set, *new_set, *both; /* kid "old", kid "new", both */
};

static struct fixture set_up(void)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    char *folder = unit_folder(mem);
    struct fixture f = {.mem = mem, .folder = folder};

    clock_fake(0);
    log_set_level(LOG_ERROR);
    f.old_set = unit_jwks(mem, unit_keys[0], "old");
    f.new_set = unit_jwks(mem, unit_keys[1], "new");
    f.both = talloc_asprintf(mem, "{\"keys\":[%s,%s]}", unit_jwk(mem, unit_keys[0], "old"),
                             unit_jwk(mem, unit_keys[1], "new"));
    f.server = unit_server_new(mem, f.old_set, "IP:127.0.0.1", unit_path(folder, "ca.pem"));
    f.config = (struct token_config){.jwks_url = unit_server_url(mem, f.server),
                                     .jwks_ca_file = unit_path(folder, "ca.pem"),
                                     .jwks_cache = unit_path(folder, "jwks"),
                                     .fresh_s = 600,
                                     .cooldown_s = 30,
                                     .stale_s = 86400};
    return f;
}

static void tear_down(struct fixture *f)
{
    clock_fake(0);
    talloc_free(f->mem);
}

static struct keyring *open_ring(struct fixture *f)
{
    struct keyring *ring;
    ck_assert_int_eq(keyring_open(f->mem, &f->config, &ring), STATUS_OK);
    return ring;
}

static void advance_ms(int64_t ms)
{
    clock_fake(clock_wall_us() + ms * 1000);
}

static int requests(const struct fixture *f)
{
    return f->server->requests;
}

static bool knows(struct keyring *ring, const char *kid)
{
    return keyring_find(ring, str_of(kid)) != NULL;
}

START_TEST(a_pool_fetches_once_and_shares)
{
    struct fixture f = set_up();
    struct keyring *first = open_ring(&f);

    ck_assert_int_eq(requests(&f), 1);
    ck_assert(keyring_is_usable(first));
    ck_assert(knows(first, "old"));
    for (int i = 0; i < 5; i++)
        ck_assert(knows(open_ring(&f), "old"));
    ck_assert_int_eq(requests(&f), 1);
    /* a worker that starts later, while the set is fresh, asks nobody either */
    advance_ms(400000);
    struct keyring *late = open_ring(&f);
    ck_assert(knows(late, "old"));
    ck_assert_int_eq(requests(&f), 1);
    tear_down(&f);
}
END_TEST

START_TEST(it_comes_due_between_70_and_80_percent_of_the_fresh_time)
{
    struct fixture f = set_up();

    for (int i = 0; i < 20; i++) {
        int64_t due_ms = keyring_due_ms(open_ring(&f));
        ck_assert_msg(due_ms > 415000 && due_ms <= 480000, "%ld", (long)due_ms);
    }
    tear_down(&f);
}
END_TEST

START_TEST(one_worker_refreshes_and_the_others_read)
{
    struct fixture f = set_up();
    struct keyring *a = open_ring(&f), *b = open_ring(&f);

    keyring_maintain(a); /* nothing is due */
    ck_assert_int_eq(requests(&f), 1);
    unit_server_set(f.server, SERVER_GOOD, f.new_set);
    advance_ms(480000);
    ck_assert_int_eq(keyring_due_ms(a), 0);
    keyring_maintain(a);
    keyring_maintain(b);
    ck_assert_int_eq(requests(&f), 2);
    ck_assert_int_eq(a->generation, 2);
    ck_assert_int_eq(b->generation, 2);
    ck_assert_msg(!knows(a, "old") && !knows(b, "old"),
                  "a removed key is dead within the fresh time");
    ck_assert(knows(a, "new") && knows(b, "new"));
    ck_assert(keyring_due_ms(a) > 400000 && keyring_due_ms(b) > 400000);
    tear_down(&f);
}
END_TEST

START_TEST(an_unknown_kid_fetches_within_the_cooldown_of_the_pool)
{
    struct fixture f = set_up();
    struct keyring *a = open_ring(&f), *b = open_ring(&f);

    unit_server_set(f.server, SERVER_GOOD, f.both);
    for (int i = 0; i < 100; i++)
        ck_assert(!knows(a, "new") && !knows(b, "new"));
    ck_assert_msg(requests(&f) == 1, "within 30 s of the fetch at start nobody asks");
    advance_ms(30000);
    ck_assert(knows(a, "new"));
    ck_assert_int_eq(requests(&f), 2);
    ck_assert_msg(knows(b, "new"), "the other worker finds it in the shared file");
    ck_assert_msg(knows(a, "old"), "the old key goes on");
    ck_assert_int_eq(requests(&f), 2);
    tear_down(&f);
}
END_TEST

/* Two workers, each second an unknown kid for both, and maintenance: never more than two requests
 * in any minute. */
static int flood(struct fixture *f, int seconds, int *most_in_a_minute)
{
    struct keyring *a = open_ring(f), *b = open_ring(f);
    int at_second[4000] = {0}, before = requests(f);

    *most_in_a_minute = 0;
    for (int s = 0; s < seconds; s++) {
        int start = requests(f);
        ck_assert(!knows(a, "unknown") && !knows(b, "unknown"));
        keyring_maintain(a);
        keyring_maintain(b);
        at_second[s] = requests(f) - start;
        int in_minute = 0;
        for (int k = s; k >= 0 && k > s - 60; k--)
            in_minute += at_second[k];
        if (in_minute > *most_in_a_minute)
            *most_in_a_minute = in_minute;
        advance_ms(1000);
    }
    return requests(f) - before;
}

START_TEST(a_flood_of_unknown_kids_makes_two_fetches_a_minute)
{
    struct fixture f = set_up();
    int most;

    int count = flood(&f, 600, &most);
    ck_assert_msg(most == 2 && count >= 18 && count <= 21, "%d in all, %d in a minute", count,
                  most);
    tear_down(&f);
}
END_TEST

START_TEST(failed_fetches_back_off)
{
    static const enum server_mode modes[] = {SERVER_500, SERVER_JUNK, SERVER_CLOSE, SERVER_EMPTY};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct fixture f = set_up();
        int most;
        open_ring(&f);
        unit_server_set(f.server, modes[i], f.old_set);
        int count = flood(&f, 3600, &most);
        /* after 30, 30, 60, 120, 240 s, then each 300 s */
        ck_assert_msg(most <= 2 && count >= 14 && count <= 18, "%d in all, %d in a minute", count,
                      most);
        struct keyring *ring = open_ring(&f);
        ck_assert_msg(knows(ring, "old"), "known keys stay");
        /* when it is back, all is well within five minutes */
        unit_server_set(f.server, SERVER_GOOD, f.both);
        advance_ms(300000);
        ck_assert(knows(ring, "new"));
        tear_down(&f);
    }
}
END_TEST

START_TEST(a_success_ends_the_backing_off)
{
    struct fixture f = set_up();
    struct keyring *ring;

    unit_server_set(f.server, SERVER_500, f.old_set);
    ring = open_ring(&f);
    for (int i = 0; i < 5; i++) {
        advance_ms(300000);
        ck_assert(!knows(ring, "old"));
    }
    ck_assert_int_eq(requests(&f), 6);
    ck_assert_int_eq(ring->attempt.failures, 6);
    unit_server_set(f.server, SERVER_GOOD, f.old_set);
    advance_ms(300000);
    ck_assert(knows(ring, "old"));
    ck_assert_int_eq(ring->attempt.failures, 0);
    unit_server_set(f.server, SERVER_GOOD, f.both);
    advance_ms(30000);
    ck_assert(knows(ring, "new"));
    tear_down(&f);
}
END_TEST

START_TEST(known_keys_serve_while_the_endpoint_is_down_up_to_the_limit)
{
    static const enum server_mode modes[] = {SERVER_500,  SERVER_REDIRECT, SERVER_JUNK,
                                             SERVER_HUGE, SERVER_EMPTY,    SERVER_CUT,
                                             SERVER_204};
    struct fixture f = set_up();
    struct keyring *ring = open_ring(&f);

    for (int hour = 1; hour < 24; hour++) {
        unit_server_set(f.server, modes[(size_t)hour % (sizeof modes / sizeof modes[0])], f.both);
        advance_ms(3600000);
        keyring_maintain(ring);
        ck_assert_msg(keyring_is_usable(ring) && knows(ring, "old") && !knows(ring, "new"),
                      "hour %d", hour);
    }
    ck_assert_int_ge(requests(&f), 24);
    /* a worker that starts now takes the old set from the file */
    ck_assert(knows(open_ring(&f), "old"));
    advance_ms(3600000 - 10000);
    ck_assert(keyring_is_usable(ring));
    advance_ms(20000);
    ck_assert(!keyring_is_usable(ring));
    ck_assert(!knows(ring, "old"));
    struct keyring *late = open_ring(&f);
    ck_assert(!keyring_is_usable(late) && !knows(late, "old"));
    unit_server_set(f.server, SERVER_GOOD, f.both);
    advance_ms(300000);
    keyring_maintain(ring);
    ck_assert(knows(ring, "old") && knows(late, "new"));
    tear_down(&f);
}
END_TEST

START_TEST(a_start_without_an_endpoint_is_no_error)
{
    struct fixture f = set_up();

    unit_server_stop(f.server);
    struct keyring *ring = open_ring(&f);
    ck_assert(!keyring_is_usable(ring));
    ck_assert(!knows(ring, "old"));
    int64_t due_ms = keyring_due_ms(ring);
    ck_assert_msg(due_ms > 25000 && due_ms <= 31000, "tries again after the cooldown: %ld",
                  (long)due_ms);
    tear_down(&f);
}
END_TEST

START_TEST(restarts_do_not_ask_again)
{
    struct fixture f = set_up();

    unit_server_set(f.server, SERVER_500, f.old_set);
    for (int i = 0; i < 20; i++)
        talloc_free(open_ring(&f));
    ck_assert_int_eq(requests(&f), 1);
    tear_down(&f);
}
END_TEST

START_TEST(a_worker_killed_while_fetching_counts_as_a_failure)
{
    struct fixture f = set_up();
    struct keyring *ring = open_ring(&f);

    /* what it leaves: a record of the attempt, and the lock let go */
    ck_assert(jwks_attempt_write(ring->cache, (struct jwks_attempt){clock_boot_ms(), 2}));
    advance_ms(59000);
    ck_assert(!knows(ring, "new"));
    ck_assert_msg(requests(&f) == 1, "twice the cooldown after two failures");
    advance_ms(2000);
    unit_server_set(f.server, SERVER_GOOD, f.both);
    ck_assert(knows(ring, "new"));
    tear_down(&f);
}
END_TEST

START_TEST(nobody_waits_for_the_one_that_fetches)
{
    struct fixture f = set_up();
    struct keyring *busy = open_ring(&f), *other = open_ring(&f);

    advance_ms(60000);
    ck_assert(jwks_cache_lock(busy->cache));
    int64_t start_ms = clock_mono_ms();
    ck_assert_msg(!knows(other, "new"), "an unknown kid is refused at once");
    advance_ms(480000);
    keyring_maintain(other);
    ck_assert_msg(knows(other, "old"), "known keys are used meanwhile");
    int64_t due_ms = keyring_due_ms(other);
    ck_assert_msg(due_ms > 900 && due_ms <= 1000, "%ld", (long)due_ms);
    ck_assert_msg(knows(open_ring(&f), "old"), "a worker that starts takes what the file has");
    ck_assert_int_lt(clock_mono_ms() - start_ms - 480000, 400);
    ck_assert_int_eq(requests(&f), 1);
    ck_assert(jwks_cache_write(busy->cache, str_of(f.both)));
    ck_assert_msg(knows(other, "new"), "what is in the file needs no lock");
    jwks_cache_unlock(busy->cache);
    tear_down(&f);
}
END_TEST

START_TEST(a_first_worker_is_waited_for_a_moment_only)
{
    struct fixture f = set_up();
    struct jwks_cache *holder;

    ck_assert_int_eq(jwks_cache_open(f.mem, f.config.jwks_cache, f.config.jwks_url, &holder),
                     STATUS_OK);
    ck_assert(jwks_cache_lock(holder));
    int64_t start_ms = clock_mono_ms();
    struct keyring *ring = open_ring(&f);
    int64_t took_ms = clock_mono_ms() - start_ms;
    ck_assert_msg(took_ms >= 400 && took_ms < 3000, "%ld ms", (long)took_ms);
    ck_assert(!keyring_is_usable(ring));
    int64_t due_ms = keyring_due_ms(ring);
    ck_assert_msg(due_ms > 0 && due_ms <= 250, "looks again soon: %ld", (long)due_ms);
    /* the first worker has written the set and is gone */
    ck_assert(jwks_cache_write(holder, str_of(f.both)));
    talloc_free(holder);
    advance_ms(250);
    keyring_maintain(ring);
    ck_assert(knows(ring, "new"));
    ck_assert_int_eq(requests(&f), 0);
    tear_down(&f);
}
END_TEST

static void maintain_other(void *other)
{
    keyring_maintain(other);
}

START_TEST(the_file_is_looked_at_again_under_the_lock)
{
    struct fixture f = set_up();
    struct keyring *a = open_ring(&f), *b = open_ring(&f);

    /* b fetches after a looked at the file and before it takes the lock: a takes the file, asks
     * nobody */
    advance_ms(480000);
    unit_server_set(f.server, SERVER_GOOD, f.both);
    before_lock = maintain_other;
    before_lock_arg = b;
    ck_assert(knows(a, "new"));
    ck_assert_int_eq(requests(&f), 2);
    ck_assert_int_eq(b->generation, 2);
    ck_assert(keyring_due_ms(a) > 400000);
    tear_down(&f);
}
END_TEST

static void damage_file(void *path)
{
    unit_write_file(path, STR("junk"));
}

START_TEST(a_file_damaged_just_now_is_fetched_anew)
{
    struct fixture f = set_up();
    struct keyring *ring = open_ring(&f);

    unit_server_set(f.server, SERVER_GOOD, f.both);
    advance_ms(480000);
    damage_file((void *)(uintptr_t)f.config.jwks_cache);
    keyring_maintain(ring);
    ck_assert(knows(ring, "new"));
    ck_assert_int_eq(requests(&f), 2);
    advance_ms(480000);
    before_lock = damage_file;
    before_lock_arg = (void *)(uintptr_t)f.config.jwks_cache;
    keyring_maintain(ring);
    ck_assert_int_eq(requests(&f), 3);
    ck_assert(knows(open_ring(&f), "new"));
    ck_assert_int_eq(requests(&f), 3);
    tear_down(&f);
}
END_TEST

START_TEST(an_older_file_does_not_replace_a_newer_set)
{
    struct fixture f = set_up();
    struct keyring *a = open_ring(&f);

    struct str older = unit_read_file(f.mem, f.config.jwks_cache);
    advance_ms(60000);
    unit_server_set(f.server, SERVER_GOOD, f.both);
    ck_assert(knows(a, "new"));
    unit_write_file(f.config.jwks_cache, older);
    ck_assert(jwks_cache_changed(a->cache));
    ck_assert(!knows(a, "unknown"));
    ck_assert(knows(a, "new"));
    tear_down(&f);
}
END_TEST

START_TEST(after_another_boot_keys_serve_and_are_fetched_again)
{
    struct fixture f = set_up();
    struct keyring *ring = open_ring(&f);

    strcpy(ring->cache->boot_id, "the-boot-before");
    ck_assert(jwks_cache_write(ring->cache, str_of(f.old_set)));
    advance_ms(120000);
    unit_server_set(f.server, SERVER_500, f.new_set);
    struct keyring *now = open_ring(&f);
    ck_assert_msg(requests(&f) == 2, "asked at once");
    ck_assert(knows(now, "old"));
    unit_server_set(f.server, SERVER_GOOD, f.new_set);
    advance_ms(60000);
    keyring_maintain(now);
    ck_assert(knows(now, "new") && !knows(now, "old"));
    /* by the wall clock no longer than the limit */
    ck_assert(jwks_cache_write(ring->cache, str_of(f.old_set)));
    advance_ms(INT64_C(86400000));
    unit_server_set(f.server, SERVER_500, f.new_set);
    struct keyring *late = open_ring(&f);
    ck_assert(!keyring_is_usable(late));
    tear_down(&f);
}
END_TEST

/* A worker that maintains while another's set of the boot before lies in the file. */
START_TEST(a_file_of_another_boot_is_taken_and_replaced)
{
    struct fixture f = set_up();

    unit_server_set(f.server, SERVER_500, f.new_set);
    struct keyring *ring = open_ring(&f), *before = open_ring(&f);
    strcpy(before->cache->boot_id, "the-boot-before");
    ck_assert(jwks_cache_write(before->cache, str_of(f.old_set)));
    unit_server_set(f.server, SERVER_GOOD, f.new_set);
    advance_ms(60000);
    keyring_maintain(ring);
    ck_assert(knows(ring, "new"));
    ck_assert_int_eq(ring->generation, 2); /* the file's set, then the endpoint's */
    tear_down(&f);
}
END_TEST

START_TEST(a_bad_file_is_as_good_as_none)
{
    struct fixture f = set_up();

    unit_write_file(f.config.jwks_cache, STR("junk"));
    struct keyring *ring = open_ring(&f);
    ck_assert(knows(ring, "old"));
    ck_assert_int_eq(requests(&f), 1);
    /* damaged later: the set in memory goes on */
    unit_write_file(f.config.jwks_cache, STR("more junk"));
    ck_assert(!knows(ring, "unknown"));
    ck_assert(knows(ring, "old"));
    /* whole, but no key set: made by hand with our own functions */
    ck_assert(jwks_cache_write(ring->cache, STR("{\"keys\":[]}")));
    struct keyring *late = open_ring(&f);
    ck_assert(!keyring_is_usable(late));
    advance_ms(30000);
    ck_assert(knows(late, "old"));
    tear_down(&f);
}
END_TEST

START_TEST(a_pool_that_cannot_write_keeps_its_limits_per_worker)
{
    struct fixture f = set_up();
    struct keyring *ring = open_ring(&f);

    /* the lock file as a full disk has it: it can be locked, not written; and no way to replace
     * the set */
    close(ring->cache->lock_fd);
    ring->cache->lock_fd = open(unit_path(f.folder, "jwks.lock"), O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(mkdir(unit_path(f.folder, "jwks.new"), 0700), 0);
    advance_ms(30000);
    unit_server_set(f.server, SERVER_GOOD, f.both);
    ck_assert_msg(knows(ring, "new"), "this worker has the new set");
    ck_assert_int_eq(requests(&f), 2);
    for (int i = 0; i < 29; i++) {
        ck_assert(!knows(ring, "unknown"));
        advance_ms(1000);
    }
    ck_assert_int_eq(requests(&f), 2);
    tear_down(&f);
}
END_TEST

START_TEST(a_cooldown_above_the_longest_pause_stays_as_it_is)
{
    struct fixture f = set_up();

    f.config.cooldown_s = 600;
    unit_server_set(f.server, SERVER_500, f.old_set);
    struct keyring *ring = open_ring(&f);
    advance_ms(599000);
    ck_assert(!knows(ring, "old"));
    ck_assert_int_eq(requests(&f), 1);
    advance_ms(2000);
    ck_assert(!knows(ring, "old"));
    ck_assert_int_eq(requests(&f), 2);
    tear_down(&f);
}
END_TEST

START_TEST(no_trust_anchor_of_ones_own_is_the_systems)
{
    static const char *const none[] = {NULL, ""};
    for (size_t i = 0; i < 2; i++) {
        struct fixture f = set_up();
        f.config.jwks_ca_file = none[i];
        struct keyring *ring = open_ring(&f);
        ck_assert_ptr_null(ring->source.ca_file);
        ck_assert(!keyring_is_usable(ring));
        tear_down(&f);
    }
}
END_TEST

START_TEST(what_cannot_be_opened_is_an_error)
{
    struct fixture f = set_up();
    struct keyring *ring = NULL;

    log_set_level(LOG_ERROR + 1);
    unit_fail_RAND_bytes = 1;
    ck_assert_int_eq(keyring_open(f.mem, &f.config, &ring), STATUS_INTERNAL);
    f.config.jwks_cache = unit_path(f.folder, "no/such/folder");
    ck_assert_int_eq(keyring_open(f.mem, &f.config, &ring), STATUS_BAD_CONFIG);
    ck_assert_ptr_null(ring);
    tear_down(&f);
}
END_TEST

START_TEST(short_memory_is_survived)
{
    struct fixture f = set_up();
    enum status st = STATUS_NO_MEMORY;
    bool served = false;

    open_ring(&f);
    for (size_t bytes = 1; st != STATUS_OK || !served; bytes += 16) {
        struct keyring *ring;
        TALLOC_CTX *limited = unit_limited(bytes);
        st = keyring_open(limited, &f.config, &ring);
        ck_assert(st == STATUS_OK || st == STATUS_NO_MEMORY);
        /* a ring that opened but had no room for the set says that it has none */
        served = st == STATUS_OK && keyring_is_usable(ring) && knows(ring, "old");
        talloc_free(limited);
    }
    /* and a fetch without room: the set that is there stays */
    struct keyring *ring;
    TALLOC_CTX *limited = unit_limited(1 << 30);
    ck_assert_int_eq(keyring_open(limited, &f.config, &ring), STATUS_OK);
    size_t before = talloc_total_size(limited);
    unit_server_set(f.server, SERVER_GOOD, f.both);
    for (size_t bytes = 0; bytes < 5000; bytes += 500) {
        unit_limit(limited, before + bytes);
        advance_ms(400000);
        ck_assert(!knows(ring, "new"));
        ck_assert(knows(ring, "old"));
    }
    talloc_free(limited);
    tear_down(&f);
}
END_TEST

UNIT_MAIN("keyring", a_pool_fetches_once_and_shares,
          it_comes_due_between_70_and_80_percent_of_the_fresh_time,
          one_worker_refreshes_and_the_others_read,
          an_unknown_kid_fetches_within_the_cooldown_of_the_pool,
          a_flood_of_unknown_kids_makes_two_fetches_a_minute, failed_fetches_back_off,
          a_success_ends_the_backing_off,
          known_keys_serve_while_the_endpoint_is_down_up_to_the_limit,
          a_start_without_an_endpoint_is_no_error, restarts_do_not_ask_again,
          a_worker_killed_while_fetching_counts_as_a_failure, nobody_waits_for_the_one_that_fetches,
          a_first_worker_is_waited_for_a_moment_only, the_file_is_looked_at_again_under_the_lock,
          a_file_damaged_just_now_is_fetched_anew, an_older_file_does_not_replace_a_newer_set,
          after_another_boot_keys_serve_and_are_fetched_again,
          a_file_of_another_boot_is_taken_and_replaced, a_bad_file_is_as_good_as_none,
          a_pool_that_cannot_write_keeps_its_limits_per_worker,
          a_cooldown_above_the_longest_pause_stays_as_it_is,
          no_trust_anchor_of_ones_own_is_the_systems, what_cannot_be_opened_is_an_error,
          short_memory_is_survived)
