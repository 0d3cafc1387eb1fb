/* SPDX-License-Identifier: Apache-2.0 */
#include "base/problem.h"
#include "sink/csv/csv_parts.h"
#include "sink/csv/csv_pending.h"
#include "sink/csv/csv_sink.h"

typedef struct probe {
    tide_db db;
    const char *directory;
    tide_findings *findings;
    size_t pipeline_count, pending_count;
} probe;

/* What was told, a line each. */
static void add_lines(probe *p, const char *pipeline, const tide_text *pending)
{
    const char *advice = tide_arena_format(
        &p->findings->arena, "run it (`tidemill run %s`), unless it is running now", pipeline);
    const char *rest = tide_text_c(pending);
    tide_str line;
    while (tide_str_next_line(&rest, &line)) {
        tide_findings_add(p->findings, TIDE_WARNING, "files", advice, "%s: %.*s", pipeline,
                          TIDE_STR_ARG(line));
        p->pending_count++;
    }
    p->findings->lost = p->findings->lost || tide_text_failed(pending) || advice == NULL;
}

static tide_code look_at_pipeline(void *context, const tide_ledger_pipeline *row, tide_error *err)
{
    probe *p = context;
    tide_text folder;
    tide_text pending;
    tide_text_init(&folder);
    tide_text_init(&pending);
    tide_text_append_format(&folder, "%s/%s", p->directory, row->table);
    tide_csv_place place = {.db = &p->db,
                            .pipeline = row->pipeline,
                            .directory = p->directory,
                            .folder = tide_text_c(&folder),
                            .swap = row->swap};
    tide_code code = tide_text_failed(&folder) ? TIDE_FAIL_MEMORY(err, "a path")
                                               : tide_csv_tell_pending(&place, &pending, err);
    if (code == TIDE_OK) {
        add_lines(p, row->pipeline, &pending);
        p->pipeline_count++;
    }
    tide_text_clear(&pending);
    tide_text_clear(&folder);
    return code;
}

static tide_code look(probe *p, const char *path, tide_error *err)
{
    tide_db_options options = {.path = path,
                               .busy_ms = TIDE_DB_LOOK_MS,
                               .access = TIDE_DB_EXISTING,
                               .cache_kib = TIDE_DB_READ_CACHE_KIB};
    TIDE_TRY(tide_db_open(&p->db, &options, err));
    tide_code code = tide_ledger_check_version(&p->db, err);
    if (code == TIDE_OK) {
        code = tide_ledger_visit_pipelines(&p->db, look_at_pipeline, p, err);
    }
    tide_db_close(&p->db);
    return code;
}

/* Of a ledger that is locked nothing is known yet, which is no failure. */
static void tell_failure(tide_findings *findings, const tide_error *err)
{
    if (err->number == tide_problem_number(TIDE_E_DATABASE_LOCKED)) {
        tide_findings_add(findings, TIDE_WARNING, "files",
                          "a run, or another program, holds it: ask again when that has finished",
                          "not looked at: %s", err->message);
    } else {
        tide_findings_add(findings, TIDE_FAILURE, "files", tide_findings_explain(findings, err),
                          "%s", err->message);
    }
}

void tide_csv_probe(const char *directory, tide_findings *findings)
{
    probe p = {.directory = directory, .findings = findings};
    tide_error err;
    const char *path = tide_arena_format(&findings->arena, "%s/" TIDE_CSV_LEDGER, directory);
    tide_error_clear(&err);
    if (path == NULL) {
        findings->lost = true;
    } else if (!tide_db_exists(path)) {
        return;
    } else if (look(&p, path, &err) != TIDE_OK) {
        tell_failure(findings, &err);
    } else if (p.pending_count == 0) {
        tide_findings_add(findings, TIDE_FINE, "files", NULL,
                          "%zu pipeline%s written here; what is committed is in place",
                          p.pipeline_count, p.pipeline_count == 1 ? " has" : "s have");
    }
}
