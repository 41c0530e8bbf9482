/* SPDX-License-Identifier: MIT */
/* The pool of `pool-guard`: which connection is lent to whom, and whether that was right. */
#include <stdlib.h>

#include "workloads/pool-guard/pool-guard.h"

void pool_init(struct pool *p, struct run *run, unsigned size)
{
        *p = (struct pool){ .size = size, .free_count = size };
        p->connections = calloc(size, sizeof(*p->connections));
        p->free = calloc(size, sizeof(struct connection *));
        if (!p->connections || !p->free)
                run_fail(run, "no memory for %u connections", size);
        for (unsigned i = 0; i < size; i++) {
                p->connections[i].id = i;
                p->free[size - 1 - i] = &p->connections[i];
        }
        semaphore_init(&p->permits, size);
        pthread_mutex_init(&p->lock, NULL);
}

void pool_destroy(struct pool *p)
{
        pthread_mutex_destroy(&p->lock);
        semaphore_destroy(&p->permits);
        free(p->free);
        free(p->connections);
}

struct connection *pool_take(struct pool *p, struct run *run)
{
        struct connection *c;

        pthread_mutex_lock(&p->lock);
        CHECK(run, p->free_count, >, 0); /* or the permit stood for nothing */
        c = p->free[--p->free_count];
        if (MUTANT("lend-twice"))
                c = &p->connections[0];
        p->lent_twice += c->lent;
        c->lent = true;
        pthread_mutex_unlock(&p->lock);
        c->lent_ns = run_now_ns();
        return c;
}

void pool_give(struct pool *p, struct connection *c)
{
        if (MUTANT("lose-connection") && c->id == 0)
                return;
        pthread_mutex_lock(&p->lock);
        c->lent = false;
        p->free[p->free_count++] = c;
        pthread_mutex_unlock(&p->lock);
        semaphore_release(&p->permits);
}
