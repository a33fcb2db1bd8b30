/* Runs the kernels of kernels.inc on operands read from a file, and writes what they leave in their outputs to another.
   Every buffer is exactly as large as promised, so that a sanitizer sees the first element beyond it; without one, a
   page that nobody may touch follows, and what lies between the page before and the buffer must stay as it is. */
#define _DEFAULT_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SLOTS = 3, SKIPPED = 77 };

struct kernel {
  void (*pack)(const float *weight, const float *bias, float *packed);
  void (*phase)(int phase, const float *const *in, float *out, float *workspace, long slot, long begin, long end);
  const long *units;
  int phases;
  long input, rhs, weight, bias, residual, output, packed, shared, slot;
};

#include "kernels.inc"

#ifdef __SANITIZE_ADDRESS__
static float *allocate(long count) {
  void *memory = NULL;
  if (posix_memalign(&memory, 64, sizeof(float) * (size_t)count)) abort();
  return memory;
}

static void release(float *memory, long count) {
  (void)count;
  free(memory);
}
#else
enum { PAGE = 1 << 16, UNTOUCHED = 0xa5 };

/* pages for the elements; one more lies before them and one after */
static size_t span(long count) {
  return (sizeof(float) * (size_t)count + PAGE - 1) / PAGE * PAGE;
}

static float *allocate(long count) {
  size_t bytes = span(count);
  char *pages = mmap(NULL, bytes + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED || mprotect(pages + PAGE, bytes, PROT_READ | PROT_WRITE)) abort();
  memset(pages + PAGE, UNTOUCHED, bytes);
  return (float *)(void *)(pages + PAGE + bytes) - count;
}

static void release(float *memory, long count) {
  if (count == 0) return;
  size_t bytes = span(count);
  unsigned char *pages = (unsigned char *)(memory + count) - bytes - PAGE;
  for (unsigned char *byte = pages + PAGE; byte < (unsigned char *)memory; byte++) {
    if (*byte != UNTOUCHED) {
      fprintf(stderr, "a buffer of %ld floats is written to %ld bytes before it\n", count, (long)((unsigned char *)memory - byte));
      exit(1);
    }
  }
  munmap(pages, bytes + 2 * PAGE);
}
#endif

static float *floats(long count) {
  if (count == 0) return NULL;
  float *memory = allocate(count);
  for (long i = 0; i < count; i++) memory[i] = NAN;
  return memory;
}

static float *operand(FILE *file, long count) {
  float *memory = floats(count);
  if (count > 0 && fread(memory, sizeof(float), (size_t)count, file) != (size_t)count) abort();
  return memory;
}

static void run(const struct kernel *kernel, FILE *operands, FILE *outputs) {
  float *input = operand(operands, kernel->input);
  float *rhs = operand(operands, kernel->rhs);
  float *weight = operand(operands, kernel->weight);
  float *bias = operand(operands, kernel->bias);
  float *residual = operand(operands, kernel->residual);
  float *packed = floats(kernel->packed);
  float *workspace = floats(kernel->shared + SLOTS * kernel->slot);
  float *out = floats(kernel->output);
  const float *in[4] = {input, rhs, packed, residual};
  if (kernel->packed > 0) kernel->pack(weight, bias, packed);
  for (int phase = 0; phase < kernel->phases; phase++) {
    long units = kernel->units[phase];
    /* the last share first: the order must not matter */
    for (long slot = SLOTS - 1; slot >= 0; slot--) {
      kernel->phase(phase, in, out, workspace, slot, units * slot / SLOTS, units * (slot + 1) / SLOTS);
    }
  }
  fwrite(out, sizeof(float), (size_t)kernel->output, outputs);
  release(input, kernel->input);
  release(rhs, kernel->rhs);
  release(weight, kernel->weight);
  release(bias, kernel->bias);
  release(residual, kernel->residual);
  release(packed, kernel->packed);
  release(workspace, kernel->shared + SLOTS * kernel->slot);
  release(out, kernel->output);
}

int main(int count, char **arguments) {
#ifdef __AVX512F__
  if (!__builtin_cpu_supports("avx512f")) return SKIPPED;
#endif
#ifdef __x86_64__
  if (!__builtin_cpu_supports("avx2")) return SKIPPED;
#endif
  if (count != 3) return 1;
  FILE *operands = fopen(arguments[1], "rb");
  FILE *outputs = fopen(arguments[2], "wb");
  if (!operands || !outputs) return 1;
  for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) run(&kernels[i], operands, outputs);
  fclose(operands);
  return fclose(outputs) ? 1 : 0;
}
