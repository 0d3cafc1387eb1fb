/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "canned_server.h"

static const canned_answer answers[] = {{"POST /uses/_pit", 200, "{\"id\":\"p1\"}"},
                                        {"POST /cut/_pit", 500, "{\"id\":\"p2\"}"}};

typedef struct fixture {
    canned_server server;
    tide_http_settings settings;
    tide_cancel cancel;
    tide_budget budget;
    tide_http *http;
    tide_http_answer answer;
    tide_es_index index;
    tide_es_server facts;
    tide_es_slice slices[2];
    tide_es_contexts contexts;
    tide_es_snapshot_slot slot;
    uint64_t generations[2];
    bool lost;
    tide_error err;
} fixture;

static void init(fixture *f)
{
    memset(f, 0, sizeof *f);
    canned_server_start(&f->server, answers, 2);
    const char *url = f->server.url;
    tide_es_options options = {.urls = &url, .url_count = 1};
    tide_cancel_init(&f->cancel);
    tide_budget_init(&f->budget, INT64_MAX);
    assert_int_equal(tide_http_settings_init(&f->settings, &options, &f->err), TIDE_OK);
    assert_int_equal(tide_http_create(&f->settings, &f->cancel, 0, &f->http, &f->err), TIDE_OK);
    tide_http_answer_init(&f->answer, &f->budget);
    tide_es_contexts_init(&f->contexts, 1000);
    f->index = (tide_es_index){.name = "uses", .shard_count = 2};
    for (uint32_t i = 0; i < 2; i++) {
        f->slices[i] = (tide_es_slice){.index = &f->index,
                                       .server = &f->facts,
                                       .slice = i,
                                       .slice_count = 2,
                                       .page_size = 1,
                                       .keep_alive_ms = 1000};
    }
    assert_int_equal(tide_es_snapshot_init(&f->slot, 2, &f->contexts, &f->err), TIDE_OK);
}

static void clear(fixture *f)
{
    tide_es_snapshot_clear(&f->slot);
    assert_int_equal(f->contexts.open, 0);
    tide_es_contexts_clear(&f->contexts);
    tide_http_destroy(f->http);
    tide_http_answer_clear(&f->answer);
    tide_http_settings_clear(&f->settings);
    canned_server_stop(&f->server);
}

static tide_code acquire(fixture *f, uint32_t slice)
{
    f->lost = false;
    tide_error_clear(&f->err);
    tide_es_closing closing;
    tide_code code = tide_es_snapshot_acquire(&f->slot, &f->slices[slice], f->http, &f->answer,
                                              &f->generations[slice], &f->lost, &closing, &f->err);
    assert_int_equal(closing.id.size, 0);
    assert_int_equal(closing.contexts, 0);
    return code;
}

/* What was taken is held until whoever closes the PIT gives it back. */
static void close_as_readers_do(fixture *f, tide_es_closing *closing)
{
    assert_int_equal(closing->contexts, f->index.shard_count);
    assert_int_equal(f->contexts.open, f->index.shard_count);
    tide_es_contexts_give(&f->contexts, closing->contexts);
    tide_text_clear(&closing->id);
}

/* Whether the release gave the id to close. */
static bool release(fixture *f, uint32_t slice, bool ended, bool lost)
{
    tide_es_closing closing;
    int64_t before = f->contexts.open;
    tide_es_snapshot_release(&f->slot, f->generations[slice], slice, ended, lost, &closing);
    assert_int_equal(f->contexts.open, before);
    if (closing.id.size == 0) {
        assert_int_equal(closing.contexts, 0);
        return false;
    }
    close_as_readers_do(f, &closing);
    return true;
}

static bool is_alive(fixture *f, uint32_t slice)
{
    tide_text id;
    tide_text_init(&id);
    bool alive = tide_es_snapshot_id(&f->slot, f->generations[slice], &id);
    tide_text_clear(&id);
    return alive;
}

