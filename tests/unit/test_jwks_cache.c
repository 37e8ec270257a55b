#include "../../src/auth/jwks_cache_priv.h"

#include <openssl/evp.h>
#include <signal.h>
#include <sys/resource.h>

#include "../../src/auth/jwks_priv.h"
#include "auth_faults.h"
#include "auth_unit.h"
#include "ts/clock.h"
#include "ts/log.h"

UNIT_FAILING(int, 0, EVP_DigestInit_ex2, (EVP_MD_CTX * c, const EVP_MD *md, const OSSL_PARAM *p),
             (c, md, p))
/* Fails when told so, or reports a file longer than it is: one that was cut short since. */
static bool fstat_fails;
static off_t fstat_adds;

int fstat(int fd, struct stat *info)
{
    static int (*real)(int, struct stat *);

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "fstat");
    int result = fstat_fails ? -1 : real(fd, info);
    if (result == 0)
        info->st_size += fstat_adds;
    return result;
}

/* Closes, and says that what was written could not be kept. */
static bool close_fails;

int close(int fd)
{
    static int (*real)(int);

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "close");
    int result = real(fd);
    return close_fails ? -1 : result;
}

static const char url[] = "https://tenant.example/keys";
static const struct str set = STR_INIT("{\"keys\":[]}\nand a second line");

struct fixture {
    TALLOC_CTX *mem;
    char *folder;
    const char *path;
    struct jwks_cache *cache;
};

static struct jwks_cache *open_cache(TALLOC_CTX *mem, const char *path, const char *for_url)
{
    struct jwks_cache *cache;
    ck_assert_int_eq(jwks_cache_open(mem, path, for_url, &cache), STATUS_OK);
    return cache;
}

static struct fixture set_up(void)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    char *folder = unit_folder(mem);
    const char *path = unit_path(folder, "jwks");

    clock_fake(0);
    log_set_level(LOG_ERROR + 1); /* what cannot be opened is logged */
    return (struct fixture){mem, folder, path, open_cache(mem, path, url)};
}

static void tear_down(struct fixture *f)
{
    clock_fake(0);
    talloc_free(f->mem);
}

static void advance_s(int64_t seconds)
{
    clock_fake(clock_wall_us() + seconds * 1000000);
}

static void expect(struct jwks_cache *cache, enum status wanted, const char *what)
{
    struct jwks_cached cached;
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status st = jwks_cache_read(mem, cache, &cached);
    ck_assert_msg(st == wanted, "%s: %d", what, st);
    ck_assert_msg(st != STATUS_OK || str_eq(cached.body, set), "%s", what);
    talloc_free(mem);
}

START_TEST(what_one_writes_another_reads)
{
    struct fixture f = set_up();
    struct jwks_cache *other = open_cache(f.mem, f.path, url);
    struct jwks_cached cached;
    struct stat info;

    expect(other, STATUS_NOT_FOUND, "no file yet");
    ck_assert(!jwks_cache_changed(other));
    ck_assert(jwks_cache_write(f.cache, set));
    ck_assert_msg(!jwks_cache_changed(f.cache), "the writer knows what it wrote");
    ck_assert(jwks_cache_changed(other));
    advance_s(100);
    ck_assert_int_eq(jwks_cache_read(f.mem, other, &cached), STATUS_OK);
    ck_assert(str_eq(cached.body, set));
    ck_assert(cached.same_boot);
    ck_assert(cached.age_ms >= 100000 && cached.age_ms < 110000);
    ck_assert(!jwks_cache_changed(other));
    ck_assert(jwks_cache_write(f.cache, set));
    ck_assert(jwks_cache_changed(other));
    ck_assert_int_eq(stat(f.path, &info), 0);
    ck_assert_int_eq(info.st_mode & 07777, 0600);
    ck_assert_int_eq(stat(unit_path(f.folder, "jwks.lock"), &info), 0);
    ck_assert_int_eq(info.st_mode & 07777, 0600);
    ck_assert_int_ne(stat(unit_path(f.folder, "jwks.new"), &info), 0);
    tear_down(&f);
}
END_TEST

START_TEST(a_set_of_another_url_is_none_for_us)
{
    struct fixture f = set_up();

    ck_assert(jwks_cache_write(f.cache, set));
    expect(open_cache(f.mem, f.path, "https://other.example/keys"), STATUS_NOT_FOUND,
           "another URL");
    expect(f.cache, STATUS_OK, "the same URL");
    tear_down(&f);
}
END_TEST

