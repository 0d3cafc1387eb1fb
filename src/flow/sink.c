/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/sink.h"

#include "base/memory.h"

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

void tide_sink_facts_clear(tide_sink_facts *facts)
{
    tide_free(facts->server);
    tide_free(facts->fingerprint);
    tide_free(facts->fingerprint_text);
    tide_text_clear(&facts->problems);
    tide_text_clear(&facts->pending);
    *facts = (tide_sink_facts){0};
}
