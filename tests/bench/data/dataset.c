#include "dataset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"
#include "ts/json.h"

enum {
    PROJECTS = 60,
    PROJECTS_CLOSED = 8, /* the last ones; no work on them in the last CLOSED_WEEKS */
    CLOSED_WEEKS = 26,
    OWN_PROJECTS = 5, /* that a person usually works on */
    TEAM = 12,        /* people a manager has; the first of each team is the manager */
    DAY_ENTRIES_MAX = 4,
    WEEK_ENTRIES_MAX = WEEK_DAYS * DAY_ENTRIES_MAX,
    JSON_ROOM = 1 << 20,
    TEXT_ROOM = 64,
    LATE_WEEKS = 4 /* the last weeks, which are not all approved */
};
static const int64_t hour_us = INT64_C(3600000000), minute_us = INT64_C(60000000);

struct project_plan {
    int64_t id;
    char code[TEXT_ROOM], name[TEXT_ROOM];
    const char *customer;
};

struct person_plan {
    int64_t id, manager_id;
    char user_id[TEXT_ROOM], name[TEXT_ROOM];
    int own[OWN_PROJECTS];
};

/* What has become of a week. */
enum outcome { MISSING, DRAFT, SUBMITTED, APPROVED, REJECTED };

struct stream {
    int64_t person_id, seq;
    struct iso_week week;
    uint8_t head[EVENT_MAC_LEN];
};

struct dataset {
    const struct dataset_options *options;
    struct rows_out people, projects, weeks, entries, events;
    struct project_plan plans[PROJECTS];
    int64_t first_person, people_count;
    struct date first_monday;
    uint64_t random;
    struct buf before, after; /* of the event being written */
    bool failed;
};

/* The week being written. */
struct week_plan {
    const struct person_plan *person;
    struct date monday;
    enum outcome outcome;
    bool away; /* on holiday */
    struct stream stream;
    struct entry entries[WEEK_ENTRIES_MAX];
    int projects[WEEK_ENTRIES_MAX];
    char notes[WEEK_ENTRIES_MAX][TEXT_ROOM];
    int count;
    int64_t decided_at, decided_by;
};

/* --- chance --------------------------------------------------------------------------------------- */

/* SplitMix64 */
static uint64_t next_random(struct dataset *d)
{
    uint64_t z = d->random += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* 0..n-1 */
static int roll(struct dataset *d, int n)
{
    return (int)(next_random(d) % (uint64_t)n);
}

static void fill_random(struct dataset *d, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        uint64_t value = next_random(d);
        memcpy(out + i, &value, len - i < 8 ? len - i : 8);
    }
}

/* What a person does in a week follows from the seed and the two numbers alone, so that it can be
 * counted without being written. */
static void seed_for(struct dataset *d, int64_t number, int64_t week)
{
    d->random = (uint64_t)d->options->seed * UINT64_C(0xD1342543DE82EF95) +
                (uint64_t)number * UINT64_C(0x9FB21C651E98DF25) + (uint64_t)week;
    d->random = next_random(d);
}

/* --- events ----------------------------------------------------------------------------------------- */

