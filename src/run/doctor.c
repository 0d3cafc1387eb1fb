/* SPDX-License-Identifier: Apache-2.0 */
#include "run/doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timex.h>

#include "run/connect.h"
#include "run/metrics.h"
#include "sink/csv/csv_sink.h"

/* A run holds a connection and a file or two for each worker, and some of its own. */
#define OPEN_FILES_MIN 256
/* Of pipelines that use a connection. */
#define NAMES_SHOWN_MAX 5

static void look_at_resources(tide_findings *findings)
{
    tide_findings_add(findings, TIDE_FINE, "cores", NULL, "%u", tide_cores_available());
    tide_findings_add(findings, TIDE_FINE, "memory", NULL,
                      "%.1f GB, of which a run takes %.1f GB unless --memory says otherwise",
                      (double)tide_memory_available() / 1e9, (double)tide_memory_default() / 1e9);
}

static void look_at_limits(tide_findings *findings)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        bool few = files.rlim_cur < OPEN_FILES_MIN;
        tide_findings_add(findings, few ? TIDE_WARNING : TIDE_FINE, "open files",
                          few ? "raise the limit (`ulimit -n 1024`)" : NULL, "%" PRIu64 " allowed",
                          (uint64_t)files.rlim_cur);
    }
    struct rlimit size;
    if (getrlimit(RLIMIT_FSIZE, &size) == 0 && size.rlim_cur != RLIM_INFINITY) {
        tide_findings_add(findings, TIDE_WARNING, "file size",
                          "lift the limit (`ulimit -f unlimited`): output and spilled rows may be "
                          "larger",
                          "files may have at most %" PRIu64 " bytes", (uint64_t)size.rlim_cur);
    }
    struct rlimit space;
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
        tide_findings_add(findings, TIDE_WARNING, "address space",
                          "lift the limit (`ulimit -v unlimited`) and bound memory by --memory or "
                          "a cgroup: address space is not memory",
                          "at most %" PRIu64 " bytes", (uint64_t)space.rlim_cur);
    }
}

static void look_at_clock(tide_findings *findings)
{
    struct timex clock = {0};
    int state = adjtimex(&clock);
    if (state < 0) {
        return;
    }
    bool kept = state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
    tide_findings_add(findings, kept ? TIDE_FINE : TIDE_WARNING, "clock",
                      kept ? NULL
                           : "run a time service (chrony, systemd-timesyncd): the horizon of a run "
                             "is this machine's time",
                      kept ? "kept by a time service" : "no time service keeps it");
}

void tide_doctor_machine(tide_findings *findings, const char *spill_directory)
{
    findings->subject = "machine";
    look_at_resources(findings);
    look_at_limits(findings);
    look_at_clock(findings);
    findings->subject = "spill";
    tide_doctor_directory(findings, tide_spill_directory(spill_directory), false);
}

static bool is_there(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0;
}

/* Of a path: what stands before its last slash. */
static const char *parent_of(tide_findings *findings, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return ".";
    }
    size_t size = slash == path ? 1 : (size_t)(slash - path);
    return tide_arena_copy_str(&findings->arena, (tide_str){path, size});
}

static void look_at_sqlite(tide_findings *findings, const char *path)
{
    const char *directory = parent_of(findings, path);
    if (directory == NULL) {
        findings->lost = true;
        return;
    }
    tide_findings_add(findings, TIDE_FINE, "file", NULL, "%s %s", path,
                      is_there(path) ? "is there" : "will be created");
    tide_doctor_directory(findings, directory, true);
}

static void look_at_csv(tide_findings *findings, const char *directory)
{
    const char *looked_at = is_there(directory) ? directory : parent_of(findings, directory);
    if (looked_at == NULL) {
        findings->lost = true;
        return;
    }
    if (looked_at != directory) {
        tide_findings_add(findings, TIDE_FINE, "directory", NULL, "%s will be created", directory);
    }
    tide_doctor_directory(findings, looked_at, true);
    tide_csv_probe(directory, findings);
}

static void look_at_connection(tide_findings *findings, const tide_project *project,
                               const tide_connection *connection, const tide_cancel *cancel)
{
    char path[4096];
    tide_es_options es;
    tide_postgres_options postgres;
    switch (connection->kind) {
        case TIDE_CONNECTION_ELASTICSEARCH:
            es = tide_es_options_of(connection);
            tide_es_probe(&es, cancel, findings);
            break;
        case TIDE_CONNECTION_POSTGRES:
            postgres = tide_postgres_options_of(connection);
            tide_pg_probe(&postgres, findings);
            break;
        case TIDE_CONNECTION_SQLITE:
            look_at_sqlite(findings, tide_project_resolve(project, connection->hosts.items[0], path,
                                                          sizeof path));
            break;
        case TIDE_CONNECTION_CSV:
            look_at_csv(findings, tide_project_resolve(project, connection->hosts.items[0], path,
                                                       sizeof path));
            break;
    }
}

/* What depends on it: "PostgreSQL, written by 7 pipelines: a, b, c, d, e, ...". */
static void tell_use(tide_findings *findings, const tide_project *project,
                     const tide_connection *connection)
{
    static const char *const kinds[] = {[TIDE_CONNECTION_ELASTICSEARCH] = "Elasticsearch",
                                        [TIDE_CONNECTION_POSTGRES] = "PostgreSQL",
                                        [TIDE_CONNECTION_SQLITE] = "SQLite",
                                        [TIDE_CONNECTION_CSV] = "CSV"};
    bool is_read = connection->kind == TIDE_CONNECTION_ELASTICSEARCH;
    size_t count = 0;
    tide_text names;
    tide_text_init(&names);
    for (size_t i = 0; i < project->pipeline_count; i++) {
        const tide_pipeline_config *pipeline = &project->pipelines[i];
        if (pipeline->source.connection != connection && pipeline->sink.connection != connection) {
            continue;
        }
        if (count++ < NAMES_SHOWN_MAX) {
            tide_text_append_format(&names, "%s%s", count > 1 ? ", " : "", pipeline->name);
        }
    }
    if (count == 0) {
        tide_findings_add(findings, TIDE_FINE, "use", NULL, "%s, used by no pipeline",
                          kinds[connection->kind]);
    } else {
        tide_findings_add(findings, TIDE_FINE, "use", NULL, "%s, %s by %zu pipeline%s: %s%s",
                          kinds[connection->kind], is_read ? "read" : "written", count,
                          count == 1 ? "" : "s", tide_text_c(&names),
                          count > NAMES_SHOWN_MAX ? ", ..." : "");
    }
    findings->lost = findings->lost || tide_text_failed(&names);
    tide_text_clear(&names);
}

void tide_doctor_connection(tide_findings *findings, const tide_project *project, size_t i,
                            const tide_cancel *cancel)
{
    const tide_connection *connection = &project->connections[i];
    findings->subject = connection->name;
    if (connection->is_sound) {
        tell_use(findings, project, connection);
        look_at_connection(findings, project, connection, cancel);
    } else {
        tide_findings_add(findings, TIDE_FAILURE, "file",
                          "mend what `project` tells of it, and ask again",
                          "not looked at: what %s says of it in line %d is wrong", project->path,
                          connection->mark.line);
    }
}
