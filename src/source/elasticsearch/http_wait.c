/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for an answer: as long as something comes, and comes fast enough. */
#include "base/calendar.h"
#include "source/elasticsearch/http_state.h"

/* A cancel is seen this soon. */
#define POLL_MS 50
/* An answer that comes slower than this for a whole timeout is given up. */
#define BYTES_PER_SECOND_MIN 1024

static bool is_done(tide_http *http, CURLcode *result)
{
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return true;
        }
    }
    return false;
}

/* Time counts only while somebody waits here: a caller may leave an answer lying for as long as it
 * likes. */
typedef struct patience {
    int64_t last_progress, first_byte; /* monotonic microseconds; first_byte 0 = none yet */
    size_t seen_bytes, first_bytes;
    int64_t timeout;
} patience;

static bool is_too_slow(patience *p, size_t bytes)
{
    int64_t now = tide_monotonic_micros();
    if (bytes > p->seen_bytes) {
        if (p->first_byte == 0) {
            p->first_byte = now;
            p->first_bytes = bytes;
        }
        p->seen_bytes = bytes;
        p->last_progress = now;
    }
    int64_t dripping = p->first_byte > 0 ? now - p->first_byte : 0;
    bool drips =
        dripping > p->timeout && (int64_t)(bytes - p->first_bytes) <
                                     dripping / TIDE_MICROS_PER_SECOND * BYTES_PER_SECOND_MIN;
    return drips || now - p->last_progress > p->timeout;
}

tide_code tide_http_wait(tide_http *http, CURLcode *result, tide_error *err)
{
    int64_t timeout_ms = http->request->timeout_ms > 0 ? http->request->timeout_ms
                                                       : http->settings->request_timeout_ms;
    int64_t now = tide_monotonic_micros();
    patience p = {now, 0, 0, 0, 1000 * timeout_ms};
    for (;;) {
        int running = 0;
        if (curl_multi_perform(http->multi, &running) != CURLM_OK) {
            *result = CURLE_OUT_OF_MEMORY;
            return TIDE_OK;
        }
        if (is_done(http, result)) {
            return TIDE_OK;
        }
        if (!http->request->despite_cancel) {
            TIDE_TRY(tide_cancel_check(http->cancel, err));
        }
        if (is_too_slow(&p, http->answer->size)) {
            *result = CURLE_OPERATION_TIMEDOUT;
            return TIDE_OK;
        }
        if (curl_multi_poll(http->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK) {
            *result = CURLE_OUT_OF_MEMORY;
            return TIDE_OK;
        }
    }
}
