/* SPDX-License-Identifier: Apache-2.0 */
/* Reads all splits of an Elasticsearch source with some threads, as the engine does, and prints the
 * rows of the attempts that reached their end, one JSON object a line; a summary goes to stderr.
 *
 *   read_elasticsearch --url URL --index NAME[,NAME] --column name:type:path ... [options]
 *
 * With --pause-after N, each thread's first attempt stops after N pages: "paused" is printed to
 * stderr, and a line from stdin lets it go on. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "source/elasticsearch/elasticsearch_source.h"

#define LIST_MAX 64
#define THREADS_MAX 64

typedef enum split_state { PENDING, RUNNING, DONE } split_state;

typedef struct split_work {
    split_state state;
    uint32_t attempts;
    uint64_t epoch; /* grows when its snapshot is lost */
    tide_text rows;
    int64_t row_count, reject_count;
} split_work;

typedef struct driver {
    tide_es_options options;
    tide_column_spec specs[LIST_MAX];
    size_t spec_count;
    unsigned thread_count;
    unsigned pause_after;
    int64_t cancel_after;
    bool check_only, fields_only, quiet;
    tide_cancel cancel;
    tide_budget budget;
    tide_source_layout layout;
    tide_source *source;
    tide_source_plan plan;
    split_work *work;
    tide_mutex mutex;
    tide_condition changed;
    size_t running;
    int64_t discarded, rows_seen;
    uint64_t byte_count;
    bool failed;
    tide_error err;
} driver;

static void die(const char *message)
{
    fprintf(stderr, "read_elasticsearch: %s\n", message);
    exit(2);
}

static void stop(driver *d, const tide_error *err)
{
    if (!d->failed) {
        d->failed = true;
        d->err = *err;
    }
    tide_cancel_raise(&d->cancel, TIDE_STOPPING);
}

static void pause_here(void)
{
    fprintf(stderr, "paused\n");
    if (getchar() == EOF) {
        die("nobody said go on");
    }
}

static void print_rows(const driver *d, const tide_read *read, tide_text *out)
{
    tide_column columns[LIST_MAX + 2];
    int64_t rows = tide_batch_row_count(&read->batch);
    tide_batch_columns(&read->batch, columns);
    for (int64_t row = 0; row < rows && !d->quiet; row++) {
        tide_row_print_json(&d->layout.schema, columns, d->layout.schema.field_count, row, out);
        tide_text_append_char(out, '\n');
    }
    for (size_t i = 0; i < read->rejects->count; i++) {
        tide_text_append(out, "{\"$reject\":");
        tide_text_append_json_string(out, tide_str_of(read->rejects->items[i].position));
        tide_text_append(out, ",\"reason\":");
        tide_text_append_json_string(out, tide_str_of(read->rejects->items[i].reason));
        tide_text_append(out, "}\n");
    }
}

/* One attempt; its rows are in work->rows if it reached its end. */
static tide_code read_split(driver *d, uint32_t number, split_work *attempt, tide_reader *flags,
                            tide_error *err)
{
    tide_reader *reader = NULL;
    tide_code code = d->source->vtable->open_reader(d->source, &d->plan, number, attempt->attempts,
                                                    &reader, err);
    if (code != TIDE_OK) {
        return code;
    }
    for (unsigned pages = 1;; pages++) {
        tide_read read;
        code = reader->vtable->next(reader, &read, err);
        if (code != TIDE_OK || read.end) {
            break;
        }
        print_rows(d, &read, &attempt->rows);
        attempt->row_count += tide_batch_row_count(&read.batch);
        attempt->reject_count += (int64_t)read.rejects->count;
        tide_mutex_lock(&d->mutex);
        d->byte_count += read.byte_count;
        d->rows_seen += tide_batch_row_count(&read.batch);
        bool enough = d->cancel_after > 0 && d->rows_seen >= d->cancel_after;
        tide_mutex_unlock(&d->mutex);
        if (enough) {
            tide_cancel_raise(&d->cancel, TIDE_STOPPING);
        }
        if (pages == d->pause_after && attempt->attempts == 1) {
            pause_here();
        }
    }
    flags->lost_snapshot = reader->lost_snapshot;
    flags->page_too_large = reader->page_too_large;
    reader->vtable->close(reader);
    return code;
}