START_TEST(every_changed_or_missing_byte_is_seen)
{
    struct fixture f = set_up();

    ck_assert(jwks_cache_write(f.cache, set));
    struct str good = unit_read_file(f.mem, f.path);
    char *bytes = talloc_memdup(f.mem, good.data, good.len + 1);
    for (size_t i = 0; i < good.len; i++) {
        bytes[i] ^= 1;
        unit_write_file(f.path, str_n(bytes, good.len));
        expect(f.cache, STATUS_NOT_FOUND, talloc_asprintf(f.mem, "byte %zu changed", i));
        bytes[i] ^= 1;
        unit_write_file(f.path, str_n(bytes, i));
        expect(f.cache, STATUS_NOT_FOUND, talloc_asprintf(f.mem, "cut at byte %zu", i));
    }
    bytes[good.len] = ' ';
    unit_write_file(f.path, str_n(bytes, good.len + 1));
    expect(f.cache, STATUS_NOT_FOUND, "a byte more");
    unit_write_file(f.path, good);
    expect(f.cache, STATUS_OK, "as it was");
    tear_down(&f);
}
END_TEST

START_TEST(words_that_are_no_numbers_are_refused)
{
    static const char *const heads[] = {"timesheets-jwks-1 b x 1 u d\n",
                                        "timesheets-jwks-1 b 1 x u d\n",
                                        "timesheets-jwks-1 b 1 1 u d extra\n",
                                        "timesheets-jwks-2 b 1 1 u d\n",
                                        "\n",
                                        "timesheets-jwks-1\n"};
    struct fixture f = set_up();

    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        unit_write_file(f.path, str_of(heads[i]));
        ck_assert_int_eq(chmod(f.path, 0600), 0);
        expect(f.cache, STATUS_NOT_FOUND, heads[i]);
    }
    tear_down(&f);
}
END_TEST

/* A file with a right digest over wrong times: nobody but ourselves could have made it. */
static void write_with_words(struct fixture *f, const char *boot_ms, const char *wall_s)
{
    const struct str parts[] = {str_of(f->cache->boot_id), str_of(boot_ms), str_of(wall_s),
                                str_of(f->cache->url_id), set};
    uint8_t digest[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1];

    ck_assert_int_eq(crypto_sha256(parts, 5, true, digest), STATUS_OK);
    for (size_t i = 0; i < SHA256_LEN; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    unit_write_file(
        f->path,
        str_of(talloc_asprintf(f->mem, "timesheets-jwks-1 %s %s %s %s %s\n%.*s", f->cache->boot_id,
                               boot_ms, wall_s, f->cache->url_id, hex, (int)set.len, set.data)));
}

START_TEST(times_are_checked_too)
{
    static const struct {
        const char *boot_ms, *wall_s;
        enum status status;
    } cases[] = {{"0", "0", STATUS_OK},
                 {"-1", "0", STATUS_NOT_FOUND},
                 {"x", "0", STATUS_NOT_FOUND},
                 {"", "0", STATUS_NOT_FOUND},
                 {"0", "-1", STATUS_NOT_FOUND},
                 {"0", "", STATUS_NOT_FOUND},
                 {"00", "0", STATUS_NOT_FOUND},
                 {"99999999999999999999", "0", STATUS_NOT_FOUND},
                 {"0", "999999999999999999", STATUS_NOT_FOUND}};
    struct fixture f = set_up();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_with_words(&f, cases[i].boot_ms, cases[i].wall_s);
        expect(f.cache, cases[i].status,
               talloc_asprintf(f.mem, "%s %s", cases[i].boot_ms, cases[i].wall_s));
    }
    tear_down(&f);
}
END_TEST

START_TEST(another_boot_counts_by_the_wall_clock)
{
    struct fixture f = set_up();
    struct jwks_cached cached;

    strcpy(f.cache->boot_id, "the-boot-before");
    ck_assert(jwks_cache_write(f.cache, set));
    advance_s(500);
    struct jwks_cache *now = open_cache(f.mem, f.path, url);
    ck_assert_int_eq(jwks_cache_read(f.mem, now, &cached), STATUS_OK);
    ck_assert(!cached.same_boot);
    ck_assert(cached.age_ms >= 499000 && cached.age_ms < 510000);
    /* the wall clock went back to before it was written: its age is not known */
    advance_s(-1000);
    expect(now, STATUS_NOT_FOUND, "from the future");
    tear_down(&f);
}
END_TEST