static void slices_share_one_and_the_last_closes_it(void **state)
{
    (void)state;
    fixture f;
    init(&f);
    assert_int_equal(acquire(&f, 0), TIDE_OK);
    assert_false(release(&f, 0, true, false)); /* slice 1 is still to be read */
    assert_int_equal(acquire(&f, 1), TIDE_OK);
    assert_int_equal(f.server.request_count, 1);
    assert_false(release(&f, 1, false, false)); /* failed: its next attempt needs the same one */
    assert_int_equal(acquire(&f, 1), TIDE_OK);
    assert_int_equal(f.server.request_count, 1);
    assert_true(release(&f, 1, true, false));
    clear(&f);
}

static void whoever_loses_it_loses_it_for_all(void **state)
{
    (void)state;
    fixture f;
    init(&f);
    assert_int_equal(acquire(&f, 0), TIDE_OK);
    assert_int_equal(acquire(&f, 1), TIDE_OK);
    assert_true(is_alive(&f, 0) && is_alive(&f, 1));
    assert_true(release(&f, 0, false, true));
    assert_false(is_alive(&f, 1));
    assert_int_equal(acquire(&f, 0), TIDE_OK);
    assert_int_equal(f.server.request_count, 2);
    assert_true(is_alive(&f, 0));
    assert_false(is_alive(&f, 1));             /* still of the old one */
    assert_false(release(&f, 1, true, false)); /* does not count for the new one */
    assert_false(release(&f, 0, true, false));
    assert_int_equal(acquire(&f, 1), TIDE_OK);
    assert_true(release(&f, 1, true, false));
    clear(&f);
}

/* A slice read again after all were read can't join the others' snapshot. */
static void reading_again_after_the_end_restarts_all(void **state)
{
    (void)state;
    fixture f;
    init(&f);
    assert_int_equal(acquire(&f, 0), TIDE_OK);
    assert_int_equal(acquire(&f, 1), TIDE_OK);
    assert_false(release(&f, 0, true, false));
    assert_true(release(&f, 1, true, false));
    assert_int_equal(acquire(&f, 0), TIDE_REMOTE_RETRY);
    assert_true(f.lost);
    assert_int_equal(f.generations[0], 1);
    assert_int_equal(acquire(&f, 0), TIDE_OK);
    assert_false(f.lost);
    assert_int_equal(f.generations[0], 2);
    clear(&f);
}

static void the_newest_id_is_used(void **state)
{
    (void)state;
    fixture f;
    tide_text id;
    tide_text_init(&id);
    init(&f);
    assert_int_equal(acquire(&f, 0), TIDE_OK);
    tide_es_snapshot_renew(&f.slot, f.generations[0], TIDE_STR("p2"));
    tide_es_snapshot_renew(&f.slot, f.generations[0] + 1, TIDE_STR("p3"));
    tide_es_snapshot_renew(&f.slot, f.generations[0], (tide_str){NULL, 0});
    assert_true(tide_es_snapshot_id(&f.slot, f.generations[0], &id));
    assert_string_equal(tide_text_c(&id), "p2");
    tide_text_clear(&id);
    tide_es_closing closing;
    tide_es_snapshot_abandon(&f.slot, &closing);
    assert_string_equal(tide_text_c(&closing.id), "p2");
    assert_false(is_alive(&f, 0));
    close_as_readers_do(&f, &closing);
    clear(&f);
}

/* The answer is an error and names a PIT all the same: that one counts until it is closed. */
static void one_that_was_opened_by_an_error_is_held_until_it_is_closed(void **state)
{
    (void)state;
    fixture f;
    init(&f);
    f.index.name = "cut";
    tide_es_closing closing;
    assert_int_not_equal(tide_es_snapshot_acquire(&f.slot, &f.slices[0], f.http, &f.answer,
                                                  &f.generations[0], &f.lost, &closing, &f.err),
                         TIDE_OK);
    assert_string_equal(tide_text_c(&closing.id), "p2");
    close_as_readers_do(&f, &closing);
    clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_share_one_and_the_last_closes_it),
        cmocka_unit_test(whoever_loses_it_loses_it_for_all),
        cmocka_unit_test(reading_again_after_the_end_restarts_all),
        cmocka_unit_test(the_newest_id_is_used),
        cmocka_unit_test(one_that_was_opened_by_an_error_is_held_until_it_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
