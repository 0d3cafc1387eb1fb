/* SPDX-License-Identifier: Apache-2.0 */
/* The whole source against a canned server: what it makes of options, answers and lack of memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "canned_server.h"
#include "source/elasticsearch/elasticsearch_source.h"

#define HITS                                                                                      \
    "{\"total\":1,\"successful\":1,\"skipped\":0,\"failed\":0},\"hits\":{\"total\":{\"value\":2," \
    "\"relation\":\"eq\"},\"max_score\":null,\"hits\":["
#define HIT(id, sort)                    \
    "{\"_index\":\"uses\",\"_id\":\"" id \
    "\",\"_score\":null,\"_source\":"    \
    "{\"a\":7},\"sort\":[" sort "]}"

static const canned_answer answers[] = {
    {"GET / ", 200, "{\"version\":{\"number\":\"8.11.0\"}}"},
    {"GET /_resolve/index/uses-app?", 200,
     "{\"indices\":[],\"aliases\":[{\"name\":\"uses-app\",\"indices\":[\"uses\"]}],"
     "\"data_streams\":[]}"},
    {"GET /_resolve/index/*", 200, "{\"indices\":[{\"name\":\"uses-2024\"}]}"},
    {"GET /_resolve/index/use-2024", 404,
     "{\"error\":{\"type\":\"index_not_found_exception\",\"reason\":\"no such index\","
     "\"index\":\"use-2024\"},\"status\":404}"},
    {"GET /_resolve/index/nought", 200, "{\"indices\":[]}"},
    {"GET /_resolve/index/shut", 200,
     "{\"indices\":[{\"name\":\"shut\",\"attributes\":[\"closed\"]}]}"},
    {"GET /_alias/uses-app", 200,
     "{\"uses\":{\"aliases\":{\"uses-app\":{\"filter\":{\"term\":{\"channel\":\"app\"}}}}}}"},
    {"GET /_cat/indices/uses", 200,
     "[{\"index\":\"uses\",\"uuid\":\"u1\",\"status\":\"open\",\"pri\":\"1\","
     "\"docs.count\":\"2\",\"pri.store.size\":\"100\"}]"},
    {"GET /uses/_mapping?", 200, "{}"},
    {"GET /uses/_mapping", 200,
     "{\"uses\":{\"mappings\":{\"properties\":{\"amount\":{\"type\":\"double\"},"
     "\"a\":{\"type\":\"keyword\"},\"o\":{\"properties\":{\"t\":{\"type\":\"date\","
     "\"format\":\"epoch_millis\"}}}}}}}"},
    {"POST /uses/_search?", 200,
     "{\"_scroll_id\":\"s1\",\"took\":1,\"timed_out\":false,\"_shards\":" HITS HIT("d1",
                                                                                   "0") "]}}"},
    {"POST /uses/_pit", 200, "{\"id\":\"p1\"}"},
    {"POST /_search/scroll", 200,
     "{\"_scroll_id\":\"s1\",\"took\":1,\"timed_out\":false,\"_shards\":" HITS HIT("d2",
                                                                                   "1") "]}}"},
    {"POST /_search?", 200,
     "{\"pit_id\":\"p1\",\"took\":1,\"timed_out\":false,\"_shards\":" HITS HIT("d1", "0") "," HIT(
         "d2", "1") "]}}"},
    {"DELETE /_search/scroll", 200, "{\"succeeded\":true}"},
    {"DELETE /_pit", 200, "{\"succeeded\":true}"},
};

typedef struct fixture {
    canned_server server;
    tide_column_spec spec;
    tide_source_layout layout;
    tide_cancel cancel;
    tide_budget budget;
    const char *urls[2];
    const char *indices[1];
    tide_es_options options;
    tide_source_options engine;
} fixture;

static void init(fixture *f)
{
    tide_error err;
    memset(f, 0, sizeof *f);
    canned_server_start(&f->server, answers, sizeof answers / sizeof answers[0]);
    f->spec = (tide_column_spec){.name = "a", .type = {.id = TIDE_INT64}, .path = "a"};
    tide_column_specs columns = {&f->spec, 1};
    assert_int_equal(tide_source_layout_init(&f->layout, columns, true, &err), TIDE_OK);
    tide_cancel_init(&f->cancel);
    tide_budget_init(&f->budget, INT64_MAX);
    f->urls[0] = f->server.url;
    f->indices[0] = "uses-app";
    f->options = (tide_es_options){.urls = f->urls,
                                   .url_count = 1,
                                   .indices = f->indices,
                                   .index_count = 1,
                                   .page_size = 1,
                                   .retry_pause_ms = 1};
    f->engine = (tide_source_options){.columns = columns,
                                      .layout = &f->layout,
                                      .cancel = &f->cancel,
                                      .budget = &f->budget,
                                      .worker_count = 1};
}

static void clear(fixture *f)
{
    assert_int_equal(tide_budget_used(&f->budget), 0);
    tide_source_layout_clear(&f->layout);
    canned_server_stop(&f->server);
}

/* Reads the one split; *rows is how many rows came before the end or the failure. */
static tide_code read_split(tide_source *source, const tide_source_plan *plan, int64_t *rows,
                            tide_reader *flags, tide_error *err)
{
    tide_reader *reader = NULL;
    tide_code code = source->vtable->open_reader(source, plan, 0, 1, &reader, err);
    if (code != TIDE_OK) {
        return code;
    }
    tide_read read = {.end = false};
    *rows = 0;
    while ((code = reader->vtable->next(reader, &read, err)) == TIDE_OK && !read.end) {
        *rows += tide_batch_row_count(&read.batch);
    }
    *flags = *reader;
    reader->vtable->close(reader);
    return code;
}