START_TEST(without_a_boot_id_a_boot_clock_that_runs_behind_shows_the_restart)
{
    struct fixture f = set_up();
    struct jwks_cached cached;

    f.cache->boot_id[0] = '\0';
    advance_s(1000);
    ck_assert(jwks_cache_write(f.cache, set));
    ck_assert_int_eq(jwks_cache_read(f.mem, f.cache, &cached), STATUS_OK);
    ck_assert(cached.same_boot);
    char *far = talloc_asprintf(f.mem, "%lld", (long long)clock_boot_ms() + 100000);
    write_with_words(&f, far, "1000");
    ck_assert_int_eq(jwks_cache_read(f.mem, f.cache, &cached), STATUS_OK);
    ck_assert(!cached.same_boot);
    tear_down(&f);
}
END_TEST

START_TEST(only_a_plain_file_of_our_own_is_read)
{
    struct fixture f = set_up();
    const char *other = unit_path(f.folder, "other");

    ck_assert(jwks_cache_write(f.cache, set));
    expect(f.cache, STATUS_OK, "plain");
    ck_assert_int_eq(chmod(f.path, 0620), 0);
    expect(f.cache, STATUS_NOT_FOUND, "writable by the group");
    ck_assert_int_eq(chmod(f.path, 0602), 0);
    expect(f.cache, STATUS_NOT_FOUND, "writable by all");
    ck_assert_int_eq(chmod(f.path, 0600), 0);
    if (chown(f.path, 12345, (gid_t)-1) == 0) { /* root only */
        expect(f.cache, STATUS_NOT_FOUND, "of another owner");
        ck_assert_int_eq(chown(f.path, geteuid(), (gid_t)-1), 0);
    }
    expect(f.cache, STATUS_OK, "as it was");
    ck_assert_int_eq(rename(f.path, other), 0);
    ck_assert_int_eq(symlink("other", f.path), 0);
    expect(f.cache, STATUS_NOT_FOUND, "a link");
    ck_assert_int_eq(unlink(f.path), 0);
    ck_assert_int_eq(mkdir(f.path, 0700), 0);
    expect(f.cache, STATUS_NOT_FOUND, "a folder");
    ck_assert_msg(!jwks_cache_write(f.cache, set), "a folder in its place");
    ck_assert_int_eq(rmdir(f.path), 0);
    ck_assert_int_eq(mkfifo(f.path, 0600), 0);
    expect(f.cache, STATUS_NOT_FOUND, "a fifo, without waiting for its other end");
    ck_assert_msg(jwks_cache_write(f.cache, set), "written over a fifo");
    expect(f.cache, STATUS_OK, "replaced");
    tear_down(&f);
}
END_TEST

START_TEST(the_largest_set_fits_and_no_larger_file_is_read)
{
    struct fixture f = set_up();
    struct jwks_cached cached;
    char *large = talloc_size(f.mem, JWKS_MAX_BYTES + 1000);

    memset(large, ' ', JWKS_MAX_BYTES + 1000);
    ck_assert(jwks_cache_write(f.cache, str_n(large, JWKS_MAX_BYTES)));
    ck_assert_int_eq(jwks_cache_read(f.mem, f.cache, &cached), STATUS_OK);
    ck_assert_uint_eq(cached.body.len, JWKS_MAX_BYTES);
    ck_assert(jwks_cache_write(f.cache, str_n(large, JWKS_MAX_BYTES + 1000)));
    ck_assert_int_eq(jwks_cache_read(f.mem, f.cache, &cached), STATUS_NOT_FOUND);
    tear_down(&f);
}
END_TEST

START_TEST(the_rest_of_a_killed_writer_does_no_harm)
{
    struct fixture f = set_up();

    unit_write_file(unit_path(f.folder, "jwks.new"), STR("half"));
    ck_assert(jwks_cache_write(f.cache, set));
    expect(f.cache, STATUS_OK, "written");
    ck_assert_int_eq(mkdir(unit_path(f.folder, "jwks.new"), 0700), 0);
    ck_assert_msg(!jwks_cache_write(f.cache, STR("{}")), "no way to write");
    expect(f.cache, STATUS_OK, "the old file stays");
    tear_down(&f);
}
END_TEST

