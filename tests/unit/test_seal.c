/* src/api/seal.c: keys of writes and seals of events. */
#include "../../src/api/api_priv.h"
#include "ts/crypto.h"
#include "unit.h"

static struct event sample(void)
{
    return (struct event){.person_id = 7,
                          .week = {202648},
                          .action = EVENT_ENTRY_CREATED,
                          .entry_id = 42,
                          .at = 1790000000000000,
                          .before = STR(""),
                          .after = STR("{\"id\":42}")};
}

static struct api api = {.audit_key = {"0123456789abcdef0123456789abcdef", 32}};

/* The link again, from what would be in the database, as a checker does it. */
static void expected_link(const struct event *e, uint8_t out[SHA256_LEN])
{
    const int64_t numbers[] = {e->person_id, e->week.number, e->action,
                               e->actor_id,  e->entry_id,    e->at};
    uint8_t fixed[48];

    for (int i = 0; i < 6; i++) {
        for (int b = 0; b < 8; b++)
            fixed[8 * i + b] = (uint8_t)((uint64_t)numbers[i] >> (56 - 8 * b));
    }
    const struct str parts[] = {
        str_n((char *)fixed, sizeof fixed), e->ikey,
        str_n((const char *)e->request_hash, e->ikey.len > 0 ? REQUEST_HASH_LEN : 0),
        str_n((const char *)e->digest, EVENT_MAC_LEN)};
    ck_assert_int_eq(
        crypto_hmac(str_n((const char *)api.audit_key.bytes, api.audit_key.len), parts, 4, out),
        STATUS_OK);
}

START_TEST(a_seal_covers_what_is_stored)
{
    struct write_key key = {
        .actor_id = 7, .key = STR("0123456789abcdef"), .request_hash = {1, 2, 3}};
    struct event e = sample();
    uint8_t mac[SHA256_LEN], digest[SHA256_LEN];

    ck_assert_int_eq(event_seal(&api, &key, &e), STATUS_OK);
    ck_assert_int_eq(e.actor_id, 7);
    ck_assert_view(e.ikey, "0123456789abcdef");
    const struct str payload[] = {str_n((const char *)e.salt, EVENT_SALT_LEN), e.before, e.after};
    ck_assert_int_eq(crypto_sha256(payload, 3, 1, digest), STATUS_OK);
    ck_assert_mem_eq(digest, e.digest, SHA256_LEN);
    expected_link(&e, mac);
    ck_assert_mem_eq(mac, e.link, SHA256_LEN);
}
END_TEST

START_TEST(a_change_of_any_part_changes_the_seal)
{
    struct write_key key = {.actor_id = 7};
    struct event e = sample();
    uint8_t mac[SHA256_LEN];

    ck_assert_int_eq(event_seal(&api, &key, &e), STATUS_OK);
    for (int part = 0; part < 8; part++) {
        struct event other = e;
        switch (part) {
        case 0:
            other.person_id++;
            break;
        case 1:
            other.week.number++;
            break;
        case 2:
            other.action = EVENT_ENTRY_EDITED;
            break;
        case 3:
            other.actor_id++;
            break;
        case 4:
            other.entry_id++;
            break;
        case 5:
            other.at++;
            break;
        case 6:
            other.digest[31] ^= 1;
            break;
        default:
            other.ikey = STR("0123456789abcdef");
            break;
        }
        expected_link(&other, mac);
        ck_assert_msg(memcmp(mac, e.link, SHA256_LEN) != 0, "part %d is not covered", part);
    }
}
END_TEST

