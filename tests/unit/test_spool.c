/* A body in a file without a name. What fails is a real limit where there is one (size of files),
 * and else a call that this program takes the place of. */
#include "ts/spool.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ts/log.h"
#include "unit.h"

/* --- calls that can be made to fail ------------------------------------------------- */

static int tmpfile_errno; /* what open says to O_TMPFILE; 0 = what the library says */
static bool interrupted;  /* the next write is interrupted, the one after it takes one byte */
static int last_open_flags;

static void *library(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) /* no assertion: what writes the coverage at exit calls these too */
        abort();
    return found;
}

int open(const char *path, int flags, ...)
{
    int (*real)(const char *, int, ...);
    va_list args;

    *(void **)&real = library("open");
    va_start(args, flags);
    mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    if ((flags & O_TMPFILE) == O_TMPFILE) {
        last_open_flags = flags;
        if (tmpfile_errno != 0) {
            errno = tmpfile_errno;
            return -1;
        }
    }
    return real(path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t len)
{
    static bool short_one;
    ssize_t (*real)(int, const void *, size_t);

    *(void **)&real = library("write");
    if (interrupted) {
        interrupted = false;
        short_one = true;
        errno = EINTR;
        return -1;
    }
    size_t part = short_one && len > 1 ? 1 : len;
    short_one = false;
    return real(fd, data, part);
}

/* --- a folder and the log ------------------------------------------------------------ */

static char folder[200];
static int log_ends[2];

static void set_up(void)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%s/test_spool-XXXXXX", base == NULL ? "/tmp" : base);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(pipe(log_ends), 0);
    ck_assert_int_ne(fcntl(log_ends[0], F_SETFL, O_NONBLOCK), -1);
    log_set_fd(log_ends[1]);
}

/* Nothing was left in the folder. */
static void tear_down(void)
{
    ck_assert_int_eq(rmdir(folder), 0);
    log_set_fd(2);
    close(log_ends[0]);
    close(log_ends[1]);
}

static void check_logged(const char *step, int cause)
{
    char line[1000], expected[100];
    ssize_t n = read(log_ends[0], line, sizeof line - 1);

    ck_assert_int_gt(n, 0);
    line[n] = '\0';
    (void)snprintf(expected, sizeof expected,
                   "\"event\":\"spool_failed\",\"step\":\"%s\",\"errno\":%d}\n", step, cause);
    ck_assert_msg(strstr(line, expected) != NULL, "logged %s", line);
}

static size_t entries_of(const char *path)
{
    DIR *dir = opendir(path);
    size_t count = 0;

    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        count += e->d_name[0] != '.' ? 1 : 0;
    closedir(dir);
    return count;
}

/* The descriptor of the one open file that was made in the folder, or -1. */
static int spool_fd(void)
{
    for (int fd = 3; fd < 100; fd++) {
        char link[40], target[300];
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, target, sizeof target - 1);
        target[n < 0 ? 0 : n] = '\0';
        if (strncmp(target, folder, strlen(folder)) == 0)
            return fd;
    }
    return -1;
}

/* --- tests --------------------------------------------------------------------------- */

START_TEST(gives_back_what_was_added)
{
    enum { PIECE = 70001, PIECES = 50 }; /* no multiple of a page */
    char *piece = talloc_array(NULL, char, PIECE);
    struct spool *spool;
    struct str view, again;

    ck_assert_int_eq(spool_open(NULL, folder, &spool), STATUS_OK);
    for (int i = 0; i < PIECES; i++) {
        memset(piece, 'A' + i, PIECE);
        ck_assert_int_eq(spool_add(spool, piece, PIECE), STATUS_OK);
        ck_assert_int_eq(spool_add(spool, NULL, 0), STATUS_OK);
    }
    ck_assert_int_eq(spool_view(spool, &view), STATUS_OK);
    ck_assert_uint_eq(view.len, (size_t)PIECE * PIECES);
    for (int i = 0; i < PIECES; i++) {
        memset(piece, 'A' + i, PIECE);
        ck_assert(memcmp(view.data + (size_t)PIECE * i, piece, PIECE) == 0);
    }
    ck_assert_int_eq(spool_view(spool, &again), STATUS_OK);
    ck_assert_ptr_eq(again.data, view.data);
    ck_assert_uint_eq(again.len, view.len);
    talloc_free(spool);
    talloc_free(piece);
}
END_TEST

