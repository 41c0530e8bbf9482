/* SPDX-License-Identifier: MIT */
/* Listening sockets, the client's process, the server's thread, and what they report. */
#include "harness/serving.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/address.h"
#include "harness/cpus.h"
#include "harness/descriptors.h"
#include "harness/limits.h"
#include "harness/listeners.h"
#include "harness/run_private.h"
#include "harness/sysfile.h"
#include "runtimes/serve/serve.h"

enum { WORDS_MAX = 64, SETTLE_MS = 2000, RECORDS_FD = 3, GO_FD = 4 };

/* How often queues of pending connections were full. */
enum { OVERFLOWS, DROPS, LISTEN_COUNTS };

struct serving {
        struct run *run;
        const struct server *server;
        const struct serving_client *spec;
        struct serve_job job;
        struct listeners listeners;
        char address[64];
        pthread_t thread;
        int result; /* of the server */
        pid_t client;
        FILE *records;                  /* of the client */
        int go;                         /* after each step the client waits for a byte from here */
        bool windowed;                  /* the client had a window */
        uint64_t listen[LISTEN_COUNTS]; /* before */
        struct rusage before, after;    /* this process on the edges of the window */
        bool ended;                     /* the client has said all */
        char detail[256];               /* its first error */
};

/* ---- limits -------------------------------------------------------------------------------------------- */

/* Both processes have a descriptor for each connection. A soft limit is a default and is raised. */
static void check_limits(const struct serving *s)
{
        struct limit limits[LIMITS_MAX];
        const struct limit *lowest = limits_lowest(limits, limits_read(limits, "", s->server->thread_each));
        char reason[160];
        uint64_t descriptors;

        if (lowest->connections < s->spec->connections) {
                snprintf(reason, sizeof(reason), "%llu connections, and the limit of %s is %llu",
                         (unsigned long long)s->spec->connections, lowest->name,
                         (unsigned long long)lowest->value);
                run_skip(s->run, reason, lowest->remedy);
        }
        if (!descriptors_raise(s->spec->connections, &descriptors))
                run_fail(s->run, "the limit of descriptors cannot be raised to %llu",
                         (unsigned long long)descriptors);
}

/* ---- listening ----------------------------------------------------------------------------------------- */

static socklen_t loopback(const struct run *run, struct sockaddr_storage *address)
{
        struct sockaddr_in *v4 = (void *)address;
        struct sockaddr_in6 *v6 = (void *)address;

        *address = (struct sockaddr_storage){ 0 };
        if (run_param_is(run, "family", "ipv6")) {
                v6->sin6_family = AF_INET6;
                v6->sin6_addr = in6addr_loopback;
                return sizeof(*v6);
        }
        v4->sin_family = AF_INET;
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof(*v4);
}

static void make_listeners(struct serving *s)
{
        bool own = run_param_is(s->run, "listeners", "own") && s->job.workers > 1;
        struct sockaddr_storage address;
        socklen_t bytes = loopback(s->run, &address);
        int error = listeners_open(&s->listeners, &address, bytes, s->job.workers, own,
                                   run_param_is(s->run, "nodelay", "on"));

        if (error == -EADDRNOTAVAIL || error == -EAFNOSUPPORT)
                run_skip(s->run, "this machine has no loopback address of that family",
                         "ip link set lo up, or --set family=");
        if (error)
                run_fail(s->run, "a listener on loopback: %s", strerror(-error));
        s->job.listeners = s->listeners.fds;
        address_format(&address, s->address, sizeof(s->address));
        run_knob(s->run, "backlog", "%d", LISTENERS_BACKLOG);
        run_knob(s->run, "listening", "%s", own ? "a socket per worker (SO_REUSEPORT)" : "one socket");
}

/* ---- the client ---------------------------------------------------------------------------------------- */

