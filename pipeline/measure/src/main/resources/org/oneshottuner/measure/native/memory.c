/* Memory for kernels: huge-page arenas to time in, guarded buffers to check in. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "runner.h"

enum { LINE = 64, PAGE = 4096, HUGE_PAGE = 2 << 20, SMALL_BYTES = 128 << 10 };

static size_t round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

/*
 * Physical contiguity makes cache conflicts the same from one load of a kernel to the next, so all but the smallest
 * buffers lie in huge pages. Each starts at another offset of a page: buffers that agree modulo 4 KiB would evict each
 * other from the first-level cache and delay loads behind unrelated stores.
 */
struct arena arena_new(long floats, int stagger) {
  struct arena arena = {NULL, NULL, 0};
  if (floats <= 0) return arena;
  size_t offset = (size_t)stagger * 8 * LINE;
  size_t bytes = (size_t)floats * sizeof(float) + offset;
  size_t unit = bytes < SMALL_BYTES ? PAGE : HUGE_PAGE;
  arena.bytes = round_up(bytes, unit);
  char *reserved = mmap(NULL, arena.bytes + unit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) die("Cannot reserve %zu bytes for a buffer", arena.bytes);
  char *aligned = (char *)round_up((size_t)reserved, unit);
  if (aligned > reserved) munmap(reserved, (size_t)(aligned - reserved));
  size_t behind = (size_t)(reserved + unit - aligned);
  if (behind > 0) munmap(aligned + arena.bytes, behind);
  if (unit == HUGE_PAGE) (void)madvise(aligned, arena.bytes, MADV_HUGEPAGE);
  memset(aligned, 0, arena.bytes);
  arena.base = aligned;
  arena.floats = (float *)(aligned + offset);
  return arena;
}

void arena_protect(const struct arena *arena) {
  if (arena->base != NULL) mprotect(arena->base, arena->bytes, PROT_READ);
}

void arena_free(struct arena *arena) {
  if (arena->base != NULL) munmap(arena->base, arena->bytes);
  *arena = (struct arena){NULL, NULL, 0};
}

/* Wide enough that a loop with a wrong stride lands in it, and free, since nothing backs it. */
enum { GUARD_BYTES = 1 << 20 };

/* A quiet NaN: read by mistake it spoils the output, overwritten it is noticed. */
static const uint32_t PATTERN = 0x7fc0deadu;

struct guarded guarded_new(const char *name, long floats, enum placement placement) {
  struct guarded buffer = {.name = name, .bytes = (size_t)floats * sizeof(float)};
  if (floats <= 0) return buffer;
  buffer.page_bytes = round_up(buffer.bytes, PAGE);
  buffer.region_bytes = buffer.page_bytes + 2 * (size_t)GUARD_BYTES;
  buffer.region = mmap(NULL, buffer.region_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (buffer.region == MAP_FAILED) die("Cannot reserve %zu bytes for %s", buffer.region_bytes, name);
  buffer.pages = buffer.region + GUARD_BYTES;
  mprotect(buffer.pages, buffer.page_bytes, PROT_READ | PROT_WRITE);
  for (size_t i = 0; i < buffer.page_bytes / sizeof PATTERN; i++) ((uint32_t *)buffer.pages)[i] = PATTERN;
  size_t shift = placement == STARTS_AT_GUARD ? 0 : buffer.page_bytes - round_up(buffer.bytes, LINE);
  buffer.floats = (float *)(buffer.pages + shift);
  return buffer;
}

void guarded_protect(struct guarded *buffer) {
  if (buffer->region == NULL) return;
  buffer->read_only = true;
  mprotect(buffer->pages, buffer->page_bytes, PROT_READ);
}

bool guarded_intact(const struct guarded *buffer, char *detail) {
  if (buffer->region == NULL || buffer->read_only) return true;
  const uint32_t *word = (const uint32_t *)buffer->pages;
  const uint32_t *first = (const uint32_t *)buffer->floats;
  const uint32_t *last = first + buffer->bytes / sizeof *first;
  const uint32_t *end = word + buffer->page_bytes / sizeof *word;
  for (; word < end; word++) {
    if (word == first) word = last;
    if (word == end) break;
    if (*word == PATTERN) continue;
    bool before = word < first;
    snprintf(detail, DETAIL_CHARS, "wrote %ld bytes %s %s", before ? (long)(first - word) * 4 : (long)(word - last) * 4,
             before ? "before the start of" : "past the end of", buffer->name);
    return false;
  }
  return true;
}
