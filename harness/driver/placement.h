/* SPDX-License-Identifier: MIT */
/* Which processors the measured programs, a load generator and the driver run on. */
#ifndef AB_PLACEMENT_H
#define AB_PLACEMENT_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Out of the processors that affinity, cpuset and quota allow one per physical core is used, all of one
 * memory node: the node with most of them. From 4 cores up the driver gets one, the server half, the load
 * generator the rest. With fewer all share them. When there is but one physical core its hardware threads
 * stand in for cores, and the note says so.
 */
struct placement {
        cpu_set_t allowed;              /* affinity and cpuset */
        unsigned cores, nodes;          /* physical cores and memory nodes among them */
        double quota;                   /* processors' worth of time per second; 0 = no limit */
        cpu_set_t server, load, driver; /* load and driver are empty when cores are shared */
        bool shared_cores;
        char note[160]; /* what a reader has to know, or empty */
};

/* Make the plan for the processors ALLOWED of the machine described below ROOT, where QUOTA is 0 or the
 * limit. SERVER and LOAD are the user's own lists or NULL. 0, or -1 with one line in ERROR. */
int placement_make(struct placement *p, const char *root, const cpu_set_t *allowed, double quota,
                   const char *server, const char *load, char *error, size_t error_bytes);

/* The processors that this process may use, and its quota as the cgroup below ROOT says. */
void placement_limits(const char *root, cpu_set_t *allowed, double *quota);

/* The processors whose time a group's gates look at: where samples and the driver run. */
void placement_measured(const struct placement *p, cpu_set_t *set);

#endif