/* The processors of the client: the workers' own, or those that they leave. */
static void client_cpus(const struct serving *s, cpu_set_t *set)
{
        const struct run_private *p = s->run->private;
        unsigned rank = 0;

        CPU_ZERO(set);
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
                if (CPU_ISSET_S((size_t)cpu, sizeof(p->cpus), p->cpus)) {
                        if ((rank < s->job.workers) != s->spec->apart)
                                CPU_SET(cpu, set);
                        rank++;
                }
        if (p->load_cpus && s->spec->apart)
                cpus_parse(p->load_cpus, set);
        if (!CPU_COUNT(set))
                run_skip(s->run, "the server's workers leave no processor to the load generator",
                         "fewer workers, or more processors");
}

/* The two descriptors go out of each other's way first. */
static _Noreturn void become_client(const char *path, char *const *argv, int records, int go, pid_t server)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != server)
                _exit(127);
        records = fcntl(records, F_DUPFD, GO_FD + 1);
        go = fcntl(go, F_DUPFD, GO_FD + 1);
        if (dup2(records, RECORDS_FD) < 0 || dup2(go, GO_FD) < 0)
                _exit(127);
        close_range(GO_FD + 1, ~0u, 0);
        execv(path, argv);
        dprintf(2, "%s: %s\n", path, strerror(errno));
        _exit(127);
}

/* Beside this executable, or (the executables of tests) in the folder above. */
static void client_path(struct run *run, char *path, size_t bytes)
{
        static const char name[] = "/asyncbench-load";
        char self[PATH_MAX];
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
        char *slash;

        self[n < 0 ? 0 : n] = '\0';
        while ((slash = strrchr(self, '/'))) {
                *slash = '\0';
                snprintf(path, bytes, "%s%s", self, name);
                if (access(path, X_OK) == 0)
                        return;
        }
        run_fail(run, "the load generator asyncbench-load is not beside this executable");
}

/* The words of its command line, which point into NUMBERS and CPUS. */
static void client_words(const struct serving *s, const char **argv, char numbers[][24], const char *cpus)
{
        const struct {
                const char *word;
                uint64_t value;
        } given[] = {
                { "--connections", s->spec->connections },
                { "--steps", s->spec->steps ? s->spec->steps : 1 },
                { "--stall-ms", run_param(s->run, "stall_ms") },
                { "--warmup-ms", run_param(s->run, "warmup_ms") },
                { "--window-ms", run_param(s->run, "window_ms") },
                { "--seed", s->run->seed },
        };
        const char *const first[] = { "asyncbench-load", "--connect", s->address, "--out-fd", "3",
                                      "--cpus",          cpus };
        size_t n = 0;

        for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
                argv[n++] = first[i];
        for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
                snprintf(numbers[i], sizeof(numbers[i]), "%llu", (unsigned long long)given[i].value);
                argv[n++] = given[i].word;
                argv[n++] = numbers[i];
        }
        if (s->spec->steps) {
                argv[n++] = "--go-fd";
                argv[n++] = "4";
        }
        for (size_t i = 0; s->spec->words[i] && n < WORDS_MAX - 1; i++)
                argv[n++] = s->spec->words[i];
        argv[n] = NULL;
}

static void start_client(struct serving *s)
{
        char path[PATH_MAX + 32], cpus[1024], numbers[8][24];
        const char *argv[WORDS_MAX];
        cpu_set_t set;
        int ends[2], go[2];
        pid_t self = getpid();

        client_cpus(s, &set);
        client_path(s->run, path, sizeof(path));
        client_words(s, argv, numbers, cpus_format(&set, cpus, sizeof(cpus)));
        run_knob(s->run, "load_cpus", "%s", cpus);
        if (pipe2(ends, O_CLOEXEC) || pipe2(go, O_CLOEXEC))
                run_fail(s->run, "a pipe: %s", strerror(errno));
        s->client = fork();
        if (s->client == 0)
                become_client(path, (char *const *)argv, ends[1], go[0], self);
        close(ends[1]);
        close(go[0]);
        s->go = go[1];
        s->records = fdopen(ends[0], "r");
        if (s->client < 0 || !s->records)
                run_fail(s->run, "the load generator cannot be started: %s", strerror(errno));
}