static void reset_rows(driver *d, split_work *work)
{
    d->discarded += work->row_count + work->reject_count;
    tide_text_reset(&work->rows);
    work->row_count = work->reject_count = 0;
}

static void lose_snapshot(driver *d, uint32_t snapshot)
{
    for (size_t i = 0; i < d->plan.split_count; i++) {
        split_work *work = &d->work[i];
        if (snapshot != 0 && d->plan.splits[i].snapshot == snapshot) {
            work->epoch++;
            if (work->state == DONE) {
                reset_rows(d, work);
                work->state = PENDING;
            }
        }
    }
}

/* Holds the mutex. */
static void conclude(driver *d, uint32_t number, split_work *work, uint64_t epoch, tide_code code,
                     const tide_reader *flags, const tide_error *err)
{
    if (flags->lost_snapshot) {
        lose_snapshot(d, d->plan.splits[number].snapshot);
    }
    if (code == TIDE_OK && work->epoch == epoch) {
        work->state = DONE;
        return;
    }
    reset_rows(d, work);
    work->state = PENDING;
    bool again = code == TIDE_OK || code == TIDE_REMOTE_RETRY;
    if (!again || work->attempts >= TIDE_SPLIT_ATTEMPTS_MAX) {
        stop(d, err);
    } else if (code != TIDE_OK) {
        fprintf(stderr, "retry: %s\n", err->message);
    }
}

static bool take_split(driver *d, uint32_t *number)
{
    for (;;) {
        for (size_t i = 0; i < d->plan.split_count && !d->failed; i++) {
            if (d->work[i].state == PENDING) {
                *number = (uint32_t)i;
                return true;
            }
        }
        if (d->failed || d->running == 0) {
            return false;
        }
        tide_condition_wait(&d->changed, &d->mutex);
    }
}

static void run_thread(void *context)
{
    driver *d = context;
    uint32_t number;
    tide_mutex_lock(&d->mutex);
    while (take_split(d, &number)) {
        split_work *work = &d->work[number];
        uint64_t epoch = work->epoch;
        tide_error err;
        tide_error_clear(&err);
        tide_reader flags = {0};
        work->state = RUNNING;
        work->attempts++;
        d->running++;
        tide_mutex_unlock(&d->mutex);
        tide_code code = read_split(d, number, work, &flags, &err);
        tide_mutex_lock(&d->mutex);
        d->running--;
        conclude(d, number, work, epoch, code, &flags, &err);
        tide_condition_broadcast(&d->changed);
    }
    tide_mutex_unlock(&d->mutex);
}

static void run_threads(driver *d)
{
    tide_thread threads[THREADS_MAX];
    memset(threads, 0, sizeof threads);
    for (unsigned i = 0; i < d->thread_count; i++) {
        if (tide_thread_start(&threads[i], run_thread, d, &d->err) != TIDE_OK) {
            die(d->err.message);
        }
    }
    for (unsigned i = 0; i < d->thread_count; i++) {
        tide_thread_join(&threads[i]);
    }
}

static void print_summary(const driver *d)
{
    int64_t rows = 0, rejects = 0;
    uint32_t attempts = 0;
    for (size_t i = 0; i < d->plan.split_count; i++) {
        rows += d->work[i].row_count;
        rejects += d->work[i].reject_count;
        attempts += d->work[i].attempts;
        fputs(tide_text_c(&d->work[i].rows), stdout);
    }
    fprintf(stderr,
            "summary: {\"server\":\"%s\",\"splits\":%zu,\"members\":%zu,\"attempts\":%" PRIu32
            ",\"rows\":%" PRId64 ",\"rejects\":%" PRId64 ",\"discarded\":%" PRId64
            ",\"bytes\":%" PRIu64 ",\"peak\":%" PRId64 "}\n",
            d->plan.server, d->plan.split_count, d->plan.member_count, attempts, rows, rejects,
            d->discarded, d->byte_count, tide_budget_peak(&d->budget));
}

static void print_plan(const driver *d)
{
    for (size_t i = 0; i < d->plan.split_count; i++) {
        const tide_split *split = &d->plan.splits[i];
        fprintf(stderr, "split: %s, stable %d, snapshot %" PRIu32 "\n", split->name, split->stable,
                split->snapshot);
    }
}