START_TEST(each_failing_call_on_the_way_is_an_error)
{
    struct fixture f = set_up();
    struct jwks_cache *cache = NULL;

    unit_fail_EVP_DigestInit_ex2 = 1;
    ck_assert_int_eq(jwks_cache_open(f.mem, f.path, url, &cache), STATUS_NO_MEMORY);
    ck_assert_ptr_null(cache);
    unit_fail_EVP_DigestInit_ex2 = 1;
    ck_assert(!jwks_cache_write(f.cache, set));
    fstat_fails = true;
    bool written = jwks_cache_write(f.cache, set);
    fstat_fails = false;
    ck_assert(!written);
    ck_assert(jwks_cache_write(f.cache, set));
    unit_fail_EVP_DigestInit_ex2 = 1;
    expect(f.cache, STATUS_NOT_FOUND, "no digest");
    fstat_fails = true;
    expect(f.cache, STATUS_NOT_FOUND, "no fstat");
    fstat_fails = false;
    fstat_adds = 1;
    expect(f.cache, STATUS_NOT_FOUND, "cut short while it was read");
    fstat_adds = 0;
    close_fails = true;
    written = jwks_cache_write(f.cache, set);
    close_fails = false;
    ck_assert(!written);
    expect(f.cache, STATUS_OK, "right after");
    tear_down(&f);
}
END_TEST

START_TEST(each_part_of_a_stamp_tells_versions_apart)
{
    struct fixture f = set_up();

    ck_assert(jwks_cache_write(f.cache, set));
    ck_assert(!jwks_cache_changed(f.cache));
    struct file_stamp seen = f.cache->seen;
    f.cache->seen.device++;
    ck_assert(jwks_cache_changed(f.cache));
    f.cache->seen = seen;
    f.cache->seen.inode++;
    ck_assert(jwks_cache_changed(f.cache));
    f.cache->seen = seen;
    f.cache->seen.bytes++;
    ck_assert(jwks_cache_changed(f.cache));
    f.cache->seen = seen;
    f.cache->seen.changed_ns++;
    ck_assert(jwks_cache_changed(f.cache));
    tear_down(&f);
}
END_TEST

START_TEST(the_boot_id_is_one_word)
{
    struct fixture f = set_up();
    const char *path = unit_path(f.folder, "other");
    char id[BOOT_ID_MAX + 1] = "before";

    jwks_boot_id(path, id);
    ck_assert_msg(id[0] == '\0', "no file");
    jwks_boot_id(f.folder, id);
    ck_assert_msg(id[0] == '\0', "a folder");
    unit_write_file(path, STR("one two\nthree"));
    jwks_boot_id(path, id);
    ck_assert_str_eq(id, "one");
    unit_write_file(path, str_of(talloc_asprintf(f.mem, "%0*d", 1000, 0)));
    jwks_boot_id(path, id);
    ck_assert_uint_eq(strlen(id), BOOT_ID_MAX);
    tear_down(&f);
}
END_TEST

START_TEST(one_holds_the_lock)
{
    struct fixture f = set_up();
    struct jwks_cache *other = open_cache(f.mem, f.path, url);

    ck_assert(jwks_cache_lock(f.cache));
    ck_assert(!jwks_cache_lock(other));
    jwks_cache_unlock(f.cache);
    ck_assert(jwks_cache_lock(other));
    ck_assert(!jwks_cache_lock(f.cache));
    talloc_free(other); /* a worker that dies lets go */
    ck_assert(jwks_cache_lock(f.cache));
    tear_down(&f);
}
END_TEST

START_TEST(the_last_attempt_is_on_record_for_all)
{
    struct fixture f = set_up();
    struct jwks_cache *other = open_cache(f.mem, f.path, url);
    struct jwks_cache *elsewhere = open_cache(f.mem, f.path, "https://other.example/keys");
    struct jwks_attempt attempt = {clock_boot_ms(), 3}, read = {0, 0};

    ck_assert(!jwks_attempt_read(f.cache, &read));
    ck_assert(jwks_attempt_write(f.cache, attempt));
    ck_assert(jwks_attempt_read(other, &read));
    ck_assert_int_eq(read.at_ms, attempt.at_ms);
    ck_assert_int_eq(read.failures, 3);
    ck_assert_msg(!jwks_attempt_read(elsewhere, &read), "another URL");
    attempt.failures = 0;
    ck_assert(jwks_attempt_write(f.cache, attempt));
    ck_assert(jwks_attempt_read(other, &read));
    ck_assert_int_eq(read.failures, 0);
    strcpy(other->boot_id, "another-boot");
    ck_assert_msg(!jwks_attempt_read(other, &read), "another boot");
    advance_s(-1000);
    ck_assert_msg(!jwks_attempt_read(f.cache, &read), "from the future");
    tear_down(&f);
}
END_TEST

