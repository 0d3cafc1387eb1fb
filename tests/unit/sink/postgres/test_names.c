/* SPDX-License-Identifier: Apache-2.0 */
/* Names, quoting, the process that holds a lease, and opening with every allocation failing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "sink/postgres/holder.h"
#include "sink/postgres/names.h"
#include "sink/postgres/postgres_sink.h"

static tide_schema make_schema(void)
{
    tide_schema schema;
    tide_error err;
    tide_schema_init(&schema);
    assert_int_equal(tide_schema_add(&schema, "a\"b", (tide_type){.id = TIDE_TEXT}, false, &err),
                     TIDE_OK);
    return schema;
}

static void names_are_quoted_and_qualified(void **state)
{
    (void)state;
    tide_error err;
    tide_schema schema = make_schema();
    tide_target target = {.pipeline = "p q", .table = "S.t\"x", .output = &schema, .staged = true};
    tide_pg_names names;
    assert_int_equal(tide_pg_names_init(&names, &target, &err), TIDE_OK);
    assert_int_equal(tide_pg_names_resolve(&names, &target, "public", &err), TIDE_OK);
    assert_string_equal(names.target, "\"S\".\"t\"\"x\"");
    assert_string_equal(names.rejects, "\"S\".\"t\"\"x_rejects\"");
    assert_string_equal(names.staging, "\"S\".\"tidemill_staged_p q\"");
    assert_string_equal(names.columns, "\"a\"\"b\"");
    assert_string_equal(names.label, "p_q");
    assert_null(names.state);
    tide_pg_names_clear(&names);
    target.table = "t";
    assert_int_equal(tide_pg_names_init(&names, &target, &err), TIDE_OK);
    assert_int_equal(tide_pg_names_resolve(&names, &target, "", &err), TIDE_BAD_CONFIG);
    assert_int_equal(tide_pg_names_resolve(&names, &target, "pub", &err), TIDE_OK);
    assert_string_equal(names.lease, "\"pub\".\"tidemill_lease\"");
    tide_pg_names_clear(&names);
    target.table = "bad\xff";
    assert_int_equal(tide_pg_names_init(&names, &target, &err), TIDE_BAD_CONFIG);
    tide_schema_clear(&schema);
}

static void a_holder_is_dead_only_when_that_is_certain(void **state)
{
    (void)state;
    char self[TIDE_PG_HOLDER_BYTES];
    char other[TIDE_PG_HOLDER_BYTES];
    tide_pg_holder_print(self, sizeof self);
    assert_false(tide_pg_holder_is_dead(self));
    assert_false(tide_pg_holder_is_dead(""));
    assert_false(tide_pg_holder_is_dead("host=x"));
    const char *pid = strstr(self, " pid=");
    const char *start = strstr(self, " start=");
    const char *boot = strstr(self, " boot=");
    const char *space = strstr(self, " pidns=");
    /* Another start time: the pid is somebody else's now. */
    snprintf(other, sizeof other, "%.*s start=1%s", (int)(start - self), self, boot);
    assert_true(tide_pg_holder_is_dead(other));
    /* The same on another boot, or in another pid namespace: nothing is known. */
    snprintf(other, sizeof other, "%.*s start=1 boot=0%s", (int)(start - self), self, space);
    assert_false(tide_pg_holder_is_dead(other));
    snprintf(other, sizeof other, "%.*s start=1%.*s pidns=1", (int)(start - self), self,
             (int)(space - boot), boot);
    assert_false(tide_pg_holder_is_dead(other));
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    snprintf(other, sizeof other, "%.*s pid=%d%s", (int)(pid - self), self, (int)child, start);
    assert_true(tide_pg_holder_is_dead(other)); /* a zombie */
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(tide_pg_holder_is_dead(other)); /* gone */
}

static void open_ends_clean_at_every_failed_allocation(void **state)
{
    (void)state;
    tide_error err;
    tide_schema schema = make_schema();
    tide_target target = {.pipeline = "p", .table = "s.t", .output = &schema, .staged = true};
    tide_postgres_options options = {.conninfo = "host=127.0.0.1 password=x", .connection = "w"};
    for (size_t nth = 1; nth < 1000; nth++) {
        tide_sink *sink = NULL;
        (void)tide_memory_fail_nth(nth, 0);
        tide_code code = tide_postgres_sink_open(&options, &target, &sink, &err);
        bool failed = tide_memory_fail_nth(0, 0) >= nth;
        assert_int_equal(code, failed ? TIDE_OUT_OF_MEMORY : TIDE_OK);
        if (code == TIDE_OK) {
            assert_string_equal(sink->kind, "postgres");
            sink->vtable->close(sink);
            tide_schema_clear(&schema);
            return;
        }
    }
    fail_msg("it never ended");
}

static void a_connection_string_that_can_not_be_parsed_is_not_repeated(void **state)
{
    (void)state;
    tide_error err;
    tide_schema schema = make_schema();
    tide_target target = {.pipeline = "p", .table = "t", .output = &schema};
    tide_sink *sink;
    static const char *const wrong[] = {"password=secret secret", "postgresql://u:secret@[::1",
                                        "secret"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tide_postgres_options options = {.conninfo = wrong[i]};
        assert_int_equal(tide_postgres_sink_open(&options, &target, &sink, &err), TIDE_BAD_CONFIG);
        assert_null(strstr(err.message, "secret"));
        assert_int_equal(err.side, TIDE_SIDE_SINK);
    }
    tide_schema_clear(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_quoted_and_qualified),
        cmocka_unit_test(a_holder_is_dead_only_when_that_is_certain),
        cmocka_unit_test(open_ends_clean_at_every_failed_allocation),
        cmocka_unit_test(a_connection_string_that_can_not_be_parsed_is_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
