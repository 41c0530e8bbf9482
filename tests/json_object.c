/* SPDX-License-Identifier: MIT */
/* Exit 0 when standard input is one JSON object and nothing else; for scripts. */
#include <jansson.h>
#include <stdio.h>

int main(void)
{
        json_error_t error;
        json_t *value = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
        int is_object = json_is_object(value);

        if (!is_object)
                fprintf(stderr, "json_object: %s\n", value ? "no object" : error.text);
        json_decref(value);
        return !is_object;
}