START_TEST(an_empty_file_is_an_empty_text)
{
    struct spool *spool;
    struct str view = {0};

    ck_assert_int_eq(spool_open(NULL, folder, &spool), STATUS_OK);
    ck_assert_int_eq(spool_view(spool, &view), STATUS_OK);
    ck_assert_view(view, "");
    ck_assert_ptr_nonnull(view.data);
    talloc_free(spool);
}
END_TEST

static void check_file(struct spool *spool)
{
    struct stat info;
    int fd = spool_fd();

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &info), 0);
    ck_assert(S_ISREG(info.st_mode));
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
    ck_assert_uint_eq(info.st_nlink, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_uint_eq(entries_of(folder), 0);
    ck_assert_int_eq(spool_add(spool, "abc", 3), STATUS_OK);
    struct str view;
    ck_assert_int_eq(spool_view(spool, &view), STATUS_OK);
    ck_assert_view(view, "abc");
}

START_TEST(the_file_has_no_name_and_is_ours_alone)
{
    struct spool *spool;

    mode_t mask = umask(0);
    ck_assert_int_eq(spool_open(NULL, folder, &spool), STATUS_OK);
    umask(mask);
    ck_assert_int_eq(last_open_flags & O_EXCL, O_EXCL); /* it can be given none */
    check_file(spool);
    talloc_free(spool);
}
END_TEST

START_TEST(a_file_system_without_nameless_files_will_do)
{
    static const int causes[] = {EOPNOTSUPP, EISDIR};

    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        struct spool *spool;
        tmpfile_errno = causes[i];
        mode_t mask = umask(0);
        ck_assert_int_eq(spool_open(NULL, folder, &spool), STATUS_OK);
        umask(mask);
        tmpfile_errno = 0;
        check_file(spool);
        talloc_free(spool);
        ck_assert_int_eq(spool_fd(), -1);
    }
}
END_TEST

START_TEST(freeing_closes_and_unmaps)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct spool *spool;
    struct str view;
    unsigned char resident;

    ck_assert_int_eq(spool_open(mem, folder, &spool), STATUS_OK);
    ck_assert_int_eq(spool_add(spool, "abc", 3), STATUS_OK);
    ck_assert_int_eq(spool_view(spool, &view), STATUS_OK);
    void *page = (void *)(uintptr_t)view.data;
    ck_assert_int_eq(mincore(page, view.len, &resident), 0);
    talloc_free(mem);
    ck_assert_int_eq(spool_fd(), -1);
    ck_assert_int_eq(mincore(page, 3, &resident), -1);
    ck_assert_int_eq(errno, ENOMEM);
}
END_TEST

START_TEST(says_when_no_file_can_be_made)
{
    struct spool *spool = NULL;
    char missing[300];

    (void)snprintf(missing, sizeof missing, "%s/missing", folder);
    ck_assert_int_eq(spool_open(NULL, missing, &spool), STATUS_UNAVAILABLE);
    check_logged("open", ENOENT);
    tmpfile_errno = EOPNOTSUPP;
    ck_assert_int_eq(spool_open(NULL, missing, &spool), STATUS_UNAVAILABLE);
    check_logged("open", ENOENT);
    tmpfile_errno = EMFILE;
    ck_assert_int_eq(spool_open(NULL, folder, &spool), STATUS_UNAVAILABLE);
    check_logged("open", EMFILE);
    tmpfile_errno = 0;
    ck_assert_ptr_null(spool);
    ck_assert_int_eq(spool_fd(), -1);
}
END_TEST

