/* SPDX-License-Identifier: Apache-2.0 */
/* Source: what a kind of input implements, and what the engine sees of it.
 *
 * Order of calls: open -> plan (once) -> for each split, from several threads: open_reader -> next
 * until end or failure -> close_reader; at last close. A source is shared by threads after plan; a
 * reader belongs to one thread at a time. Readers are opened lazily, when a worker is ready for
 * them.
 *
 * A split read anew is its next attempt. next never skips or repeats a row within an attempt: after
 * any ambiguous failure it returns remote_retry, the engine throws the attempt's rows away and
 * opens a new reader with attempt + 1 (a reader may then ask for smaller pages).
 */
#ifndef TIDE_FLOW_SOURCE_H
#define TIDE_FLOW_SOURCE_H

#include "flow/budget.h"
#include "flow/cancel.h"
#include "flow/read_mark.h"
#include "record/column_spec.h"
#include "record/reject.h"

/* Why a member is read. Indices, and files without a registry, are always new. */
typedef enum tide_member_reason {
    TIDE_MEMBER_NEW = 0,
    TIDE_MEMBER_GROWN, /* a file that an earlier run has read, and that has only grown since */
    TIDE_MEMBER_OPEN,  /* it held rows that were left for a later run */
    TIDE_MEMBER_REREAD /* the user asked for it */
} tide_member_reason;

/* A concrete index or file, fixed by the plan; a resume reads exactly these. */
typedef struct tide_member {
    const char *name;     /* index name; or path as written, relative to the project file */
    const char *identity; /* index uuid; or "SIZE:MTIME_NS" of a file */
    uint64_t byte_count;  /* estimates for progress; 0 = unknown */
    uint64_t row_count;
    /* With a registry of files only: */
    tide_member_reason reason;
    const char *mark;     /* value of the mark that a complete run leaves; NULL: no registry */
    size_t mark_sure;     /* so many of its bytes tell nothing of the horizon: all there is to say
                             where the run goes beyond that */
    const char *current;  /* identity as found now: another one when the file was touched or has
                             only grown since it was pinned; NULL: as pinned */
    uint64_t begin, end;  /* bytes to be read; end 0: all */
    uint64_t known_bytes; /* rows at positions below were read by an earlier complete run;
                             UINT64_MAX: all */
    /* But not rows at positions below left_end of days that end after left_horizon: that run has
     * left them. */
    uint64_t left_end;
    int64_t left_horizon;
    /* Of a file, as this process has looked at it to plan; in no plan that is kept. */
    uint64_t device, inode;
    const char *now; /* the name that it has by now; NULL: its own */
} tide_member;

typedef struct tide_split {
    const char *name;  /* "uses-2024 slice 1/4", "in/a.ndjson bytes 0-33554432" */
    uint32_t member;   /* index into members */
    uint32_t snapshot; /* splits with the same number (not 0) share one PIT: when it is lost, all of
                          them start anew */
    bool stable;       /* gives the same rows in a later run over an unchanged member */
    uint64_t byte_count; /* estimates */
    uint64_t row_count;
    uint64_t begin, end; /* the source's own: byte range, or slice number and slice count */
} tide_split;

typedef struct tide_source_plan {
    tide_arena arena;     /* owns all strings and arrays */
    tide_member *members; /* sorted by name, by bytes: a row's $source is its index here */
    size_t member_count;
    tide_split *splits;
    size_t split_count;
    const char *server; /* "Elasticsearch 8.11.0", "" for files */
    bool estimates_exact;
    size_t known_count;        /* files that need no reading, since earlier runs have read them */
    tide_read_mark_list marks; /* of such files, where they were moved, copied or touched */
    tide_text notes;           /* what the user should know, a line each */
} tide_source_plan;

/* What a plan is made for. */
typedef struct tide_plan_request {
    /* A resume: exactly these members, each checked by name and identity; one that is gone or
     * changed is bad_data that names it. NULL: whatever the patterns match now. */
    const tide_member *pinned;
    size_t pinned_count;
    /* Files: keep a registry, and skip what `marks` (may be NULL) say has been read. A file that
     * has changed is bad_data that names it, unless it is among those to be read again. */
    bool keeps_registry;
    const tide_read_mark_list *marks;
    bool reads_all;  /* nothing is skipped: marks only tell where rows that were left are now */
    int64_t horizon; /* of the run: rows of days that end after it will be left */
    const char *const *reread;
    size_t reread_count;
    /* Elasticsearch: only documents whose cursor lies in [low, high), and those without it. Where
     * they may not come twice, one that is decoded to another instant is a reject. */
    bool has_cursor;
    bool rejects_other_cursors;
    bool knows_earlier_cursors; /* but not one of an earlier instant: with a state it is seen */
    size_t cursor_column;       /* into the columns; a timestamp */
    int64_t cursor_low, cursor_high; /* low INT64_MIN: from the beginning; whole milliseconds */
    bool looks_only; /* no run follows: what is certainly new need not be read for its digest */
} tide_plan_request;

