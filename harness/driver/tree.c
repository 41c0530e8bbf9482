/* SPDX-License-Identifier: MIT */
/* Finding and ending every process of a sample, from /proc. */
#include "harness/driver/tree.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/driver/clock.h"
#include "harness/sysfile.h"

struct process {
        pid_t pid, parent;
        bool descendant;
};

int tree_adopt_orphans(void)
{
        return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? -errno : 0;
}

/* The parent of PID, or 0: the fourth field, after a name that may hold blanks and brackets. */
static pid_t parent_of(pid_t pid)
{
        char text[512], *name_end;
        int parent;

        if (!sysfile_read(text, sizeof(text), "", "/proc/%d/stat", pid))
                return 0;
        name_end = strrchr(text, ')');
        return name_end && sscanf(name_end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

/* The next process in PROC, or 0 at the end. */
static pid_t next_pid(DIR *proc)
{
        for (struct dirent *entry; (entry = readdir(proc));)
                if (isdigit((unsigned char)entry->d_name[0]))
                        return atoi(entry->d_name);
        return 0;
}

/* All processes of the machine; *COUNT of them, freed by the caller. */
static struct process *list_all(size_t *count)
{
        DIR *proc = opendir("/proc");
        struct process *list = NULL;
        size_t room = 0;

        *count = 0;
        if (!proc)
                return NULL;
        for (pid_t pid; (pid = next_pid(proc));) {
                if (*count == room) {
                        struct process *more = realloc(list, (room = room ? 2 * room : 256) * sizeof(*list));

                        if (!more)
                                break;
                        list = more;
                }
                list[(*count)++] = (struct process){ .pid = pid, .parent = parent_of(pid) };
        }
        closedir(proc);
        return list;
}

/* Mark P when its parent is this process or marked. Did that change anything? */
static bool mark(struct process *p, const struct process *list, size_t count)
{
        if (p->descendant)
                return false;
        p->descendant = p->parent == getpid();
        for (size_t i = 0; i < count && !p->descendant; i++)
                p->descendant = list[i].descendant && list[i].pid == p->parent;
        return p->descendant;
}

void tree_signal(int signal)
{
        size_t count;
        struct process *list = list_all(&count);
        bool changed = true;

        while (changed) {
                changed = false;
                for (size_t i = 0; i < count; i++)
                        changed |= mark(&list[i], list, count);
        }
        for (size_t i = 0; i < count; i++)
                if (list[i].descendant)
                        kill(list[i].pid, signal);
        free(list);
}

bool tree_alive(void)
{
        pid_t pid;

        do
                pid = waitpid(-1, NULL, WNOHANG);
        while (pid > 0 || (pid < 0 && errno == EINTR));
        return pid == 0;
}

bool tree_kill(void)
{
        uint64_t deadline_ns = clock_now_ns() + 2000000000u;

        while (tree_alive()) {
                if (clock_now_ns() > deadline_ns)
                        return false;
                tree_signal(SIGKILL);
                clock_sleep_ms(1);
        }
        return true;
}

/* Does the environment of PID, one of this user's processes, hold WORD? */
static bool has_in_environment(pid_t pid, const char *word)
{
        static char text[128 * 1024];
        char path[64];
        struct stat st;
        FILE *f;
        size_t n, length = strlen(word);

        snprintf(path, sizeof(path), "/proc/%d/environ", pid);
        if (stat(path, &st) < 0 || st.st_uid != geteuid() || !(f = fopen(path, "re")))
                return false;
        n = fread(text, 1, sizeof(text) - 1, f);
        fclose(f);
        text[n] = '\0';
        for (const char *entry = text; entry < text + n; entry += strlen(entry) + 1)
                if (strncmp(entry, word, length) == 0 && !entry[length])
                        return true;
        return false;
}

unsigned tree_kill_session(const char *nonce)
{
        char word[128];
        DIR *proc = opendir("/proc");
        unsigned killed = 0;

        snprintf(word, sizeof(word), "AB_SESSION=%s", nonce);
        if (!proc)
                return 0;
        for (pid_t pid; (pid = next_pid(proc));)
                if (pid != getpid() && has_in_environment(pid, word))
                        killed += kill(pid, SIGKILL) == 0;
        closedir(proc);
        return killed;
}

void tree_describe(pid_t pid, char *text, size_t bytes)
{
        char path[64];
        DIR *tasks;
        size_t used = 0;

        text[0] = '\0';
        snprintf(path, sizeof(path), "/proc/%d/task", pid);
        if (!(tasks = opendir(path)))
                return;
        for (pid_t tid; (tid = next_pid(tasks)) && used + 1 < bytes;) {
                char stat[512], wchan[64], *name, *end;

                if (!sysfile_read(stat, sizeof(stat), "", "/proc/%d/task/%d/stat", pid, tid) ||
                    !(name = strchr(stat, '(')) || !(end = strrchr(stat, ')')) || strlen(end) < 3)
                        continue;
                *end = '\0';
                sysfile_line(wchan, sizeof(wchan), "", "/proc/%d/task/%d/wchan", pid, tid);
                used += (size_t)snprintf(text + used, bytes - used, "%sthread %d %s %c %s", used ? "; " : "",
                                         tid, name + 1, end[2], wchan);
        }
        closedir(tasks);
}