static tide_code read_all(fixture *f, int64_t *rows, tide_error *err)
{
    tide_source *source = NULL;
    tide_source_plan plan;
    tide_reader flags;
    tide_source_plan_init(&plan);
    tide_error_clear(err);
    tide_code code = tide_es_source_open(&f->options, &f->engine, &source, err);
    if (code == TIDE_OK) {
        code = source->vtable->plan(source, NULL, &plan, err);
    }
    if (code == TIDE_OK) {
        assert_int_equal(plan.split_count, 1);
        assert_string_equal(plan.members[0].identity, "u1");
        assert_string_equal(plan.server, "Elasticsearch 8.11.0");
        code = read_split(source, &plan, rows, &flags, err);
    }
    if (source != NULL) {
        source->vtable->close(source);
    }
    tide_source_plan_clear(&plan);
    return code;
}

/* The canned scroll never ends by itself: after two rows come more than were counted. */
static void more_rows_than_counted_fail_the_attempt(void **state)
{
    (void)state;
    fixture f;
    tide_error err;
    int64_t rows;
    init(&f);
    assert_int_equal(read_all(&f, &rows, &err), TIDE_REMOTE_RETRY);
    assert_int_equal(rows, 2);
    assert_non_null(strstr(err.message, f.server.url));
    assert_string_equal(f.server.last_body, "{\"scroll_id\":[\"s1\"]}");
    clear(&f);
}

static void a_point_in_time_is_read_and_closed(void **state)
{
    (void)state;
    fixture f;
    tide_error err;
    int64_t rows;
    init(&f);
    f.options.snapshot = TIDE_ES_PIT;
    f.options.page_size = 10;
    assert_int_equal(read_all(&f, &rows, &err), TIDE_OK);
    assert_int_equal(rows, 2);
    assert_string_equal(f.server.last_body, "{\"id\":\"p1\"}");
    clear(&f);
}

