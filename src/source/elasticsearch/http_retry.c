/* SPDX-License-Identifier: Apache-2.0 */
/* Sending again: what a server refused before it did anything, and what may be done twice. */
#include "base/calendar.h"
#include "source/elasticsearch/http.h"

#define PATIENT_SENDS_MAX 6
#define PAUSE_MS_MAX 30000

bool tide_http_status_is_passing(long status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

/* Doubling, with a random quarter added, so that many readers don't come back at once. */
static int64_t pause_ms(const tide_http_settings *settings, unsigned sends)
{
    int64_t pause = settings->retry_pause_ms << (sends - 1);
    pause += tide_monotonic_micros() % (pause / 4 + 1);
    return pause < PAUSE_MS_MAX ? pause : PAUSE_MS_MAX;
}

static tide_code pause(tide_http *http, const tide_http_answer *answer, unsigned sends,
                       tide_error *err)
{
    int64_t wait = pause_ms(tide_http_settings_of(http), sends);
    if (answer->retry_after_ms > wait) {
        wait = answer->retry_after_ms < PAUSE_MS_MAX ? answer->retry_after_ms : PAUSE_MS_MAX;
    }
    return tide_cancel_sleep(tide_http_cancel_of(http), wait, err);
}

static bool is_passing(const tide_http *http, tide_code code)
{
    return code == TIDE_REMOTE_RETRY && tide_http_last_failure(http) != TIDE_HTTP_TOO_LARGE;
}

static tide_code send_again_and_again(tide_http *http, const tide_http_request *request,
                                      tide_http_answer *answer, bool after_failures,
                                      tide_error *err)
{
    for (unsigned sends = 1;; sends++) {
        tide_code code = tide_http_send(http, request, answer, err);
        bool again = code == TIDE_OK ? tide_http_status_is_passing(answer->status)
                                     : after_failures && is_passing(http, code);
        if (!again || sends >= PATIENT_SENDS_MAX) {
            return code;
        }
        tide_error_clear(err);
        TIDE_TRY(pause(http, answer, sends, err));
    }
}

tide_code tide_http_send_patiently(tide_http *http, const tide_http_request *request,
                                   tide_http_answer *answer, tide_error *err)
{
    return send_again_and_again(http, request, answer, false, err);
}

tide_code tide_http_send_stubbornly(tide_http *http, const tide_http_request *request,
                                    tide_http_answer *answer, tide_error *err)
{
    return send_again_and_again(http, request, answer, true, err);
}