START_TEST(says_when_there_is_no_room)
{
    enum { ROOM = 10000 };
    struct rlimit before, small;
    struct spool *spool;
    char data[ROOM + 1] = {0};

    ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR); /* then write says EFBIG */
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = ROOM, .rlim_max = before.rlim_max};
    ck_assert_int_eq(spool_open(NULL, folder, &spool), STATUS_OK);
    /* under the limit nothing is asserted: that writes to a file too */
    bool limited = setrlimit(RLIMIT_FSIZE, &small) == 0;
    enum status fits = spool_add(spool, data, ROOM - 1);
    enum status too_much = spool_add(spool, data, 2); /* half of it fits */
    bool lifted = setrlimit(RLIMIT_FSIZE, &before) == 0;
    ck_assert(limited && lifted);
    ck_assert_int_eq(fits, STATUS_OK);
    ck_assert_int_eq(too_much, STATUS_UNAVAILABLE);
    check_logged("write", EFBIG);
    talloc_free(spool);
    ck_assert_int_eq(spool_fd(), -1);
}
END_TEST

START_TEST(says_when_the_file_cannot_be_mapped)
{
    struct rlimit before, small;
    struct spool *spool;
    struct str view = STR("untouched");
    char *data = talloc_zero_size(NULL, 1 << 20);

    ck_assert_int_eq(spool_open(NULL, folder, &spool), STATUS_OK);
    ck_assert_int_eq(spool_add(spool, data, 1 << 20), STATUS_OK);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
    small = (struct rlimit){.rlim_cur = 1 << 20, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &small), 0);
    enum status st = spool_view(spool, &view);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
    ck_assert_int_eq(st, STATUS_UNAVAILABLE);
    check_logged("map", ENOMEM);
    ck_assert_view(view, "untouched");
    talloc_free(spool);
    talloc_free(data);
}
END_TEST

START_TEST(what_is_cut_off_is_gone_and_more_can_follow)
{
    struct spool *spool;
    struct str view;

    ck_assert_int_eq(spool_open(NULL, folder, &spool), STATUS_OK);
    ck_assert_uint_eq(spool_size(spool), 0);
    ck_assert_int_eq(spool_cut(spool, 0), STATUS_OK);
    ck_assert_int_eq(spool_add(spool, "abcdef", 6), STATUS_OK);
    ck_assert_int_eq(spool_cut(spool, 6), STATUS_OK);
    ck_assert_uint_eq(spool_size(spool), 6);
    ck_assert_int_eq(spool_cut(spool, 2), STATUS_OK);
    ck_assert_uint_eq(spool_size(spool), 2);
    ck_assert_int_eq(spool_add(spool, "XY", 2), STATUS_OK);
    ck_assert_int_eq(spool_view(spool, &view), STATUS_OK);
    ck_assert_view(view, "abXY");
    talloc_free(spool);
    ck_assert_int_eq(spool_open(NULL, folder, &spool), STATUS_OK);
    ck_assert_int_eq(spool_add(spool, "abc", 3), STATUS_OK);
    ck_assert_int_eq(spool_cut(spool, 0), STATUS_OK);
    ck_assert_int_eq(spool_view(spool, &view), STATUS_OK);
    ck_assert_view(view, "");
    talloc_free(spool);
}
END_TEST

START_TEST(goes_on_after_an_interrupted_and_a_short_write)
{
    struct spool *spool;
    struct str view;

    ck_assert_int_eq(spool_open(NULL, folder, &spool), STATUS_OK);
    interrupted = true;
    ck_assert_int_eq(spool_add(spool, "abc", 3), STATUS_OK);
    ck_assert_int_eq(spool_add(spool, "def", 3), STATUS_OK);
    ck_assert_int_eq(spool_view(spool, &view), STATUS_OK);
    ck_assert_view(view, "abcdef");
    talloc_free(spool);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {gives_back_what_was_added,
                                  an_empty_file_is_an_empty_text,
                                  the_file_has_no_name_and_is_ours_alone,
                                  a_file_system_without_nameless_files_will_do,
                                  freeing_closes_and_unmaps,
                                  says_when_no_file_can_be_made,
                                  says_when_there_is_no_room,
                                  says_when_the_file_cannot_be_mapped,
                                  what_is_cut_off_is_gone_and_more_can_follow,
                                  goes_on_after_an_interrupted_and_a_short_write};
    Suite *suite = suite_create("spool");
    TCase *cases = tcase_create("spool");

    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(cases, tests[i]);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    suite_add_tcase(suite, cases);
    return unit_run(suite);
}
