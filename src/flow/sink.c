/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/sink.h"

#include "base/memory.h"
#include "base/problem.h"

const char *tide_run_status_name(tide_run_status status)
{
    static const char *const names[] = {
        [TIDE_RUN_STARTED] = "started",     [TIDE_RUN_COMPLETE] = "complete",
        [TIDE_RUN_FAILED] = "failed",       [TIDE_RUN_CANCELLED] = "cancelled",
        [TIDE_RUN_ABANDONED] = "abandoned", [TIDE_RUN_REWOUND] = "rewound",
        [TIDE_RUN_RETRIED] = "retried",
    };
    size_t index = (size_t)status;
    return index < sizeof names / sizeof names[0] ? names[index] : "unknown";
}

void tide_run_row_clear(tide_run_row *row)
{
    tide_free(row->plan);
    tide_free(row->record);
    *row = (tide_run_row){0};
}

tide_run_sight tide_run_sight_of(const tide_run_row *newest)
{
    tide_run_sight sight = {.is_known = true};
    if (newest != NULL) {
        sight.run = newest->run;
        sight.status = newest->status;
        sight.ended_at = newest->ended_at;
    }
    return sight;
}

tide_code tide_run_refuse_overtaken(const tide_run_row *run, const tide_run_row *newest,
                                    tide_error *err)
{
    tide_run_sight seen = run->sight;
    tide_run_sight now = tide_run_sight_of(newest);
    if (!seen.is_known ||
        (now.run == seen.run && now.status == seen.status && now.ended_at == seen.ended_at)) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_E_LEASE_HELD,
                     "another run has held the pipeline since this one looked what had been loaded "
                     "(run %lld, %s): nothing was written; run the same command again",
                     (long long)now.run, tide_run_status_name(now.status));
}

tide_code tide_run_refuse_held(const tide_run_row *run, const tide_sink_sight *seen, int64_t epoch,
                               tide_error *err)
{
    if (!run->sight.is_known || !seen->is_known || epoch == seen->epoch + 1) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_E_LEASE_HELD,
                     "somebody else (a run, or a command such as `tidemill state`) has held the "
                     "pipeline since this one looked what had been loaded: nothing was written; "
                     "run the same command again");
}

tide_code tide_run_refuse_taken(const tide_run_row *run, const tide_sink_sight *seen,
                                bool same_table, tide_error *err)
{
    if (!run->sight.is_known || !seen->is_known || !seen->same_table || same_table) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_E_LEASE_HELD,
                     "since this run looked what had been loaded, the table was emptied by a reset "
                     "of another pipeline that shares it, or was made anew: nothing was written; "
                     "run the same command again");
}

void tide_sink_facts_clear(tide_sink_facts *facts)
{
    tide_free(facts->server);
    tide_free(facts->fingerprint);
    tide_free(facts->fingerprint_text);
    tide_text_clear(&facts->problems);
    tide_text_clear(&facts->pending);
    *facts = (tide_sink_facts){0};
}
