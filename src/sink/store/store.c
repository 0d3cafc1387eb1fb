/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/store.h"

#include <string.h>
#include <sys/random.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/problem.h"
#include "flow/table_names.h"
#include "sink/store/lease.h"
#include "sink/store/sql.h"

bool tide_store_is_staged(const tide_store *store)
{
    return store->staged_table != NULL;
}

/* "<prefix><name><suffix>", which must not be cut anywhere: the same names are used in PostgreSQL.
 */
static tide_code make_name(tide_store *store, const char *prefix, const char *name,
                           const char *suffix, const char **out, tide_error *err)
{
    char *made = tide_arena_format(&store->names, "%s%s%s", prefix, name, suffix);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "names of tables");
    }
    if (name[0] == '\0' || strlen(made) > TIDE_IDENTIFIER_BYTES_MAX) {
        return TIDE_FAIL(err, TIDE_E_NAME,
                         "the generated name `%s` has %zu bytes; %d are allowed: choose a shorter "
                         "name for the %s",
                         made, strlen(made), TIDE_IDENTIFIER_BYTES_MAX,
                         prefix[0] == '\0' ? "table" : "pipeline");
    }
    *out = made;
    return TIDE_OK;
}

static tide_code make_names(tide_store *store, tide_error *err)
{
    const tide_target *target = store->target;
    bool staged = target->mode == TIDE_REPLACE || (target->staged && target->mode == TIDE_APPEND);
    TIDE_TRY(make_name(store, "", target->table, TIDE_REJECTS_SUFFIX, &store->rejects_table, err));
    bool has_late =
        target->state != NULL && target->mode != TIDE_REPLACE; /* there nothing is late */
    if (has_late && target->late != NULL && target->late->field_count > 0) {
        TIDE_TRY(make_name(store, "", target->table, TIDE_LATE_SUFFIX, &store->late_table, err));
    }
    if (target->state != NULL) {
        TIDE_TRY(
            make_name(store, TIDE_STATE_PREFIX, target->pipeline, "", &store->state_table, err));
    }
    if (staged) {
        TIDE_TRY(
            make_name(store, TIDE_STAGED_PREFIX, target->pipeline, "", &store->staged_table, err));
    }
    if (staged && target->state != NULL) {
        TIDE_TRY(make_name(store, TIDE_STAGED_STATE_PREFIX, target->pipeline, "",
                           &store->staged_state, err));
    }
    return TIDE_OK;
}

tide_code tide_store_open(tide_store *store, const tide_store_options *options,
                          const tide_target *target, tide_error *err)
{
    memset(store, 0, sizeof *store);
    store->target = target;
    store->busy_ms = options->busy_ms;
    tide_mutex_init(&store->lock);
    tide_mutex_init(&store->renewal.mutex);
    tide_condition_init(&store->renewal.stop_asked);
    tide_arena_init(&store->names);
    store->path = tide_copy_string(options->path);
    tide_code code = store->path == NULL ? TIDE_FAIL_MEMORY(err, "the path of a database")
                                         : make_names(store, err);
    if (code != TIDE_OK) {
        tide_store_close(store);
    }
    return code;
}

void tide_store_clear_writers(tide_store *store)
{
    tide_row_writer_clear(&store->state_writer);
    tide_row_writer_clear(&store->late_writer);
}

/* What can't be done when closing is left to the next run, which sees that this process is gone. */
static void release_lease(tide_store *store)
{
    tide_error ignored;
    tide_error_clear(&ignored);
    if (store->epoch != 0 && store->db.handle != NULL &&
        tide_db_execute(&store->db, "BEGIN IMMEDIATE", &ignored) == TIDE_OK) {
        bool released = tide_lease_release(&store->db, store->target->pipeline, store->epoch,
                                           &ignored) == TIDE_OK;
        if (tide_db_execute(&store->db, released ? "COMMIT" : "ROLLBACK", &ignored) != TIDE_OK) {
            (void)sqlite3_exec(store->db.handle, "ROLLBACK", NULL, NULL, NULL);
        }
    }
    store->epoch = 0;
}

void tide_store_close(tide_store *store)
{
    tide_store_clear_writers(store);
    tide_store_renewal_stop(store);
    release_lease(store);
    tide_db_close(&store->db);
    tide_arena_clear(&store->names);
    tide_condition_clear(&store->renewal.stop_asked);
    tide_mutex_clear(&store->renewal.mutex);
    tide_mutex_clear(&store->lock);
    tide_free(store->path);
    store->path = NULL;
}

