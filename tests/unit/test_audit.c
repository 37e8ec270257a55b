/* src/api/audit.c: the key, and what is computed again by who verifies the trail. The seals that the
 * API makes are compared with an independent computation in test_seal. */
#include "ts/audit.h"

#include <string.h>

#include "auth_unit.h"
#include "ts/crypto.h"

static struct event sample(void)
{
    return (struct event){.person_id = 7,
                          .week = {202648},
                          .action = EVENT_ENTRY_CREATED,
                          .actor_id = 8,
                          .entry_id = 42,
                          .at = 1790000000000000,
                          .ikey = STR("0123456789abcdef"),
                          .request_hash = {1},
                          .salt = {2},
                          .before = STR("{}"),
                          .after = STR("{\"id\":42}")};
}

/* What is in a key file, and how long a key that makes; 0 = refused. */
static const struct {
    const char *name, *text;
    size_t len;
} key_files[] = {
    {"a line", "0123456789abcdef0123456789abcdef\n", 32},
    {"no line feed", "0123456789abcdef", 16},
    {"the first line counts", "0123456789abcdef\nsecond", 16},
    {"15 bytes are too few", "0123456789abcde\n", 0},
    {"an empty first line", "\n0123456789abcdef\n", 0},
    {"an empty file", "", 0},
};

START_TEST(a_key_is_the_first_line_of_its_file)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    char *path = unit_path(unit_folder(mem), "key");
    struct audit_key key = {.len = 99};

    for (size_t i = 0; i < sizeof key_files / sizeof key_files[0]; i++) {
        unit_write_file(path, str_of(key_files[i].text));
        enum status st = audit_key_read(path, &key);
        ck_assert_msg(st == (key_files[i].len > 0 ? STATUS_OK : STATUS_BAD_CONFIG), "%s: %d",
                      key_files[i].name, (int)st);
        if (st == STATUS_OK) {
            ck_assert_uint_eq(key.len, key_files[i].len);
            ck_assert_mem_eq(key.bytes, key_files[i].text, key.len);
        }
        key.len = 99;
    }
    ck_assert_int_eq(audit_key_read("/nonexistent/key", &key), STATUS_BAD_CONFIG);
    talloc_free(mem);
}
END_TEST

START_TEST(a_longer_line_counts_with_its_first_128_bytes)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    char *path = unit_path(unit_folder(mem), "key"), line[200];
    struct audit_key key;

    memset(line, 'k', sizeof line);
    unit_write_file(path, str_n(line, sizeof line));
    ck_assert_int_eq(audit_key_read(path, &key), STATUS_OK);
    ck_assert_uint_eq(key.len, AUDIT_KEY_MAX);
    talloc_free(mem);
}
END_TEST

START_TEST(the_digest_covers_salt_before_and_after)
{
    struct event events[4] = {sample(), sample(), sample(), sample()};
    uint8_t digests[5][EVENT_MAC_LEN];

    events[1].salt[15] = 1;
    events[2].before = STR("{");
    events[2].after = STR("}{\"id\":42}"); /* the same bytes, split elsewhere */
    events[3].after = STR("{\"id\":43}");
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(audit_digest(&events[i], digests[i]), STATUS_OK);
        for (int other = 0; other < i; other++)
            ck_assert_msg(memcmp(digests[i], digests[other], EVENT_MAC_LEN) != 0, "%d = %d", i,
                          other);
    }
    ck_assert_int_eq(audit_digest(&events[0], digests[4]), STATUS_OK);
    ck_assert_mem_eq(digests[4], digests[0], EVENT_MAC_LEN);
}
END_TEST

START_TEST(a_link_covers_every_part_and_the_key)
{
    struct audit_key key = {"0123456789abcdef", 16}, other_key = {"0123456789abcdeF", 16};
    struct event e[10];
    uint8_t links[11][EVENT_MAC_LEN];

    for (int i = 0; i < 10; i++)
        e[i] = sample();
    e[1].person_id++;
    e[2].week.number++;
    e[3].action = EVENT_ENTRY_EDITED;
    e[4].actor_id++;
    e[5].entry_id = 0;
    e[6].at++;
    e[7].ikey = STR("0123456789abcdeg");
    e[8].request_hash[31] = 1;
    e[9].digest[0] ^= 1;
    for (int i = 0; i < 11; i++) {
        const struct event *event = &e[i < 10 ? i : 0];
        ck_assert_int_eq(audit_link(i < 10 ? &key : &other_key, event, links[i]), STATUS_OK);
        for (int other = 0; other < i; other++)
            ck_assert_msg(memcmp(links[i], links[other], EVENT_MAC_LEN) != 0, "%d = %d", i, other);
    }
}
END_TEST

START_TEST(without_a_key_the_request_hash_does_not_count)
{
    struct audit_key key = {"0123456789abcdef", 16};
    struct event a = sample(), b = sample();
    uint8_t link_a[EVENT_MAC_LEN], link_b[EVENT_MAC_LEN];

    a.ikey = b.ikey = STR("");
    b.request_hash[0] ^= 1;
    ck_assert_int_eq(audit_link(&key, &a, link_a), STATUS_OK);
    ck_assert_int_eq(audit_link(&key, &b, link_b), STATUS_OK);
    ck_assert_mem_eq(link_a, link_b, EVENT_MAC_LEN);
}
END_TEST

/* SHA-256 of 64 zero bytes */
START_TEST(a_head_is_the_hash_of_the_head_before_and_the_link)
{
    static const uint8_t zeros[EVENT_MAC_LEN];
    static const uint8_t expected[EVENT_MAC_LEN] = {0xf5, 0xa5, 0xfd, 0x42, 0xd1, 0x6a, 0x20, 0x30,
                                                    0x27, 0x98, 0xef, 0x6e, 0xd3, 0x09, 0x97, 0x9b,
                                                    0x43, 0x00, 0x3d, 0x23, 0x20, 0xd9, 0xf0, 0xe8,
                                                    0xea, 0x98, 0x31, 0xa9, 0x27, 0x59, 0xfb, 0x4b};
    uint8_t head[EVENT_MAC_LEN] = {0};

    ck_assert_int_eq(audit_head_next(head, zeros), STATUS_OK);
    ck_assert_mem_eq(head, expected, EVENT_MAC_LEN);
    ck_assert_int_eq(audit_head_next(head, zeros), STATUS_OK);
    ck_assert(memcmp(head, expected, EVENT_MAC_LEN) != 0);
}
END_TEST

UNIT_MAIN("audit", a_key_is_the_first_line_of_its_file,
          a_longer_line_counts_with_its_first_128_bytes, the_digest_covers_salt_before_and_after,
          a_link_covers_every_part_and_the_key, without_a_key_the_request_hash_does_not_count,
          a_head_is_the_hash_of_the_head_before_and_the_link)
