/* SPDX-License-Identifier: Apache-2.0 */
/* Model of the shuffle: rows as plain structs, put in order by a comparison written apart from the
 * engine's, and helpers to feed both and to compare what comes out. */
#ifndef TIDE_TESTS_SHUFFLE_MODEL_H
#define TIDE_TESTS_SHUFFLE_MODEL_H

#include <setjmp.h>
#include <stdarg.h>

#include "record/builder.h"
#include "record/order.h"
#include "shuffle/shuffle.h"

#include <cmocka.h>

/* A small generator whose numbers depend on the seed only. */
typedef struct model_random {
    uint64_t state;
} model_random;
uint64_t model_next(model_random *random);
uint64_t model_below(model_random *random, uint64_t bound);

#define MODEL_TEXT_BYTES 24

typedef struct model_row {
    uint64_t hash;
    char customer[MODEL_TEXT_BYTES]; /* key */
    int device;                      /* key; < 0: null */
    bool timeless;                   /* at is null */
    int64_t at;                      /* order: at, tie, position, then the values */
    char tie[MODEL_TEXT_BYTES];      /* "-": null */
    int64_t position;
    double amount; /* -1: null */
    int64_t price; /* decimal(12,2) */
    int flag;      /* 2: null */
    int day;       /* < 0: null */
    char payload[MODEL_TEXT_BYTES];
    uint8_t id[16];
} model_row;

typedef struct model_rows {
    model_row *rows;
    size_t count, capacity;
} model_rows;

/* How rows are made. */
typedef struct model_shape {
    unsigned customers; /* different keys */
    unsigned times;     /* different times: few make ties */
    unsigned hashes;    /* 0: real hashes; else only so many different ones: collisions */
    unsigned giant;     /* of 100 rows, how many are of the first customer's device 1 */
    unsigned first_customer;
    unsigned payload_max; /* bytes, below MODEL_TEXT_BYTES */
} model_shape;

typedef struct model_options {
    int64_t budget_bytes, resident_bytes_max, stream_bytes_max;
} model_options;

/* A shuffle with all that it borrows. */
typedef struct model {
    tide_schema schema;
    tide_budget budget;
    tide_cancel cancel;
    char directory[64];
    tide_shuffle *shuffle;
    model_random random;
    model_shape shape;
} model;

void model_open(model *m, uint64_t seed, const model_shape *shape, const model_options *options);
/* The shuffle only, for what may fail. */
tide_code model_create_shuffle(model *m, const model_options *options, tide_error *err);
/* Destroys, and checks that nothing is left: budget, files. */
void model_close(model *m);

/* `count` random rows as a batch, appended to rows (if not NULL). hashes: malloc'ed. */
void model_make_batch(model *m, model_random *random, size_t count, tide_batch *batch,
                      uint64_t **hashes, model_rows *rows);
/* Writes `count` rows in batches of at most batch_max. */
tide_code model_write(model *m, model_random *random, tide_shuffle_attempt *attempt, size_t count,
                      size_t batch_max, model_rows *rows, tide_error *err);
void model_append(model_rows *to, const model_rows *from);
void model_clear_rows(model_rows *rows);
void model_sort(model_rows *rows);
/* Reads the range to its end and compares it with the sorted rows from *at on; moves *at on. */
void model_check_range(model *m, tide_hash_range range, const model_rows *sorted, size_t *at);
void model_check_all(model *m, const model_rows *sorted, uint32_t partition_count);
size_t model_count_files(const char *directory);

#endif
