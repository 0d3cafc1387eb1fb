/* SPDX-License-Identifier: Apache-2.0 */
/* Sending again: what a server refused before it did anything, and what may be done twice. */
#include "base/calendar.h"
#include "source/elasticsearch/http.h"

#define PAUSE_MS_MAX 30000
/* Failures of the wire are not repeated as often as refusals: who gives a wrong port, or http for
 * https, wants to know soon. */
#define CURIOUS_SENDS_MAX 3

bool tide_http_status_is_passing(long status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

/* Doubling, with a random quarter added, so that many readers don't come back at once. */
static int64_t pause_ms(const tide_http_settings *settings, unsigned sends)
{
    int64_t pause =
        settings->retry_pause_ms < PAUSE_MS_MAX ? settings->retry_pause_ms : PAUSE_MS_MAX;
    for (unsigned i = 1; i < sends && pause < PAUSE_MS_MAX; i++) {
        pause *= 2;
    }
    pause += tide_monotonic_micros() % (pause / 4 + 1);
    return pause < PAUSE_MS_MAX ? pause : PAUSE_MS_MAX;
}

tide_code tide_http_pause(tide_http *http, const tide_http_answer *answer, unsigned sends,
                          tide_error *err)
{
    int64_t wait = pause_ms(tide_http_settings_of(http), sends);
    if (answer->retry_after_ms > wait) {
        wait = answer->retry_after_ms < PAUSE_MS_MAX ? answer->retry_after_ms : PAUSE_MS_MAX;
    }
    return tide_cancel_sleep(tide_http_cancel_of(http), wait, err);
}

/* Another host that is well need not be waited for. */
static tide_code pause_unless_another(tide_http *http, const tide_http_answer *answer,
                                      unsigned sends, tide_error *err)
{
    bool another = tide_http_hosts_any_well(tide_http_settings_of(http)->hosts);
    return another ? tide_cancel_check(tide_http_cancel_of(http), err)
                   : tide_http_pause(http, answer, sends, err);
}

/* Which failures of the wire are repeated, besides refusals. */
typedef enum insistence { PATIENT, CURIOUS, STUBBORN } insistence;

static bool repeats_failure(const tide_http *http, insistence how, unsigned sends)
{
    tide_http_failure failure = tide_http_last_failure(http);
    if (how == PATIENT || failure == TIDE_HTTP_TOO_LARGE) {
        return false;
    }
    return how == STUBBORN || (failure != TIDE_HTTP_NOT_SENT && sends < CURIOUS_SENDS_MAX);
}

static tide_code send_again_and_again(tide_http *http, const tide_http_request *request,
                                      tide_http_answer *answer, insistence how, tide_error *err)
{
    for (unsigned sends = 1;; sends++) {
        tide_code code = tide_http_send(http, request, answer, err);
        bool again = code == TIDE_OK
                         ? tide_http_status_is_passing(answer->status)
                         : code == TIDE_REMOTE_RETRY && repeats_failure(http, how, sends);
        if (!again || sends >= tide_http_settings_of(http)->sends_max) {
            return code;
        }
        tide_error_clear(err);
        if (code == TIDE_OK && answer->status == 429) {
            TIDE_TRY(tide_http_pause(http, answer, sends, err));
        } else {
            TIDE_TRY(pause_unless_another(http, answer, sends, err));
        }
    }
}

tide_code tide_http_send_patiently(tide_http *http, const tide_http_request *request,
                                   tide_http_answer *answer, tide_error *err)
{
    return send_again_and_again(http, request, answer, PATIENT, err);
}

tide_code tide_http_send_curiously(tide_http *http, const tide_http_request *request,
                                   tide_http_answer *answer, tide_error *err)
{
    return send_again_and_again(http, request, answer, CURIOUS, err);
}

tide_code tide_http_send_stubbornly(tide_http *http, const tide_http_request *request,
                                    tide_http_answer *answer, tide_error *err)
{
    return send_again_and_again(http, request, answer, STUBBORN, err);
}
