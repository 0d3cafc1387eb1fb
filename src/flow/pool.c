/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/pool.h"

#include <assert.h>

/* How often one who waits looks at the cancel. */
#define CANCEL_POLL_MS 100

void tide_pool_init(tide_pool *pool, unsigned size)
{
    *pool = (tide_pool){.size = size};
    tide_mutex_init(&pool->lock);
    tide_condition_init(&pool->changed);
}

void tide_pool_clear(tide_pool *pool)
{
    assert(pool->members == NULL);
    tide_condition_clear(&pool->changed);
    tide_mutex_clear(&pool->lock);
}

void tide_pool_join(tide_pool *pool, tide_pool_member *member)
{
    *member = (tide_pool_member){.pool = pool};
    if (pool != NULL) {
        tide_mutex_lock(&pool->lock);
        member->next = pool->members;
        pool->members = member;
        tide_mutex_unlock(&pool->lock);
    }
}

void tide_pool_leave(tide_pool_member *member)
{
    tide_pool *pool = member->pool;
    if (pool == NULL) {
        return;
    }
    assert(member->held == 0);
    tide_mutex_lock(&pool->lock);
    tide_pool_member **link = &pool->members;
    while (*link != member) {
        link = &(*link)->next;
    }
    *link = member->next;
    tide_mutex_unlock(&pool->lock);
    member->pool = NULL;
}

/* Under the lock. */
static bool may_take(const tide_pool *pool, const tide_pool_member *member)
{
    if (member->held == 0) {
        return true;
    }
    if (pool->taken >= pool->size) {
        return false;
    }
    for (const tide_pool_member *other = pool->members; other != NULL; other = other->next) {
        if (other->waiting > 0 && other->held < member->held) {
            return false;
        }
    }
    return true;
}

static void take(tide_pool *pool, tide_pool_member *member)
{
    member->held++;
    pool->taken++;
}

tide_code tide_pool_take(tide_pool_member *member, const tide_cancel *cancel, tide_error *err)
{
    tide_code code = TIDE_OK;
    if (member == NULL || member->pool == NULL) {
        return TIDE_OK;
    }
    tide_pool *pool = member->pool;
    tide_mutex_lock(&pool->lock);
    member->waiting++;
    while (code == TIDE_OK && !may_take(pool, member)) {
        (void)tide_condition_wait_for(&pool->changed, &pool->lock, CANCEL_POLL_MS);
        code = tide_cancel_check(cancel, err);
    }
    member->waiting--;
    if (code == TIDE_OK) {
        take(pool, member);
    }
    /* One that has waited before it may be next now. */
    tide_condition_broadcast(&pool->changed);
    tide_mutex_unlock(&pool->lock);
    return code;
}

unsigned tide_pool_take_free(tide_pool_member *member, unsigned wanted)
{
    unsigned count = 0;
    if (member == NULL || member->pool == NULL) {
        return wanted;
    }
    tide_mutex_lock(&member->pool->lock);
    while (count < wanted && may_take(member->pool, member)) {
        take(member->pool, member);
        count++;
    }
    tide_mutex_unlock(&member->pool->lock);
    return count;
}

void tide_pool_give_back(tide_pool_member *member, unsigned count)
{
    if (member == NULL || member->pool == NULL || count == 0) {
        return;
    }
    tide_mutex_lock(&member->pool->lock);
    assert(member->held >= count);
    member->held -= count;
    member->pool->taken -= count;
    tide_condition_broadcast(&member->pool->changed);
    tide_mutex_unlock(&member->pool->lock);
}
