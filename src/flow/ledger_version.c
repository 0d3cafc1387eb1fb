/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/ledger_version.h"

#include "base/problem.h"

tide_code tide_ledger_version_check(int64_t found, tide_error *err)
{
    if (found > TIDE_LEDGER_VERSION) {
        return TIDE_FAIL(err, TIDE_E_STATE_NEWER,
                         "tidemill_ledger: runs and states were written by a later version of "
                         "tidemill (layout %lld; this one knows layouts up to %d). Use that "
                         "version; nothing was changed",
                         (long long)found, TIDE_LEDGER_VERSION);
    }
    if (found < 1) {
        return TIDE_FAIL(err, TIDE_E_STATE_DAMAGED, "tidemill_ledger: there is no layout %lld",
                         (long long)found);
    }
    return TIDE_OK;
}