/* The client's connections stand as soon as the kernel says so; the server may come to them later. */
static void take_step(struct serving *s, uint64_t connections)
{
        uint64_t until_ns = run_now_ns() + run_param(s->run, "stall_ms") * 1000000;

        while (serve_counted(&s->job, SERVE_ACCEPTED) < connections) {
                if (run_now_ns() > until_ns)
                        run_fail(s->run, "the server has accepted %llu of %llu connections",
                                 (unsigned long long)serve_counted(&s->job, SERVE_ACCEPTED),
                                 (unsigned long long)connections);
                run_sleep_ns(1000000);
        }
        s->spec->at_step(s->run, connections, s->spec->arg);
        if (write(s->go, "g", 1) != 1)
                run_fail(s->run, "the load generator is gone: %s", strerror(errno));
}

static void take_phase(struct serving *s, const char *phase)
{
        s->windowed = true;
        if (strcmp(phase, "window") == 0)
                getrusage(RUSAGE_SELF, &s->before);
        else if (strcmp(phase, "drain") == 0)
                getrusage(RUSAGE_SELF, &s->after);
        run_phase(s->run, phase);
}

static const char *word_of(const json_t *record, const char *key)
{
        const char *word = json_string_value(json_object_get(record, key));

        return word ? word : "";
}

static void take_record(struct serving *s, json_t *record)
{
        const char *kind = word_of(record, "record");

        if (strcmp(kind, "phase") == 0) {
                take_phase(s, word_of(record, "phase"));
        } else if (strcmp(kind, "count") == 0) {
                run_count(s->run, word_of(record, "name"),
                          (uint64_t)json_integer_value(json_object_get(record, "value")));
        } else if (strcmp(kind, "step") == 0) {
                take_step(s, (uint64_t)json_integer_value(json_object_get(record, "connections")));
        } else if (strcmp(kind, "end") == 0) {
                s->ended = true;
                snprintf(s->detail, sizeof(s->detail), "%s", word_of(record, "detail"));
        } else {
                run_relay(s->run, record);
        }
}

