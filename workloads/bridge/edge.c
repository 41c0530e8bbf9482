/* SPDX-License-Identifier: MIT */
/* The edge of `bridge`: a thread outside the runtime asks a task and waits on a condition variable for its answer. */
#include "workloads/bridge/bridge.h"

static void state_set(struct edge *e, int state)
{
        pthread_mutex_lock(&e->lock);
        e->state = state;
        if (state == EDGE_IDLE)
                pthread_cond_signal(&e->answered);
        pthread_mutex_unlock(&e->lock);
}

static int state_of(struct edge *e)
{
        int state;

        pthread_mutex_lock(&e->lock);
        state = e->state;
        pthread_mutex_unlock(&e->lock);
        return state;
}

/* Woken by its thread, by its timer, or by the pool. */
static enum step edge_step(struct task *task)
{
        struct edge *e = (struct edge *)task;

        switch (state_of(e)) {
        case EDGE_CLOSED:
                return timer_drop(&e->query.timer) == DROP_DONE ? STEP_DONE : STEP_WAIT;
        case EDGE_ASKED:
                if (!e->empty && query_poll(&e->query) == POLL_PENDING)
                        break;
                e->served++;
                state_set(e, EDGE_IDLE);
                break;
        default:
                break;
        }
        return STEP_WAIT;
}

void edge_open(struct edge *e, struct bridge_sample *s, struct crew *crew, unsigned index)
{
        pthread_mutex_init(&e->lock, NULL);
        pthread_cond_init(&e->answered, NULL);
        e->task.step = edge_step;
        e->query.sample = s;
        e->query.task = &e->task;
        e->empty = !s->form->requests;
        crew_spawn(crew, &e->task, index);
}

uint64_t edge_call(struct edge *e, uint64_t key)
{
        e->query.key = key;
        state_set(e, EDGE_ASKED);
        task_wake(&e->task);
        pthread_mutex_lock(&e->lock);
        while (e->state == EDGE_ASKED)
                pthread_cond_wait(&e->answered, &e->lock);
        pthread_mutex_unlock(&e->lock);
        return e->query.row;
}

void edge_close(struct edge *e)
{
        state_set(e, EDGE_CLOSED);
        task_wake(&e->task);
}

void edge_destroy(struct edge *e)
{
        pthread_cond_destroy(&e->answered);
        pthread_mutex_destroy(&e->lock);
}