START_TEST(the_mac_is_of_the_number_and_the_link)
{
    struct write_key key = {.actor_id = 7};
    struct event e = sample();
    uint8_t macs[3][SHA256_LEN], expected[SHA256_LEN];
    const uint8_t two[8] = {0, 0, 0, 0, 0, 0, 0, 2};

    ck_assert_int_eq(event_seal(&api, &key, &e), STATUS_OK);
    for (int64_t seq = 1; seq <= 3; seq++)
        ck_assert_int_eq(event_mac(&api, &e, seq, macs[seq - 1]), STATUS_OK);
    const struct str parts[] = {str_n((const char *)two, sizeof two),
                                str_n((const char *)e.link, sizeof e.link)};
    ck_assert_int_eq(crypto_hmac(str_n((const char *)api.audit_key.bytes, api.audit_key.len), parts,
                                 2, expected),
                     STATUS_OK);
    ck_assert_mem_eq(macs[1], expected, SHA256_LEN);
    ck_assert(memcmp(macs[0], macs[1], SHA256_LEN) != 0);
    ck_assert(memcmp(macs[2], macs[1], SHA256_LEN) != 0);
}
END_TEST

START_TEST(two_seals_of_one_payload_differ_by_their_salt)
{
    struct write_key key = {.actor_id = 7};
    struct event a = sample(), b = sample();

    ck_assert_int_eq(event_seal(&api, &key, &a), STATUS_OK);
    ck_assert_int_eq(event_seal(&api, &key, &b), STATUS_OK);
    ck_assert(memcmp(a.digest, b.digest, SHA256_LEN) != 0);
}
END_TEST

static enum status read_key(TALLOC_CTX *mem, const char *method, const char *path,
                            const char *query, const char *body, const char *header,
                            struct write_key *out)
{
    struct http_request request = {.method_text = str_of(method),
                                   .path = str_of(path),
                                   .query = str_of(query),
                                   .body = str_of(body),
                                   .idempotency_key = str_of(header)};
    struct call call = {.mem = mem, .request = &request};
    const struct principal who = {.person_id = 3, .actor_id = 3};

    faults_init(&call.faults, mem);
    return write_key(&call, &who, out);
}

START_TEST(a_key_is_bound_to_its_request)
{
    const char *good = "0123456789abcdef";
    TALLOC_CTX *mem = talloc_new(NULL);
    struct write_key a, b;

    ck_assert_int_eq(read_key(mem, "POST", "/api/t", "", "{}", good, &a), STATUS_OK);
    ck_assert_int_eq(a.actor_id, 3);
    ck_assert_int_eq(read_key(mem, "POST", "/api/t", "", "{}", good, &b), STATUS_OK);
    ck_assert_mem_eq(a.request_hash, b.request_hash, REQUEST_HASH_LEN);
    static const char *const others[][4] = {{"PATCH", "/api/t", "", "{}"},
                                            {"POST", "/api/u", "", "{}"},
                                            {"POST", "/api/t", "a=1", "{}"},
                                            {"POST", "/api/t", "", "{ }"},
                                            {"POST", "/api/t{", "", "}"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_int_eq(
            read_key(mem, others[i][0], others[i][1], others[i][2], others[i][3], good, &b),
            STATUS_OK);
        ck_assert_msg(memcmp(a.request_hash, b.request_hash, REQUEST_HASH_LEN) != 0,
                      "request %zu has the same hash", i);
    }
    talloc_free(mem);
}
END_TEST

START_TEST(no_key_is_fine_and_a_malformed_one_is_not)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct write_key key;

    ck_assert_int_eq(read_key(mem, "POST", "/", "", "", "", &key), STATUS_OK);
    ck_assert_uint_eq(key.key.len, 0);
    ck_assert_int_eq(read_key(mem, "POST", "/", "", "", "short", &key), STATUS_BAD_REQUEST);
    ck_assert_int_eq(read_key(mem, "POST", "/", "", "", "0123456789abcde!", &key),
                     STATUS_BAD_REQUEST);
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("seal", a_seal_covers_what_is_stored, a_change_of_any_part_changes_the_seal,
          the_mac_is_of_the_number_and_the_link, two_seals_of_one_payload_differ_by_their_salt,
          a_key_is_bound_to_its_request, no_key_is_fine_and_a_malformed_one_is_not)
