#include "ts/scope.h"

#include "unit.h"

static struct str text_of(TALLOC_CTX *mem, uint32_t scopes)
{
    struct buf b;
    buf_init(&b, mem, 1000);
    scope_write(&b, scopes);
    return buf_str(&b);
}

START_TEST(names_are_compared_whole_and_byte_for_byte)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } cases[] = {
        {"read:timesheets", SCOPE_READ},
        {"create:timesheets", SCOPE_CREATE},
        {"delete:timesheets", SCOPE_DELETE},
        {"approve:timesheets", SCOPE_APPROVE},
        {"batch:upload", SCOPE_UPLOAD},
        {"admin:timesheets", SCOPE_ADMIN},
        {"", 0},
        {"read:timesheet", 0},
        {"read:timesheetss", 0},
        {"READ:timesheets", 0},
        {"read:Timesheets", 0},
        {" read:timesheets", 0},
        {"read:timesheets ", 0},
        {"timesheets", 0},
        {"read", 0},
        {"openid", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(scope_bit(str_of(cases[i].name)) == cases[i].bit, "\"%s\"", cases[i].name);
}
END_TEST

START_TEST(a_claim_is_split_at_single_spaces)
{
    static const struct {
        const char *claim;
        uint32_t scopes;
    } cases[] = {
        {"", 0},
        {" ", 0},
        {"read:timesheets", SCOPE_READ},
        {"openid profile read:timesheets", SCOPE_READ},
        {"read:timesheets create:timesheets", SCOPE_READ | SCOPE_CREATE},
        {"read:timesheets  delete:timesheets", SCOPE_READ | SCOPE_DELETE},
        {" read:timesheets ", SCOPE_READ},
        {"read:timesheets read:timesheets", SCOPE_READ},
        {"read:timesheets,create:timesheets", 0},
        {"read:timesheets\tcreate:timesheets", 0},
        {"read:timesheets\ncreate:timesheets", 0},
        {"unread:timesheets approve:timesheets2", 0},
        {"admin:timesheets batch:upload approve:timesheets delete:timesheets create:timesheets "
         "read:timesheets",
         SCOPE_ANY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(scope_read(str_of(cases[i].claim)) == cases[i].scopes, "\"%s\"",
                      cases[i].claim);
}
END_TEST

START_TEST(every_set_is_written_as_it_is_read)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    for (uint32_t scopes = 0; scopes <= SCOPE_ANY; scopes++)
        ck_assert_uint_eq(scope_read(text_of(mem, scopes)), scopes);
    ck_assert_view(text_of(mem, 0), "");
    ck_assert_view(text_of(mem, SCOPE_APPROVE), "approve:timesheets");
    ck_assert_view(text_of(mem, SCOPE_DELETE | SCOPE_READ), "read:timesheets delete:timesheets");
    talloc_free(mem);
}
END_TEST

UNIT_MAIN("scope", names_are_compared_whole_and_byte_for_byte, a_claim_is_split_at_single_spaces,
          every_set_is_written_as_it_is_read)