static void allocation_failures_unwind(void **state)
{
    (void)state;
    fixture f;
    init(&f);
    f.options.snapshot = TIDE_ES_PIT;
    f.options.page_size = 10;
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        size_t failures = 0;
        for (size_t n = 1;; n++) {
            tide_error err;
            int64_t rows = 0;
            tide_memory_fail_nth(n, for_ever);
            tide_code code = read_all(&f, &rows, &err);
            size_t made = tide_memory_fail_nth(0, 0);
            assert_int_equal(tide_budget_used(&f.budget), 0);
            if (made < n) {
                assert_int_equal(code, TIDE_OK);
                assert_int_equal(rows, 2);
                break;
            }
            failures += code != TIDE_OK;
            assert_true(code != TIDE_OK || rows == 2);
        }
        assert_true(failures > 20);
    }
    clear(&f);
}

static void expect_open_error(fixture *f, const char *words)
{
    tide_error err;
    tide_source *source = NULL;
    tide_error_clear(&err);
    assert_int_equal(tide_es_source_open(&f->options, &f->engine, &source, &err), TIDE_BAD_CONFIG);
    assert_null(source);
    assert_non_null(strstr(err.message, words));
    assert_null(strstr(err.message, "s3cret"));
}

static void options_are_checked(void **state)
{
    (void)state;
    fixture f;
    init(&f);
    f.options.page_size = 100000;
    expect_open_error(&f, "page_size");
    f.options.page_size = 0;
    f.options.slices = 5000;
    expect_open_error(&f, "slices");
    f.options.slices = 0;
    f.options.query = "{\"term\":";
    expect_open_error(&f, "the query is not a JSON object");
    f.options.query = "{\"query\":{\"match_all\":{}}}";
    expect_open_error(&f, "inside");
    f.options.query = NULL;
    f.options.index_count = 0;
    expect_open_error(&f, "index name");
    f.options.index_count = 1;
    f.options.user = "u";
    f.options.api_key = "k";
    expect_open_error(&f, "more than one of user, api_key");
    f.options.user = NULL;
    f.options.api_key = "id:key";
    expect_open_error(&f, "give its `encoded` form");
    f.options.api_key = "two\nlines";
    expect_open_error(&f, "api_key has a blank, a line break");
    f.options.api_key = NULL;
    f.options.bearer_token = "two words\n";
    expect_open_error(&f, "bearer_token has a blank");
    f.options.bearer_token = NULL;
    f.options.client_key = "key.pem";
    expect_open_error(&f, "client_key needs client_cert");
    f.options.client_key = NULL;
    f.urls[0] = "ftp://u:s3cret@host";
    expect_open_error(&f, "url 1");
    f.options.url_count = 0;
    expect_open_error(&f, "needs a url");
    clear(&f);
}

static void expect_plan_error(fixture *f, const char *index, tide_code expected, const char *words)
{
    tide_error err;
    tide_source *source = NULL;
    tide_source_plan plan;
    tide_source_plan_init(&plan);
    tide_error_clear(&err);
    f->indices[0] = index;
    assert_int_equal(tide_es_source_open(&f->options, &f->engine, &source, &err), TIDE_OK);
    assert_int_equal(source->vtable->plan(source, NULL, &plan, &err), expected);
    assert_non_null(strstr(err.message, words));
    assert_null(strstr(err.message, "s3cret"));
    source->vtable->close(source);
    tide_source_plan_clear(&plan);
}

static void names_that_lead_nowhere_are_named(void **state)
{
    (void)state;
    fixture f;
    char url[128];
    init(&f);
    expect_plan_error(&f, "use-2024", TIDE_BAD_CONFIG, "did you mean `uses-2024`");
    expect_plan_error(&f, "nought", TIDE_BAD_CONFIG, "no index, alias or data stream `nought`");
    expect_plan_error(&f, "shut", TIDE_BAD_CONFIG, "index `shut` is closed");
    expect_plan_error(&f, "other:uses", TIDE_BAD_CONFIG, "other clusters");
    snprintf(url, sizeof url, "http://reader:s3cret@127.0.0.1:1");
    f.urls[0] = url;
    expect_plan_error(&f, "uses-app", TIDE_REMOTE_RETRY, "http://127.0.0.1:1:");
    clear(&f);
}

