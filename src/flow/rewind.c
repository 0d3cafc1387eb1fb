/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/rewind.h"

#include <inttypes.h>

#include "base/calendar.h"

void tide_rewind_print_record(const tide_rewind *rewind, const tide_rewound *done, tide_text *out)
{
    char day[16];
    (void)tide_format_day(rewind->day, day);
    tide_text_append_format(
        out,
        "{\"run\":%" PRId64
        ",\"status\":\"rewound\",\"rewound_to\":\"%s\",\"rows_deleted\":%" PRId64
        ",\"rejects_deleted\":%" PRId64 ",\"late_deleted\":%" PRId64
        ",\"series_to_rebuild\":%" PRId64 ",\"loaded_ever\":%" PRId64 "}",
        done->run, day, done->rows_deleted, done->rejects_deleted, done->late_deleted, done->series,
        done->table_empty ? 0 : rewind->loaded_ever);
}