/* All that the client says, until it has ended. */
static void follow_client(struct serving *s)
{
        char *line = NULL;
        size_t room = 0;
        int status = 0;

        while (getline(&line, &room, s->records) > 0) {
                json_t *record = json_loads(line, 0, NULL);

                if (!record)
                        run_fail(s->run, "the load generator says what is no record");
                take_record(s, record);
                json_decref(record);
        }
        free(line);
        fclose(s->records);
        close(s->go);
        while (waitpid(s->client, &status, 0) < 0 && errno == EINTR)
                continue;
        if (!s->ended)
                run_fail(s->run, "the load generator ended early, with %s %d",
                         WIFSIGNALED(status) ? "signal" : "exit",
                         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* ---- the server ---------------------------------------------------------------------------------------- */

static void *server_main(void *arg)
{
        struct serving *s = arg;

        s->result = s->server->serve(&s->job, s->server->form);
        return NULL;
}

static void start_server(struct serving *s)
{
        s->job.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (s->job.stop_fd < 0 || pthread_create(&s->thread, NULL, server_main, s))
                run_fail(s->run, "the server cannot be started: %s", strerror(errno));
}

/* The client has hung up: the server ends every connection by itself, within the time that a stall may take. */
static uint64_t wait_for_closes(const struct serving *s)
{
        uint64_t open = 0;

        for (int ms = 0; ms < SETTLE_MS; ms++) {
                open = serve_counted(&s->job, SERVE_ACCEPTED) - serve_counted(&s->job, SERVE_CLOSED);
                if (!open)
                        break;
                run_sleep_ns(1000000);
        }
        return open;
}

static void stop_server(struct serving *s)
{
        uint64_t one = 1;

        if (write(s->job.stop_fd, &one, sizeof(one)) != sizeof(one))
                run_fail(s->run, "write to the eventfd: %s", strerror(errno));
        pthread_join(s->thread, NULL);
        close(s->job.stop_fd);
        if (s->result)
                run_fail(s->run, "the server could not be set up: %s", strerror(-s->result));
}

/* ---- queues that were full ------------------------------------------------------------------------------ */

/* The file has pairs of lines: the names of a protocol's counters, then their values (proc_net_netstat). */
static void read_listen(uint64_t counts[LISTEN_COUNTS])
{
        static const char *const names[LISTEN_COUNTS] = { "ListenOverflows", "ListenDrops" };
        char text[16384], *name, *value, *save_name, *save_value;

        memset(counts, 0, LISTEN_COUNTS * sizeof(*counts));
        if (!sysfile_read(text, sizeof(text), "", "/proc/net/netstat") || !strchr(text, '\n'))
                return;
        value = strchr(text, '\n');
        *value++ = '\0';
        value[strcspn(value, "\n")] = '\0';
        name = strtok_r(text, " ", &save_name);
        value = strtok_r(value, " ", &save_value);
        for (; name && value;
             name = strtok_r(NULL, " ", &save_name), value = strtok_r(NULL, " ", &save_value))
                for (int i = 0; i < LISTEN_COUNTS; i++)
                        if (strcmp(name, names[i]) == 0)
                                counts[i] = strtoull(value, NULL, 10);
}

/* ---- reporting ----------------------------------------------------------------------------------------- */

static uint64_t ns_of(const struct timeval *time)
{
        return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_usec * 1000;
}

static void report(struct serving *s)
{
        const struct rusage *before = &s->before, *after = &s->after;
        uint64_t listen_after[LISTEN_COUNTS];

        read_listen(listen_after);
        run_count(s->run, "listen_overflows", listen_after[OVERFLOWS] - s->listen[OVERFLOWS]);
        run_count(s->run, "listen_drops", listen_after[DROPS] - s->listen[DROPS]);
        for (int i = 0; i < SERVE_COUNTS; i++)
                run_count(s->run, serve_count_name((enum serve_count)i),
                          serve_counted(&s->job, (enum serve_count)i));
        run_count(s->run, "server_cpu_ns",
                  ns_of(&after->ru_utime) + ns_of(&after->ru_stime) - ns_of(&before->ru_utime) -
                          ns_of(&before->ru_stime));
        run_count(s->run, "context_switches",
                  (uint64_t)(after->ru_nvcsw + after->ru_nivcsw - before->ru_nvcsw - before->ru_nivcsw));
        tally_add(run_tallies(s->run, 1), run_counted(s->run, "replies"));
        if (s->windowed)
                run_window_told(s->run, run_counted(s->run, "window_replies"),
                                run_param(s->run, "window_ms") * 1000000);
        if (s->detail[0])
                run_check(s->run, "the client met no error", false, "%s", s->detail);
}

void serving_run(struct run *run, const struct server *server, const struct serving_client *client)
{
        struct serving s = { .run = run,
                             .server = server,
                             .spec = client,
                             .job = { .run = run,
                                      .workers = (unsigned)run_param(run, "workers"),
                                      .buffer_bytes = (size_t)run_param(run, "buffer_bytes") } };

        check_limits(&s);
        s.job.counts = aligned_alloc(RUN_CACHE_LINE_BYTES, s.job.workers * sizeof(*s.job.counts));
        if (!s.job.counts)
                run_fail(run, "no memory for the counts of %u workers", s.job.workers);
        memset(s.job.counts, 0, s.job.workers * sizeof(*s.job.counts));
        read_listen(s.listen);
        make_listeners(&s);
        start_client(&s);
        start_server(&s);
        follow_client(&s);
        run_count(run, "left_open", wait_for_closes(&s));
        stop_server(&s);
        report(&s);
        free(s.job.counts);
        listeners_free(&s.listeners);
}