static tide_code read_all(driver *d, tide_error *err)
{
    TIDE_TRY(d->source->vtable->plan(d->source, NULL, &d->plan, err));
    print_plan(d);
    d->work = tide_alloc_zero(d->plan.split_count, sizeof *d->work);
    if (d->work == NULL) {
        die("out of memory");
    }
    run_threads(d);
    if (d->failed) {
        *err = d->err;
        return err->code;
    }
    print_summary(d);
    return TIDE_OK;
}

static tide_code print_fields(driver *d, tide_error *err)
{
    tide_es_fields fields;
    tide_es_fields_init(&fields);
    tide_code code = tide_es_source_fields(d->source, &fields, err);
    for (size_t i = 0; i < fields.count; i++) {
        printf("%s %s%s%s\n", fields.items[i].path, fields.items[i].type,
               fields.items[i].other_type != NULL ? " or " : "",
               fields.items[i].other_type != NULL ? fields.items[i].other_type : "");
    }
    tide_es_fields_clear(&fields);
    return code;
}

static tide_code print_notes(driver *d, tide_error *err)
{
    tide_text notes;
    tide_text_init(&notes);
    tide_code code = d->source->vtable->check(d->source, &notes, err);
    fputs(tide_text_c(&notes), stdout);
    tide_text_clear(&notes);
    return code;
}

/* name:type:path, where path may be _id, _index, _seq_no, _version. */
static void add_column(driver *d, char *text)
{
    tide_error err;
    char *type = strchr(text, ':');
    char *path = type != NULL ? strchr(type + 1, ':') : NULL;
    if (path == NULL || d->spec_count == LIST_MAX) {
        die("--column name:type:path");
    }
    *type++ = *path++ = '\0';
    tide_column_spec *spec = &d->specs[d->spec_count++];
    spec->name = text;
    spec->path = path;
    static const struct {
        const char *name;
        tide_origin origin;
    } origins[] = {{"_id", TIDE_FROM_ID},
                   {"_index", TIDE_FROM_INDEX},
                   {"_seq_no", TIDE_FROM_SEQ_NO},
                   {"_version", TIDE_FROM_VERSION}};
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        if (strcmp(path, origins[i].name) == 0) {
            spec->origin = origins[i].origin;
        }
    }
    if (tide_type_parse(tide_str_of(type), &spec->type, &err) != TIDE_OK) {
        die(err.message);
    }
}

static size_t split_list(char *text, const char **out)
{
    size_t count = 0;
    char *rest = NULL;
    for (char *at = strtok_r(text, ",", &rest); at != NULL && count < LIST_MAX;
         at = strtok_r(NULL, ",", &rest)) {
        out[count++] = at;
    }
    return count;
}

static void read_option(driver *d, const char *name, char *value)
{
    static const char *urls[LIST_MAX], *indices[LIST_MAX];
    tide_es_options *o = &d->options;
    long number = value != NULL ? atol(value) : 0;
    if (strcmp(name, "url") == 0) {
        o->urls = urls;
        o->url_count = split_list(value, urls);
    } else if (strcmp(name, "index") == 0) {
        o->indices = indices;
        o->index_count = split_list(value, indices);
    } else if (strcmp(name, "column") == 0) {
        add_column(d, value);
    } else if (strcmp(name, "user") == 0) {
        o->user = value;
    } else if (strcmp(name, "password") == 0) {
        o->password = value;
    } else if (strcmp(name, "api-key") == 0) {
        o->api_key = value;
    } else if (strcmp(name, "bearer-token") == 0) {
        o->bearer_token = value;
    } else if (strcmp(name, "client-cert") == 0) {
        o->client_cert = value;
    } else if (strcmp(name, "client-key") == 0) {
        o->client_key = value;
    } else if (strcmp(name, "ca-file") == 0) {
        o->ca_file = value;
    } else if (strcmp(name, "query") == 0) {
        o->query = value;
    } else if (strcmp(name, "page-size") == 0) {
        o->page_size = (uint32_t)number;
    } else if (strcmp(name, "slices") == 0) {
        o->slices = (uint32_t)number;
    } else if (strcmp(name, "keep-alive-ms") == 0) {
        o->keep_alive_ms = number;
    } else if (strcmp(name, "request-timeout-ms") == 0) {
        o->request_timeout_ms = number;
    } else if (strcmp(name, "retry-pause-ms") == 0) {
        o->retry_pause_ms = number;
    } else if (strcmp(name, "answer-bytes-max") == 0) {
        o->answer_bytes_max = (size_t)number;
    } else if (strcmp(name, "threads") == 0) {
        d->thread_count = number < THREADS_MAX ? (unsigned)number : THREADS_MAX;
    } else if (strcmp(name, "pause-after") == 0) {
        d->pause_after = (unsigned)number;
    } else if (strcmp(name, "cancel-after") == 0) {
        d->cancel_after = number;
    } else if (strcmp(name, "pit") == 0) {
        o->snapshot = TIDE_ES_PIT;
    } else if (strcmp(name, "compressed") == 0) {
        o->compressed = true;
    } else if (strcmp(name, "insecure") == 0) {
        o->insecure = true;
    } else if (strcmp(name, "check") == 0) {
        d->check_only = true;
    } else if (strcmp(name, "fields") == 0) {
        d->fields_only = true;
    } else {
        d->quiet = true;
    }
}

