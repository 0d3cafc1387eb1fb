/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/contexts.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "canned_server.h"
#include "source/elasticsearch/http_settings.h"

static int64_t read_limit(const char *body)
{
    const canned_answer answers[] = {{"GET /_cluster/settings", 200, body}};
    canned_server server;
    canned_server_start(&server, answers, body != NULL ? 1 : 0);
    const char *url = server.url;
    tide_es_options options = {.urls = &url, .url_count = 1, .sends_max = 1};
    tide_http_settings settings;
    tide_cancel cancel;
    tide_budget budget;
    tide_http *http;
    tide_http_answer answer;
    tide_error err;
    tide_es_contexts contexts;
    tide_error_clear(&err);
    tide_cancel_init(&cancel);
    tide_budget_init(&budget, INT64_MAX);
    assert_int_equal(tide_http_settings_init(&settings, &options, &err), TIDE_OK);
    assert_int_equal(tide_http_create(&settings, &cancel, 0, &http, &err), TIDE_OK);
    tide_http_answer_init(&answer, &budget);
    tide_es_contexts_init(&contexts, 1000);
    assert_int_equal(tide_es_contexts_read_limit(&contexts, http, &answer, &err), TIDE_OK);
    int64_t limit = contexts.open_max;
    tide_es_contexts_clear(&contexts);
    tide_http_destroy(http);
    tide_http_answer_clear(&answer);
    tide_http_settings_clear(&settings);
    canned_server_stop(&server);
    return limit;
}

static void half_of_the_limit_is_ours(void **state)
{
    (void)state;
    assert_int_equal(
        read_limit("{\"defaults\":{\"search\":{\"max_open_scroll_context\":\"500\"}}}"), 250);
    assert_int_equal(read_limit("{\"persistent\":{\"search\":{\"max_open_scroll_context\":\"40\"}},"
                                "\"transient\":{\"search\":{\"max_open_scroll_context\":\"9\"}},"
                                "\"defaults\":{\"search\":{\"max_open_pit_context\":\"300\"}}}"),
                     4);
    assert_int_equal(read_limit("{\"defaults\":{\"search\":{\"max_open_scroll_context\":\"500\","
                                "\"max_open_pit_context\":\"300\"}}}"),
                     150);
    assert_int_equal(
        read_limit("{\"persistent\":{\"search\":{\"max_open_scroll_context\":\"1\"}}}"), 1);
    assert_int_equal(read_limit("{}"), 250);
    assert_int_equal(read_limit(NULL), 250); /* forbidden */
}

static void no_more_are_taken_than_allowed(void **state)
{
    (void)state;
    tide_es_contexts contexts;
    tide_cancel cancel;
    tide_error err;
    tide_error_clear(&err);
    tide_cancel_init(&cancel);
    tide_es_contexts_init(&contexts, 1);
    contexts.open_max = 4;
    assert_int_equal(tide_es_contexts_take(&contexts, 3, &cancel, &err), TIDE_OK);
    assert_int_equal(tide_es_contexts_take(&contexts, 1, &cancel, &err), TIDE_OK);
    assert_int_equal(tide_es_contexts_take(&contexts, 1, &cancel, &err), TIDE_REMOTE_RETRY);
    assert_non_null(strstr(err.message, "4 search contexts are open"));
    assert_int_equal(contexts.open, 4);
    tide_es_contexts_give(&contexts, 3);
    assert_int_equal(tide_es_contexts_take(&contexts, 2, &cancel, &err), TIDE_OK);
    tide_es_contexts_give(&contexts, 3);
    /* What is too large by itself would wait for ever. */
    assert_int_equal(tide_es_contexts_take(&contexts, 9, &cancel, &err), TIDE_OK);
    tide_cancel_raise(&cancel, TIDE_STOP_NOW);
    assert_int_equal(tide_es_contexts_take(&contexts, 1, &cancel, &err), TIDE_CANCELLED);
    assert_int_equal(contexts.open, 9);
    tide_es_contexts_clear(&contexts);
}

typedef struct giver {
    tide_es_contexts *contexts;
    tide_atomic waiting;
} giver;

static void *take_one(void *context)
{
    giver *g = context;
    tide_cancel cancel;
    tide_error err;
    tide_cancel_init(&cancel);
    tide_error_clear(&err);
    tide_atomic_set(&g->waiting, 1);
    tide_code code = tide_es_contexts_take(g->contexts, 1, &cancel, &err);
    return code == TIDE_OK ? g : NULL;
}

static void who_waits_gets_what_is_given(void **state)
{
    (void)state;
    tide_es_contexts contexts;
    tide_es_contexts_init(&contexts, 60000);
    contexts.open_max = 1;
    contexts.open = 1;
    giver g = {.contexts = &contexts};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_one, &g), 0);
    while (tide_atomic_get(&g.waiting) == 0) {
        sched_yield();
    }
    tide_es_contexts_give(&contexts, 1);
    void *result = NULL;
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &g);
    assert_int_equal(contexts.open, 1);
    tide_es_contexts_clear(&contexts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_of_the_limit_is_ours),
        cmocka_unit_test(no_more_are_taken_than_allowed),
        cmocka_unit_test(who_waits_gets_what_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