static void the_next_url_is_tried_where_one_is_dead(void **state)
{
    (void)state;
    fixture f;
    tide_error err;
    int64_t rows;
    init(&f);
    f.options.snapshot = TIDE_ES_PIT;
    f.options.page_size = 10;
    f.urls[0] = "http://127.0.0.1:1";
    f.urls[1] = f.server.url;
    f.options.url_count = 2;
    assert_int_equal(read_all(&f, &rows, &err), TIDE_OK);
    assert_int_equal(rows, 2);
    clear(&f);
}

static void a_resume_wants_the_same_indices(void **state)
{
    (void)state;
    static const struct {
        tide_member member;
        tide_code code;
        const char *words;
    } cases[] = {
        {{.name = "uses", .identity = "u1"}, TIDE_OK, ""},
        {{.name = "uses", .identity = "u0"}, TIDE_BAD_DATA, "made anew"},
        {{.name = "gone", .identity = "u1"}, TIDE_BAD_DATA, "`gone`"},
    };
    fixture f;
    init(&f);
    for (size_t i = 0; i < 3; i++) {
        tide_error err;
        tide_source *source = NULL;
        tide_source_plan plan;
        tide_source_plan_init(&plan);
        tide_error_clear(&err);
        assert_int_equal(tide_es_source_open(&f.options, &f.engine, &source, &err), TIDE_OK);
        tide_plan_request request = {.pinned = &cases[i].member, .pinned_count = 1};
        assert_int_equal(source->vtable->plan(source, &request, &plan, &err), cases[i].code);
        assert_non_null(strstr(err.message, cases[i].words));
        source->vtable->close(source);
        tide_source_plan_clear(&plan);
    }
    clear(&f);
}

static void check_compares_columns_with_mappings(void **state)
{
    (void)state;
    fixture f;
    tide_error err;
    tide_source *source = NULL;
    tide_text notes;
    tide_text_init(&notes);
    tide_error_clear(&err);
    init(&f);
    f.options.user = "reader";
    f.options.password = "s3cret";
    assert_int_equal(tide_es_source_open(&f.options, &f.engine, &source, &err), TIDE_OK);
    assert_int_equal(source->vtable->check(source, &notes, &err), TIDE_OK);
    assert_non_null(strstr(tide_text_c(&notes), "column a is int64, but `a` is mapped as keyword"));
    assert_non_null(strstr(tide_text_c(&notes), "unencrypted"));
    assert_null(strstr(tide_text_c(&notes), "s3cret"));
    tide_text_reset(&notes);
    f.spec.path = "amoun";
    assert_int_equal(source->vtable->check(source, &notes, &err), TIDE_OK);
    assert_non_null(strstr(tide_text_c(&notes), "did you mean `amount`"));
    tide_es_fields fields;
    tide_es_fields_init(&fields);
    assert_int_equal(tide_es_source_fields(source, &fields, &err), TIDE_OK);
    assert_int_equal(fields.count, 4);
    assert_string_equal(fields.items[3].path, "o.t");
    assert_string_equal(fields.items[3].format, "epoch_millis");
    tide_es_fields_clear(&fields);
    source->vtable->close(source);
    tide_text_clear(&notes);
    clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_rows_than_counted_fail_the_attempt),
        cmocka_unit_test(a_point_in_time_is_read_and_closed),
        cmocka_unit_test(allocation_failures_unwind),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(names_that_lead_nowhere_are_named),
        cmocka_unit_test(the_next_url_is_tried_where_one_is_dead),
        cmocka_unit_test(a_resume_wants_the_same_indices),
        cmocka_unit_test(check_compares_columns_with_mappings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