void tide_source_plan_init(tide_source_plan *plan);
void tide_source_plan_clear(tide_source_plan *plan);

/* Batches of a source hold the declared columns in order, then its hidden columns:
 *   $source   int32  index of the member
 *   $id       text   document id (Elasticsearch), or
 *   $position int64  byte offset of the record in the decompressed file (files)
 * They break ties of event time, name rejects, and never reach steps or sinks. */
typedef struct tide_source_layout {
    tide_schema schema;
    size_t declared_count;  /* columns [0, declared_count) are the pipeline's */
    size_t source_column;   /* $source */
    size_t id_column;       /* $id or TIDE_NO_FIELD */
    size_t position_column; /* $position or TIDE_NO_FIELD */
} tide_source_layout;

TIDE_MUST_CHECK tide_code tide_source_layout_init(tide_source_layout *layout,
                                                  tide_column_specs columns, bool has_document_id,
                                                  tide_error *err);
void tide_source_layout_clear(tide_source_layout *layout);

/* What one call of next gives. */
typedef struct tide_read {
    tide_batch batch;          /* a view: borrowed until the next call of the same kind, or close */
    tide_reject_list *rejects; /* rows that could not be decoded; borrowed likewise */
    uint64_t byte_count;       /* received or read since the last call, as on the wire or disk */
    bool end;                  /* the attempt reached its end; the batch is empty */
} tide_read;

typedef struct tide_source_options {
    tide_column_specs columns;        /* borrowed for the source's life */
    const tide_source_layout *layout; /* borrowed */
    tide_cancel *cancel;              /* borrowed */
    tide_budget *budget;              /* borrowed: readers force their page and batch memory */
    unsigned worker_count;            /* readers open at a time */
    size_t batch_bytes; /* read for one batch, but for a larger record; 0 = the usual */
} tide_source_options;

typedef struct tide_reader {
    const struct tide_reader_vtable *vtable;
    int64_t patience_ms; /* what it holds remotely is lost when it is not asked for so long; 0: it
                            may wait for ever */
    bool lost_snapshot;  /* set with remote_retry: all that have read this PIT must start anew */
    bool page_too_large; /* set with remote_retry: the next attempt should ask for smaller pages */
    uint64_t snapshot_generation; /* of the PITs that its snapshot has had, the one that it has
                                     joined, from 1; 0: none yet */
    bool commits; /* set by the engine before the first next: once the end is reached, what was read
                     is committed. Then the end also says that the member is the one that was
                     planned: input_changed where it is not */
} tide_reader;

typedef struct tide_reader_vtable {
    tide_code (*next)(tide_reader *reader, tide_read *out, tide_error *err);
    /* The same, but what the last next has given stays as it is: for whoever keeps a reader going
     * while that is still in use. After the end it keeps alive what other splits share. NULL where
     * patience_ms is 0. */
    tide_code (*next_aside)(tide_reader *reader, tide_read *out, tide_error *err);
    void (*close)(tide_reader *reader); /* also frees it; closes scrolls, also after failure */
} tide_reader_vtable;

typedef struct tide_source {
    const struct tide_source_vtable *vtable;
    const char *kind; /* "elasticsearch", "files" */
} tide_source;

typedef struct tide_source_vtable {
    /* Fills plan. The request is borrowed during the call; NULL: all that there is now. */
    tide_code (*plan)(tide_source *source, const tide_plan_request *request, tide_source_plan *plan,
                      tide_error *err);
    /* attempt counts from 1; the plan must outlive the reader. */
    tide_code (*open_reader)(tide_source *source, const tide_source_plan *plan, uint32_t split,
                             uint32_t attempt, tide_reader **reader, tide_error *err);
    /* After all splits were read, and before anything of them is committed: are the members still
     * those that were planned? input_changed when what was read may be of others. Not asked where
     * readers `commit`: they have told. NULL: each reader tells by itself. */
    tide_code (*verify)(tide_source *source, const tide_source_plan *plan, tide_error *err);
    /* Reaches the source (connect, detect, check that members exist and columns are mapped), reads
     * no rows. Findings that are no failures are appended to notes, a line each. */
    tide_code (*check)(tide_source *source, tide_text *notes, tide_error *err);
    void (*close)(tide_source *source); /* also frees it; closes whatever is still open remotely */
} tide_source_vtable;

#endif
