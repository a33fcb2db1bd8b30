# Builds and runs the example: `make check`. Written by compile.
CFLAGS ?= -O2 -Wall -Wextra

example: example.c kernels.h libkernels.so
	$(CC) -std=c11 $(CFLAGS) -o $@ example.c -L. -lkernels -Wl,-rpath,'$$ORIGIN' -lm -lpthread

check: example
	./example

clean:
	rm -f example

.PHONY: check clean