START_TEST(a_damaged_record_is_none)
{
    struct fixture f = set_up();
    struct jwks_attempt read;
    const char *path = unit_path(f.folder, "jwks.lock");
    const char *boot = f.cache->boot_id, *id = f.cache->url_id;
    const struct {
        const char *what, *text;
        bool good;
    } cases[] = {
        {"right", talloc_asprintf(f.mem, "%s 1 2 %s %200s", boot, id, ""), true},
        {"cut short", talloc_asprintf(f.mem, "%s 1 2 %s", boot, id), false},
        {"no number", talloc_asprintf(f.mem, "%s x 2 %s %200s", boot, id, ""), false},
        {"negative", talloc_asprintf(f.mem, "%s 1 -2 %s %200s", boot, id, ""), false},
        {"another URL", talloc_asprintf(f.mem, "%s 1 2 x %200s", boot, ""), false},
        {"spaces", talloc_asprintf(f.mem, "%300s", ""), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unit_write_file(path, str_of(cases[i].text));
        ck_assert_msg(jwks_attempt_read(f.cache, &read) == cases[i].good, "%s", cases[i].what);
    }
    tear_down(&f);
}
END_TEST

START_TEST(a_cache_that_cannot_be_opened_is_bad_configuration)
{
    struct fixture f = set_up();
    struct jwks_cache *cache = NULL;

    const char *nowhere = unit_path(f.folder, "no/such/folder");
    ck_assert_int_eq(jwks_cache_open(f.mem, nowhere, url, &cache), STATUS_BAD_CONFIG);
    ck_assert_int_eq(symlink("jwks.lock", unit_path(f.folder, "other.lock")), 0);
    ck_assert_msg(jwks_cache_open(f.mem, unit_path(f.folder, "other"), url, &cache) ==
                      STATUS_BAD_CONFIG,
                  "a link in the lock's place");
    ck_assert_int_eq(unlink(unit_path(f.folder, "other.lock")), 0);
    ck_assert_ptr_null(cache);
    tear_down(&f);
}
END_TEST

/* A limit on the size of files makes writing fail as a full disk does. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(on_a_full_disk_the_old_set_and_the_record_stay)
{
    struct fixture f = set_up();
    struct jwks_attempt attempt = {1, 2}, read;
    static const char zeros[2000];
    const struct str large = {zeros, sizeof zeros};
    struct stat info;

    ck_assert(jwks_cache_write(f.cache, set));
    ck_assert(jwks_attempt_write(f.cache, attempt));
    limit_files(100);
    bool written = jwks_cache_write(f.cache, STR("{}")); /* fails in its first line */
    limit_files(350);
    written = written || jwks_cache_write(f.cache, large); /* and later */
    limit_files(0);
    bool recorded = jwks_attempt_write(f.cache, (struct jwks_attempt){3, 4});
    limit_files(RLIM_INFINITY);
    ck_assert(!written && !recorded);
    ck_assert_int_ne(stat(unit_path(f.folder, "jwks.new"), &info), 0);
    expect(f.cache, STATUS_OK, "the old set");
    ck_assert(jwks_attempt_read(f.cache, &read));
    ck_assert(read.at_ms == 1 && read.failures == 2);
    tear_down(&f);
}
END_TEST

START_TEST(short_memory_is_an_error)
{
    struct fixture f = set_up();
    enum status st = STATUS_NO_MEMORY;
    struct jwks_cached cached;

    ck_assert(jwks_cache_write(f.cache, set));
    for (size_t bytes = 1; st != STATUS_OK; bytes += 16) {
        TALLOC_CTX *limited = unit_limited(bytes);
        struct jwks_cache *cache;
        st = jwks_cache_open(limited, f.path, url, &cache);
        ck_assert(st == STATUS_OK || st == STATUS_NO_MEMORY);
        talloc_free(limited);
    }
    TALLOC_CTX *limited = unit_limited(1);
    ck_assert_int_eq(jwks_cache_read(limited, f.cache, &cached), STATUS_NO_MEMORY);
    talloc_free(limited);
    tear_down(&f);
}
END_TEST

UNIT_MAIN("jwks_cache", each_failing_call_on_the_way_is_an_error,
          each_part_of_a_stamp_tells_versions_apart, the_boot_id_is_one_word,
          what_one_writes_another_reads, a_set_of_another_url_is_none_for_us,
          every_changed_or_missing_byte_is_seen, words_that_are_no_numbers_are_refused,
          times_are_checked_too, another_boot_counts_by_the_wall_clock,
          without_a_boot_id_a_boot_clock_that_runs_behind_shows_the_restart,
          only_a_plain_file_of_our_own_is_read, the_largest_set_fits_and_no_larger_file_is_read,
          the_rest_of_a_killed_writer_does_no_harm, one_holds_the_lock,
          the_last_attempt_is_on_record_for_all, a_damaged_record_is_none,
          a_cache_that_cannot_be_opened_is_bad_configuration,
          on_a_full_disk_the_old_set_and_the_record_stay, short_memory_is_an_error)
