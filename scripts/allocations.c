/* SPDX-License-Identifier: MIT */
/* A preloaded library that counts the blocks of memory that an executable allocates. */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Only calls from the executable itself count, with what is linked into it: those of shared libraries, such as the
 * one that prints the records, are theirs. So are those of the first thread, which prepares the sample and measures:
 * tasks are spawned and run by others. A block that grows stays one. On exit the count is written to the file
 * AB_ALLOCATIONS.
 */

/* glibc's own names for what is replaced here: looking those up with dlsym() would allocate. */
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

static _Atomic uint64_t blocks;
static uintptr_t first, end; /* the executable's addresses; none before start() */

static void count(const void *caller)
{
        if ((uintptr_t)caller >= first && (uintptr_t)caller < end && gettid() != getpid())
                atomic_fetch_add(&blocks, 1);
}

void *malloc(size_t bytes)
{
        count(__builtin_return_address(0));
        return __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
        count(__builtin_return_address(0));
        return __libc_calloc(n, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
        count(__builtin_return_address(0));
        return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **block, size_t alignment, size_t bytes)
{
        count(__builtin_return_address(0));
        *block = __libc_memalign(alignment, bytes);
        return *block ? 0 : ENOMEM;
}

/* The loader lists the executable first. */
static int notes_addresses(struct dl_phdr_info *info, size_t size, void *arg)
{
        (void)size;
        (void)arg;
        for (int i = 0; i < info->dlpi_phnum; i++) {
                uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

                if (info->dlpi_phdr[i].p_type != PT_LOAD)
                        continue;
                if (!first)
                        first = from;
                end = from + info->dlpi_phdr[i].p_memsz;
        }
        return 1;
}

__attribute__((constructor)) static void start(void)
{
        dl_iterate_phdr(notes_addresses, NULL);
}

__attribute__((destructor)) static void write_blocks(void)
{
        const char *path = getenv("AB_ALLOCATIONS");
        int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;

        if (fd >= 0)
                dprintf(fd, "%llu\n", (unsigned long long)atomic_load(&blocks));
}