/* Seals and writes an event at the end of its stream. Everything people send has a key. */
static void write_event(struct dataset *d, struct stream *stream, struct event event)
{
    char key[] = "k-0123456789abcdef0123456789abcdef";
    uint8_t random[16], mac[EVENT_MAC_LEN];

    fill_random(d, random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        (void)snprintf(key + 2 + 2 * i, 3, "%02x", random[i]);
    event.person_id = stream->person_id;
    event.week = stream->week;
    event.before = buf_str(&d->before);
    event.after = buf_str(&d->after);
    bool keyed = event.action < EVENT_PERSON_MADE;
    event.ikey = keyed ? str_of(key) : STR("");
    fill_random(d, event.request_hash, sizeof event.request_hash);
    fill_random(d, event.salt, sizeof event.salt);
    if (audit_digest(&event, event.digest) != STATUS_OK ||
        audit_link(&d->options->key, &event, event.link) != STATUS_OK ||
        audit_mac(&d->options->key, event.link, ++stream->seq, mac) != STATUS_OK ||
        audit_head_next(stream->head, event.link) != STATUS_OK || d->before.status != STATUS_OK ||
        d->after.status != STATUS_OK)
        d->failed = true;
    row_begin(&d->events);
    put_int(&d->events, event.person_id);
    put_int(&d->events, event.week.number);
    put_int(&d->events, stream->seq);
    put_int(&d->events, event.actor_id);
    put_int(&d->events, event.action);
    if (event.entry_id > 0)
        put_int(&d->events, event.entry_id);
    else
        put_null(&d->events);
    put_time(&d->events, event.at);
    put_text_or_null(&d->events, event.ikey);
    if (keyed)
        put_bytes(&d->events, event.request_hash, sizeof event.request_hash);
    else
        put_null(&d->events);
    put_bytes(&d->events, event.salt, sizeof event.salt);
    put_bytes(&d->events, event.digest, sizeof event.digest);
    put_bytes(&d->events, mac, sizeof mac);
    put_text_or_null(&d->events, event.before);
    put_text_or_null(&d->events, event.after);
    row_end(&d->events);
    d->before.len = d->after.len = 0;
}

static void write_stream(struct dataset *d, const struct stream *stream,
                         const struct week_plan *week)
{
    int64_t minutes[WEEK_DAYS] = {0}, counts[ENTRY_STATUS_COUNT] = {0};

    for (int i = 0; week != NULL && i < week->count; i++) {
        minutes[date_weekday(week->entries[i].date)] += week->entries[i].minutes;
        counts[week->entries[i].status]++;
    }
    row_begin(&d->weeks);
    put_int(&d->weeks, stream->person_id);
    put_int(&d->weeks, stream->week.number);
    for (int i = 0; i < WEEK_DAYS; i++)
        put_int(&d->weeks, minutes[i]);
    for (int i = 0; i < ENTRY_STATUS_COUNT; i++)
        put_int(&d->weeks, counts[i]);
    put_int(&d->weeks, stream->seq); /* each event came with one change of the row */
    put_int(&d->weeks, stream->seq);
    put_bytes(&d->weeks, stream->head, sizeof stream->head);
    row_end(&d->weeks);
}

/* --- projects and people ------------------------------------------------------------------------------- */

static void write_project(struct dataset *d, int number)
{
    static const char *const customers[] = {
        "Northern Ports AG", "Lakeside Railways", "St. Anna Clinic",  "Müller Bakeries",
        "City Museum",       "Zero Retail Group", "Alpine Insurance", "Delta Water Board",
        "Harbour Logistics", "Old Mill Brewery",  "Sunfield Solar",   "ABC Inc."};
    static const char *const kinds[] = {"Control system", "Web shop", "Maintenance",
                                        "Data warehouse", "Mobile app"};
    struct project_plan *plan = &d->plans[number];
    bool closed = number >= PROJECTS - PROJECTS_CLOSED;
    struct stream stream = {.person_id = plan->id, .week = {STREAM_PROJECT}};
    struct date ends = {d->options->until.days - 7 * CLOSED_WEEKS};
    struct project project = {.state = closed ? PROJECT_CLOSED : PROJECT_OPEN,
                              .starts = {DATE_NONE_DAYS},
                              .ends = {closed ? ends.days : DATE_NONE_DAYS},
                              .version = 1};

    plan->customer = customers[number % (int)(sizeof customers / sizeof customers[0])];
    (void)snprintf(plan->code, sizeof plan->code, "B%02d-%.3s", number + 1,
                   kinds[number % (int)(sizeof kinds / sizeof kinds[0])]);
    (void)snprintf(plan->name, sizeof plan->name, "%s %d",
                   kinds[number % (int)(sizeof kinds / sizeof kinds[0])], number + 1);
    for (char *c = plan->code; *c != '\0'; c++) {
        if (*c == ' ')
            *c = '-';
    }
    project.code = str_of(plan->code);
    project.name = str_of(plan->name);
    project.customer = str_of(plan->customer);
    row_begin(&d->projects);
    put_int(&d->projects, plan->id);
    put_text(&d->projects, project.code);
    put_text(&d->projects, project.name);
    put_text(&d->projects, project.customer);
    put_int(&d->projects, project.state);
    if (closed)
        put_date(&d->projects, ends);
    else
        put_null(&d->projects);
    row_end(&d->projects);
    json_write(&d->after, &project_schema, &project);
    write_event(d, &stream,
                (struct event){.action = EVENT_PROJECT_ADDED,
                               .actor_id = d->first_person,
                               .at = d->first_monday.days * 24 * hour_us});
    write_stream(d, &stream, NULL);
}

static void plan_person(struct dataset *d, int64_t number, struct person_plan *p)
{
    static const char *const given[] = {"Anna",  "Ben",  "Clara", "David", "Eva",   "Finn",
                                        "Greta", "Hugo", "Ida",   "Jonas", "Karla", "Leo",
                                        "Mia",   "Noah", "Olga",  "Paul",  "Rosa"};
    static const char *const family[] = {
        "Adler",  "Berg", "Cohen",  "Dahl",  "Engel", "Falk", "Gruber", "Huber",  "Ivers", "Jung",
        "Keller", "Lang", "Maurer", "Novak", "Ott",   "Pohl", "Roth",   "Sommer", "Thal"};
    int64_t g = number % 17, f = number / 17 % 19;
    int64_t teams = (d->people_count + TEAM - 1) / TEAM, team = number / TEAM;

    p->id = d->first_person + number;
    /* a manager's own weeks are decided by that of the next team */
    int64_t deciding = number % TEAM == 0 ? (team + 1) % teams : team;
    p->manager_id = d->first_person + deciding * TEAM;
    if (p->manager_id == p->id) /* there is one team only */
        p->manager_id = p->id + 1;
    (void)snprintf(p->name, sizeof p->name, "%s %s", given[g], family[f]);
    (void)snprintf(p->user_id, sizeof p->user_id, "bench.%04" PRId64 "@abc.example", number + 1);
    seed_for(d, number, 0);
    for (int i = 0; i < OWN_PROJECTS; i++)
        p->own[i] = roll(d, PROJECTS);
    p->own[0] = roll(d, PROJECTS - PROJECTS_CLOSED); /* one that is open */
}

static void write_person(struct dataset *d, int64_t number, const struct person_plan *p)
{
    char sub[TEXT_ROOM], employee_number[TEXT_ROOM];
    struct stream stream = {.person_id = p->id, .week = {STREAM_PERSON}};
    int64_t joined = (d->first_monday.days - 30) * 24 * hour_us;
    int64_t kind = number % 5 == 4 ? PERSON_CONTRACTOR : PERSON_EMPLOYEE;

    (void)snprintf(sub, sizeof sub, "auth0|bench-%04" PRId64, number + 1);
    (void)snprintf(employee_number, sizeof employee_number, "B%04" PRId64, number + 1);
    row_begin(&d->people);
    put_int(&d->people, p->id);
    put_text(&d->people, str_of(sub));
    put_text(&d->people, str_of(p->user_id));
    put_text(&d->people, str_of(p->user_id));
    put_text(&d->people, str_of(p->name));
    put_int(&d->people, kind);
    put_text(&d->people, str_of(employee_number));
    put_date(&d->people, d->first_monday);
    put_time(&d->people, joined);
    put_time(&d->people, joined);
    row_end(&d->people);
    buf_printf(&d->after, "{\"user_id\":\"%s\",\"name\":\"%s\",\"email\":\"%s\",\"kind\":\"%s\"}",
               p->user_id, p->name, p->user_id, person_kind_names[kind]);
    write_event(d, &stream,
                (struct event){.action = EVENT_PERSON_MADE, .actor_id = p->id, .at = joined});
    write_stream(d, &stream, NULL);
}

/* --- a week --------------------------------------------------------------------------------------------- */

/* All is decided but in the last weeks; a few old ones were forgotten. */
static enum outcome plan_outcome(struct dataset *d, int64_t age)
{
    static const int parts[LATE_WEEKS][4] = {
        /* missing, draft, submitted, rejected; the rest is approved */
        {10, 60, 30, 0},
        {12, 12, 60, 6},
        {8, 4, 40, 8},
        {5, 2, 15, 6},
    };
    int of_1000 = roll(d, 1000), sum = 0;

    if (age >= LATE_WEEKS)
        return of_1000 < 4 ? MISSING : of_1000 < 7 ? REJECTED : APPROVED;
    static const enum outcome outcomes[] = {MISSING, DRAFT, SUBMITTED, REJECTED};
    for (int i = 0; i < 4; i++) {
        sum += 10 * parts[age][i];
        if (of_1000 < sum)
            return outcomes[i];
    }
    return APPROVED;
}

static void add_entry(struct dataset *d, struct week_plan *w, int64_t number, struct date date,
                      int64_t minutes)
{
    static const char *const verbs[] = {"Review of", "Work on",   "Fix in",    "Meeting about",
                                        "Design of", "Tests for", "Release of"};
    static const char *const things[] = {"the checkout", "login",           "the import",
                                         "reports",      "the schedule",    "the search",
                                         "invoices",     "the pump, bay 4", "customer's questions"};
    int i = w->count++;
    bool open_only = date.days > d->options->until.days - 7 * CLOSED_WEEKS;
    int project = w->away ? 0 : w->person->own[roll(d, OWN_PROJECTS)];
    struct entry *e = &w->entries[i];

    if (open_only && project >= PROJECTS - PROJECTS_CLOSED)
        project = w->person->own[0];
    (void)snprintf(w->notes[i], sizeof w->notes[i], "%s %s", verbs[roll(d, 7)], things[roll(d, 9)]);
    if (w->away)
        (void)snprintf(w->notes[i], sizeof w->notes[i], "Holiday");
    else if (roll(d, 4) == 0)
        w->notes[i][0] = '\0';
    w->projects[i] = project;
    int64_t day = date.days - d->first_monday.days;
    *e = (struct entry){.id = (day * d->people_count + number) * DAY_ENTRIES_MAX + 1,
                        .person_id = w->person->id,
                        .user_id = str_of(w->person->user_id),
                        .date = date,
                        .project = str_of(d->plans[project].code),
                        .minutes = minutes,
                        .note = str_of(w->notes[i]),
                        .status = w->outcome == DRAFT ? ENTRY_DRAFT : ENTRY_SUBMITTED,
                        .version = 1,
                        .edited_by = w->person->id};
    while (i > 0 && w->entries[i - 1].id >= e->id)
        e->id = w->entries[i - 1].id + 1;
    e->created_at = date.days * 24 * hour_us + 16 * hour_us + 3 * i * minute_us +
                    roll(d, 60000) * INT64_C(1000);
    e->updated_at = e->created_at;
}

static void plan_day(struct dataset *d, struct week_plan *w, int64_t number, struct date date)
{
    static const int parts_of_20[20] = {1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4};
    int64_t left = w->away ? 480 : 420 + 15 * roll(d, 9);
    int parts = w->away ? 1 : parts_of_20[roll(d, 20)];

    if (!w->away && roll(d, 25) == 0) /* off */
        return;
    for (int part = parts; part > 0; part--) {
        int64_t most = left / part * 3 / 2 / 15 * 15;
        int64_t minutes = part == 1 ? left : 15 + 15 * roll(d, (int)(most / 15));
        add_entry(d, w, number, date, minutes);
        left -= minutes;
    }
}

static void plan_week(struct dataset *d, struct week_plan *w, int64_t number,
                      const struct person_plan *p, struct date monday)
{
    int64_t age = (d->options->until.days - monday.days) / 7;

    seed_for(d, number, monday.days);
    w->person = p;
    w->monday = monday;
    w->count = 0;
    w->outcome = plan_outcome(d, age);
    w->away = roll(d, 10) == 0;
    w->stream = (struct stream){.person_id = p->id, .week = week_of(monday)};
    w->decided_by = p->manager_id;
    w->decided_at = (monday.days + 7) * 24 * hour_us + (8 + roll(d, 9)) * hour_us +
                    roll(d, 3600) * INT64_C(1000000);
    int64_t today_end = d->options->until.days * 24 * hour_us + 24 * hour_us;
    if (w->decided_at >= today_end && (w->outcome == APPROVED || w->outcome == REJECTED))
        w->outcome = SUBMITTED; /* there was no time for a decision yet */
    for (int day = 0; day < 5 && w->outcome != MISSING; day++) {
        struct date date = {monday.days + day};
        if (date.days <= d->options->until.days)
            plan_day(d, w, number, date);
    }
}

static void write_list(struct dataset *d, struct buf *b, const struct week_plan *w)
{
    for (int i = 0; i < w->count; i++) {
        buf_add_char(b, i == 0 ? '[' : ',');
        json_write(b, &entry_schema, &w->entries[i]);
    }
    buf_add_str(b, w->count == 0 ? STR("[]") : STR("]"));
    d->failed = d->failed || b->status != STATUS_OK;
}

/* One event holds the whole week before and after. */
static void decide(struct dataset *d, struct week_plan *w)
{
    bool approved = w->outcome == APPROVED;
    char week[WEEK_TEXT_LEN];

    write_list(d, &d->before, w);
    for (int i = 0; i < w->count; i++) {
        struct entry *e = &w->entries[i];
        e->status = approved ? ENTRY_APPROVED : ENTRY_REJECTED;
        e->reason = approved ? STR("") : STR("Wrong project, please check");
        e->version++;
        e->updated_at = w->decided_at;
    }
    week_format(w->stream.week, week);
    buf_printf(&d->after,
               "{\"person_id\":%" PRId64 ",\"user_id\":\"%s\",\"week\":\"%.*s\",\"state\":\"%s\","
               "\"version\":%" PRId64 ",\"entries\":",
               w->person->id, w->person->user_id, WEEK_TEXT_LEN, week,
               approved ? "approved" : "rejected", w->stream.seq + 1);
    write_list(d, &d->after, w);
    buf_add_char(&d->after, '}');
    write_event(d, &w->stream,
                (struct event){.action = approved ? EVENT_WEEK_APPROVED : EVENT_WEEK_REJECTED,
                               .actor_id = w->decided_by,
                               .at = w->decided_at});
}

static void write_entry(struct dataset *d, const struct week_plan *w, int i)
{
    const struct entry *e = &w->entries[i];
    struct rows_out *rows = &d->entries;
    bool decided = e->status == ENTRY_APPROVED || e->status == ENTRY_REJECTED;

    row_begin(rows);
    put_int(rows, e->person_id);
    put_date(rows, e->date);
    put_int(rows, e->id);
    put_int(rows, d->plans[w->projects[i]].id);
    put_text(rows, e->project);
    put_int(rows, e->minutes);
    put_int(rows, e->status);
    put_int(rows, e->version);
    put_text(rows, e->note);
    put_text(rows, e->reason);
    put_int(rows, e->edited_by);
    if (decided) {
        put_int(rows, w->decided_by);
        put_time(rows, w->decided_at);
    } else {
        put_null(rows);
        put_null(rows);
    }
    put_time(rows, e->created_at);
    put_time(rows, e->updated_at);
    row_end(rows);
}

/* Made one by one, a few edited a little later, then decided as a whole. */
static void write_week(struct dataset *d, struct week_plan *w)
{
    for (int i = 0; i < w->count; i++) {
        struct entry *e = &w->entries[i];
        struct event event = {.action = EVENT_ENTRY_CREATED,
                              .actor_id = e->person_id,
                              .entry_id = e->id,
                              .at = e->created_at};
        bool edited = roll(d, 25) == 0;
        if (edited) { /* what it was at first */
            int64_t minutes = e->minutes;
            e->minutes = minutes > 15 ? minutes - 15 : minutes;
            json_write(&d->after, &entry_schema, e);
            write_event(d, &w->stream, event);
            json_write(&d->before, &entry_schema, e);
            e->minutes = minutes;
            e->version++;
            e->updated_at = event.at = e->created_at + minute_us;
            event.action = EVENT_ENTRY_EDITED;
        }
        json_write(&d->after, &entry_schema, e);
        write_event(d, &w->stream, event);
    }
    if (w->count > 0 && (w->outcome == APPROVED || w->outcome == REJECTED))
        decide(d, w);
    for (int i = 0; i < w->count; i++)
        write_entry(d, w, i);
    if (w->count > 0)
        write_stream(d, &w->stream, w);
}

/* --- all of it ------------------------------------------------------------------------------------------------ */

static void write_weeks(struct dataset *d, int64_t number, const struct person_plan *p)
{
    const struct dataset_options *o = d->options;
    struct week_plan week;

    for (struct date monday = d->first_monday; monday.days <= o->until.days; monday.days += 7) {
        plan_week(d, &week, number, p, monday);
        if (o->entries > 0 && d->entries.count + week.count > o->entries)
            week.count = (int)(o->entries - d->entries.count);
        write_week(d, &week);
    }
}

/* How many people it takes to write as many entries. */
static int64_t people_for(struct dataset *d, int64_t entries)
{
    struct week_plan week;
    struct person_plan person;
    int64_t people = 0;

    for (int64_t count = 0; count < entries; people++) {
        plan_person(d, people, &person);
        for (struct date monday = d->first_monday; monday.days <= d->options->until.days;
             monday.days += 7) {
            plan_week(d, &week, people, &person, monday);
            count += week.count;
        }
    }
    return people;
}

static int64_t number_of(struct sql *sql, const char *query)
{
    return sql_run(sql, str_of(query)) && sql_result(sql) != NULL ? atoll(sql_result(sql)) : -1;
}

static bool begin(struct dataset *d, TALLOC_CTX *mem, struct sql *sql)
{
    static const char people[] = "INSERT INTO person (id, sub, email, user_id, name, kind,"
                                 " employee_number, active_from, claimed_at, created_at) VALUES ";
    static const char projects[] =
        "INSERT INTO project (id, code, name, customer, state, ends_on) VALUES ";
    static const char weeks[] = "INSERT INTO week (person_id, week, d1, d2, d3, d4, d5, d6, d7,"
                                " n_draft, n_submitted, n_approved, n_rejected, version, seq, head)"
                                " VALUES ";
    static const char entries[] =
        "INSERT INTO entry (person_id, work_date, id, project_id, project_code, minutes, status,"
        " version, note, reason, edited_by, decided_by, decided_at, created_at, updated_at) VALUES ";
    static const char events[] =
        "INSERT INTO event (person_id, week, seq, actor_id, action, entry_id, at, ikey,"
        " request_hash, salt, digest, mac, before_json, after_json) VALUES ";

    rows_init(&d->people, mem, sql, people);
    rows_init(&d->projects, mem, sql, projects);
    rows_init(&d->weeks, mem, sql, weeks);
    rows_init(&d->entries, mem, sql, entries);
    rows_init(&d->events, mem, sql, events);
    buf_init(&d->before, mem, JSON_ROOM);
    buf_init(&d->after, mem, JSON_ROOM);
    if (number_of(sql, "SELECT COUNT(*) FROM person WHERE user_id LIKE 'bench.%@abc.example'") !=
        0) {
        (void)fputs("the database has such data already, or has not got the schema\n", stderr);
        return false;
    }
    d->first_person = number_of(sql, "SELECT COALESCE(MAX(id), 0) + 1 FROM person");
    int64_t first_project = number_of(sql, "SELECT COALESCE(MAX(id), 0) + 1 FROM project");
    for (int i = 0; i < PROJECTS; i++)
        d->plans[i].id = first_project + i;
    return d->first_person > 0 && first_project > 0 && sql_run(sql, STR("SET NAMES utf8mb4")) &&
           sql_run(sql, STR("SET SESSION unique_checks = 0")) &&
           sql_run(sql, STR("SET SESSION autocommit = 0"));
}

static bool flush_all(struct dataset *d, struct sql *sql)
{
    bool fine = rows_flush(&d->people) && rows_flush(&d->projects) && rows_flush(&d->weeks) &&
                rows_flush(&d->entries) && rows_flush(&d->events);
    return fine && !d->failed && sql_run(sql, STR("COMMIT"));
}

bool dataset_make(TALLOC_CTX *mem, struct sql *sql, const struct dataset_options *options,
                  struct dataset_counts *out)
{
    struct dataset d = {.options = options};
    struct date monday = week_monday(week_of(options->until));

    d.first_monday.days = monday.days - (int32_t)(options->years * 52 * 7);
    if (!begin(&d, mem, sql))
        return false;
    d.people_count = 1; /* while they are counted */
    d.people_count = options->people > 0 ? options->people : people_for(&d, options->entries);
    seed_for(&d, -1, 0);
    for (int i = 0; i < PROJECTS; i++)
        write_project(&d, i);
    for (int64_t number = 0; number < d.people_count; number++) {
        struct person_plan person;
        plan_person(&d, number, &person);
        write_person(&d, number, &person);
        write_weeks(&d, number, &person);
        if (!flush_all(&d, sql))
            return false;
        if (options->progress != NULL)
            options->progress(number + 1, d.people_count);
    }
    *out = (struct dataset_counts){d.people.count, d.projects.count, d.weeks.count, d.entries.count,
                                   d.events.count};
    return sql_run(sql, STR("SET SESSION autocommit = 1")) &&
           sql_run(sql, STR("SET SESSION unique_checks = 1"));
}
