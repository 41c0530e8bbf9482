/* SPDX-License-Identifier: MIT */
/* asyncbench: plans samples, runs each as a process of its own, and reports. */
#include <limits.h>
#include <stdio.h>

#include "harness/driver/list.h"
#include "harness/driver/names.h"
#include "harness/driver/request.h"
#include "harness/driver/session.h"
#include "harness/report/report.h"

static int list(const struct request *r)
{
        char directory[PATH_MAX], error[1024] = "cannot find the executables";
        struct names names = { 0 };
        bool ok = true;

        if (names_directory(directory, sizeof(directory)) < 0 ||
            names_load(&names, directory, error, sizeof(error)) < 0) {
                fprintf(stderr, "asyncbench: %s\n", error);
                names_free(&names);
                return EXIT_USAGE;
        }
        ok = list_print(&names, r->json, r->absent_only);
        names_free(&names);
        return ok ? EXIT_EXPECTED : EXIT_CANNOT_WRITE;
}

static int report(const struct request *r)
{
        char error[1024];
        int rc = report_build(r->report_dir, !r->no_plots, error, sizeof(error));

        if (rc)
                fprintf(stderr, "asyncbench: %s\n", error);
        return rc;
}

int main(int argc, char **argv)
{
        struct request r;
        char error[2048];

        if (!request_parse(&r, argc, argv, error, sizeof(error))) {
                fprintf(stderr, "asyncbench: %s\n", error);
                return EXIT_USAGE;
        }
        switch (r.command) {
        case COMMAND_LIST:
                return list(&r);
        case COMMAND_RUN:
                return session_run(&r);
        case COMMAND_REPORT:
                return report(&r);
        case COMMAND_HELP:
                request_print_help();
                return EXIT_EXPECTED;
        case COMMAND_VERSION:
                puts("asyncbench " AB_VERSION);
                return EXIT_EXPECTED;
        }
        return EXIT_USAGE;
}
