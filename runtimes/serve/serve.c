/* SPDX-License-Identifier: MIT */
/* What servers of all runtimes share: their workers' threads and their counts. */
#include "runtimes/serve/serve.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct serve_thread {
        const struct serve_job *job;
        int (*loop)(const struct serve_job *job, unsigned worker);
        unsigned worker;
        pthread_t thread;
        int result;
};

uint64_t serve_counted(const struct serve_job *job, enum serve_count which)
{
        uint64_t sum = 0;

        for (unsigned w = 0; w < job->workers; w++)
                sum += atomic_load_explicit(&job->counts[w].of[which], memory_order_relaxed);
        return sum;
}

void serve_flush(const struct serve_job *job, unsigned worker, uint64_t counts[SERVE_COUNTS])
{
        for (int i = 0; i < SERVE_COUNTS; i++)
                if (counts[i]) {
                        serve_count(job, worker, (enum serve_count)i, counts[i]);
                        counts[i] = 0;
                }
}

const char *serve_count_name(enum serve_count which)
{
        static const char *const names[SERVE_COUNTS] = {
                [SERVE_ACCEPTED] = "accepted",
                [SERVE_CLOSED] = "closed",
                [SERVE_RESETS] = "resets",
                [SERVE_BYTES_IN] = "bytes_in",
                [SERVE_BYTES_OUT] = "bytes_out",
                [SERVE_SHORT_WRITES] = "short_writes",
                [SERVE_ACCEPT_FAILURES] = "accept_failures",
                [SERVE_REARMS] = "rearms",
                [SERVE_OVERFLOWS] = "overflows",
        };

        return names[which];
}

static void *thread_main(void *arg)
{
        struct serve_thread *t = arg;

        run_pin(t->job->run, t->worker);
        t->result = t->loop(t->job, t->worker);
        return NULL;
}

int serve_workers(const struct serve_job *job, int (*loop)(const struct serve_job *job, unsigned worker))
{
        struct serve_thread *threads = calloc(job->workers, sizeof(*threads));
        int result = 0;

        if (!threads)
                return -ENOMEM;
        for (unsigned w = 0; w < job->workers; w++) {
                threads[w] = (struct serve_thread){ .job = job, .loop = loop, .worker = w };
                if (w > 0 && pthread_create(&threads[w].thread, NULL, thread_main, &threads[w]))
                        run_fail(job->run, "no thread for worker %u", w);
        }
        thread_main(&threads[0]);
        for (unsigned w = 0; w < job->workers; w++) {
                if (w > 0)
                        pthread_join(threads[w].thread, NULL);
                if (result == 0)
                        result = threads[w].result;
        }
        free(threads);
        return result;
}

bool serve_is_exhausted(int error)
{
        return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

bool serve_is_passing(int error)
{
        return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM ||
               error == ENETDOWN || error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET ||
               error == EHOSTUNREACH || error == ENETUNREACH;
}

struct run *serve_run(const struct serve_job *job)
{
        return job->run;
}

unsigned serve_worker_count(const struct serve_job *job)
{
        return job->workers;
}

int serve_listener(const struct serve_job *job, unsigned worker)
{
        return job->listeners[worker];
}

int serve_stop_fd(const struct serve_job *job)
{
        return job->stop_fd;
}

size_t serve_buffer_bytes(const struct serve_job *job)
{
        return job->buffer_bytes;
}

void serve_add(const struct serve_job *job, unsigned worker, int which, uint64_t n)
{
        serve_count(job, worker, (enum serve_count)which, n);
}