static tide_code open_db(const tide_store *store, tide_db *db, tide_db_access access, int cache_kib,
                         tide_error *err)
{
    tide_db_options options = {
        .path = store->path,
        .busy_ms = store->target->looks_only ? TIDE_DB_LOOK_MS : store->busy_ms,
        .cancel = store->target->cancel,
        .access = access,
        .cache_kib = cache_kib,
        .batch_bytes = store->target->batch_bytes,
    };
    return tide_db_open(db, &options, err);
}

tide_code tide_store_open_reader(const tide_store *store, tide_db *db, tide_error *err)
{
    return open_db(store, db, TIDE_DB_EXISTING, TIDE_DB_READ_CACHE_KIB, err);
}

static int write_cache_kib(const tide_store *store)
{
    int64_t bytes = store->target->cache_bytes;
    return bytes > 0 ? (int)(bytes / 1024) : TIDE_DB_WRITE_CACHE_KIB;
}

tide_code tide_store_connect(tide_store *store, bool *connected, tide_error *err)
{
    *connected = store->db.handle != NULL;
    if (*connected || !tide_db_exists(store->path)) {
        return TIDE_OK;
    }
    TIDE_TRY(open_db(store, &store->db, TIDE_DB_EXISTING, TIDE_DB_READ_CACHE_KIB, err));
    *connected = true;
    return tide_ledger_check_version(&store->db, err);
}

tide_code tide_store_connect_writable(tide_store *store, tide_error *err)
{
    if (store->writable && store->db.handle != NULL) {
        return TIDE_OK;
    }
    tide_db_close(&store->db);
    TIDE_TRY(open_db(store, &store->db, TIDE_DB_CREATE, write_cache_kib(store), err));
    store->writable = true;
    return tide_ledger_check_version(&store->db, err);
}

tide_code tide_store_make_token(char out[17], tide_error *err)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[8];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return TIDE_FAIL(err, TIDE_IO, "the system gives no random bytes");
    }
    for (size_t i = 0; i < 8; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[16] = '\0';
    return TIDE_OK;
}

tide_code tide_store_create_engine_tables(tide_db *db, tide_error *err)
{
    TIDE_TRY(tide_lease_create(db, err));
    return tide_ledger_create(db, err);
}

/* SQLite would go on writing to a file that has no name any more. */
static tide_code refuse_moved(const tide_store *store, tide_error *err)
{
    int moved = 0;
    (void)sqlite3_file_control(store->db.handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved == 0 ? TIDE_OK
                      : TIDE_FAIL(err, TIDE_E_OUTPUT_GONE,
                                  "%s was removed or replaced while it was being written: nothing "
                                  "more can be committed to it",
                                  store->path);
}

static tide_code enter_inside(tide_store *store, tide_error *err)
{
    const char *pipeline = store->target->pipeline;
    TIDE_TRY(refuse_moved(store, err));
    if (store->epoch != 0) {
        return tide_lease_renew(&store->db, pipeline, store->epoch, err);
    }
    TIDE_TRY(tide_store_create_engine_tables(&store->db, err));
    TIDE_TRY(tide_lease_take(&store->db, pipeline, &store->epoch, err));
    store->is_borrowed = true;
    return TIDE_OK;
}

tide_code tide_store_enter(tide_store *store, tide_error *err)
{
    tide_mutex_lock(&store->lock);
    tide_code code = tide_store_connect_writable(store, err);
    if (code == TIDE_OK) {
        code = tide_db_execute(&store->db, "BEGIN IMMEDIATE", err);
    }
    if (code != TIDE_OK) {
        tide_mutex_unlock(&store->lock);
        return code;
    }
    code = enter_inside(store, err);
    if (code != TIDE_OK) {
        tide_store_abort(store);
    }
    return code;
}

static void leave(tide_store *store)
{
    if (store->is_borrowed) {
        store->is_borrowed = false;
        store->epoch = 0;
    }
    tide_mutex_unlock(&store->lock);
}

void tide_store_abort(tide_store *store)
{
    if (sqlite3_get_autocommit(store->db.handle) == 0) {
        (void)sqlite3_exec(store->db.handle, "ROLLBACK", NULL, NULL, NULL);
    }
    leave(store);
}

tide_code tide_store_commit(tide_store *store, tide_error *err)
{
    tide_code code = TIDE_OK;
    if (store->is_borrowed) {
        code = tide_lease_release(&store->db, store->target->pipeline, store->epoch, err);
    }
    if (code == TIDE_OK) {
        code = tide_db_execute(&store->db, "COMMIT", err);
    }
    if (code != TIDE_OK) {
        tide_store_abort(store);
        return code;
    }
    if (store->is_borrowed && store->epoch == store->sight.epoch + 1) {
        store->sight.epoch = store->epoch;
    }
    leave(store);
    return TIDE_OK;
}