static void read_options(driver *d, int argc, char **argv)
{
    static const struct option table[] = {
        {"url", 1, NULL, 0},
        {"index", 1, NULL, 0},
        {"column", 1, NULL, 0},
        {"user", 1, NULL, 0},
        {"password", 1, NULL, 0},
        {"api-key", 1, NULL, 0},
        {"ca-file", 1, NULL, 0},
        {"bearer-token", 1, NULL, 0},
        {"client-cert", 1, NULL, 0},
        {"client-key", 1, NULL, 0},
        {"query", 1, NULL, 0},
        {"page-size", 1, NULL, 0},
        {"slices", 1, NULL, 0},
        {"keep-alive-ms", 1, NULL, 0},
        {"request-timeout-ms", 1, NULL, 0},
        {"retry-pause-ms", 1, NULL, 0},
        {"answer-bytes-max", 1, NULL, 0},
        {"threads", 1, NULL, 0},
        {"pause-after", 1, NULL, 0},
        {"cancel-after", 1, NULL, 0},
        {"pit", 0, NULL, 0},
        {"compressed", 0, NULL, 0},
        {"insecure", 0, NULL, 0},
        {"check", 0, NULL, 0},
        {"fields", 0, NULL, 0},
        {"quiet", 0, NULL, 0},
        {NULL, 0, NULL, 0},
    };
    int index;
    int option;
    while ((option = getopt_long(argc, argv, "", table, &index)) == 0) {
        read_option(d, table[index].name, optarg);
    }
    if (option != -1) {
        die("unknown option");
    }
}

static tide_code run(driver *d, tide_error *err)
{
    tide_column_specs columns = {d->specs, d->spec_count};
    TIDE_TRY(tide_source_layout_init(&d->layout, columns, true, err));
    tide_source_options engine = {.columns = columns,
                                  .layout = &d->layout,
                                  .cancel = &d->cancel,
                                  .budget = &d->budget,
                                  .worker_count = d->thread_count};
    TIDE_TRY(tide_es_source_open(&d->options, &engine, &d->source, err));
    if (d->check_only) {
        return print_notes(d, err);
    }
    return d->fields_only ? print_fields(d, err) : read_all(d, err);
}

int main(int argc, char **argv)
{
    static driver d;
    tide_error err;
    tide_error_clear(&err);
    d.thread_count = 1;
    read_options(&d, argc, argv);
    tide_cancel_init(&d.cancel);
    tide_budget_init(&d.budget, INT64_MAX);
    tide_mutex_init(&d.mutex);
    tide_condition_init(&d.changed);
    tide_source_plan_init(&d.plan);
    tide_code code = run(&d, &err);
    if (code != TIDE_OK) {
        fprintf(stderr, "failed: %s: %s [E%d]\n", tide_code_name(code), err.message, err.number);
    }
    for (size_t i = 0; d.work != NULL && i < d.plan.split_count; i++) {
        tide_text_clear(&d.work[i].rows);
    }
    tide_free(d.work);
    if (d.source != NULL) {
        d.source->vtable->close(d.source);
    }
    tide_source_plan_clear(&d.plan);
    tide_source_layout_clear(&d.layout);
    fprintf(stderr, "budget left: %" PRId64 "\n", tide_budget_used(&d.budget));
    return code == TIDE_OK ? 0 : 1;
}
