/* Runs the kernels of kernels.inc on operands read from a file, and writes what they leave in their outputs to another.
   Every buffer is exactly as large as promised, so that a sanitizer sees the first element beyond it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS = 3, SKIPPED = 77 };

struct kernel {
  void (*pack)(const float *weight, const float *bias, float *packed);
  void (*phase)(int phase, const float *const *in, float *out, float *workspace, long slot, long begin, long end);
  const long *units;
  int phases;
  long input, rhs, weight, bias, residual, output, packed, shared, slot;
};

#include "kernels.inc"

static float *floats(long count) {
  void *memory = NULL;
  if (count == 0) return NULL;
  if (posix_memalign(&memory, 64, sizeof(float) * (size_t)count)) abort();
  for (long i = 0; i < count; i++) ((float *)memory)[i] = NAN;
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
  float *all[] = {input, rhs, weight, bias, residual, packed, workspace, out};
  for (int i = 0; i < 8; i++) free(all[i]);
}

int main(int count, char **arguments) {
#ifdef __AVX512F__
  if (!__builtin_cpu_supports("avx512f")) return SKIPPED;
#endif
  if (!__builtin_cpu_supports("avx2") || count != 3) return SKIPPED;
  FILE *operands = fopen(arguments[1], "rb");
  FILE *outputs = fopen(arguments[2], "wb");
  if (!operands || !outputs) return 1;
  for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) run(&kernels[i], operands, outputs);
  fclose(operands);
  return fclose(outputs) ? 1 : 0;
}
