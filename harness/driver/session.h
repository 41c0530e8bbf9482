/* SPDX-License-Identifier: MIT */
/* `asyncbench run`, from the request to the exit status. */
#ifndef AB_SESSION_H
#define AB_SESSION_H

#include "harness/driver/request.h"

enum exit_code {
        EXIT_EXPECTED = 0, /* all as expected */
        EXIT_USAGE = 1,
        EXIT_UNEXPECTED = 2, /* some sample failed or is invalid */
        EXIT_REFUSED = 3,    /* the machine refuses */
        EXIT_CANNOT_WRITE = 4,
        EXIT_NOTHING = 77, /* nothing could run */
};

/* Plan, run and report what R asks for; explains itself on both outputs. Returns the exit status. */
int session_run(struct request *r);

#endif
