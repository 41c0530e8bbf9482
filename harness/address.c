/* SPDX-License-Identifier: MIT */
/* Addresses and ports as text. */
#include "harness/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *address_parse(const char *text, struct sockaddr_storage *address, socklen_t *bytes)
{
        const char *colon = strrchr(text, ':');
        char host[64], *end;
        unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
        struct sockaddr_in *v4 = (void *)address;
        struct sockaddr_in6 *v6 = (void *)address;
        size_t length;

        if (!colon || colon[1] < '0' || colon[1] > '9' || *end || port > 65535)
                return "an address and a port, such as 127.0.0.1:7 or [::1]:7";
        snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
        length = strlen(host);
        *address = (struct sockaddr_storage){ 0 };
        if (host[0] == '[' && host[length - 1] == ']') {
                host[length - 1] = '\0';
                v6->sin6_family = AF_INET6;
                v6->sin6_port = htons((uint16_t)port);
                *bytes = sizeof(*v6);
                if (inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1)
                        return NULL;
        } else {
                v4->sin_family = AF_INET;
                v4->sin_port = htons((uint16_t)port);
                *bytes = sizeof(*v4);
                if (inet_pton(AF_INET, host, &v4->sin_addr) == 1)
                        return NULL;
        }
        return "no IP address, such as 127.0.0.1 or [::1] (names are not looked up)";
}

unsigned address_port(const struct sockaddr_storage *address)
{
        return ntohs(address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
                                                    : ((const struct sockaddr_in *)address)->sin_port);
}

const char *address_format(const struct sockaddr_storage *address, char *text, size_t bytes)
{
        const struct sockaddr_in *v4 = (const void *)address;
        const struct sockaddr_in6 *v6 = (const void *)address;
        char host[INET6_ADDRSTRLEN] = "";

        if (address->ss_family == AF_INET6) {
                inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
                snprintf(text, bytes, "[%s]:%u", host, address_port(address));
        } else {
                inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
                snprintf(text, bytes, "%s:%u", host, address_port(address));
        }
        return text;
}
